"""The review desk in the browser: the same functions as the terminal review, as pages."""
