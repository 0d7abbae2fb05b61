"""How a person meets it: the command line, the review and the live progress on a terminal."""
