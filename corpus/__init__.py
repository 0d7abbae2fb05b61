"""A book file in, clean text and whole passages out."""
