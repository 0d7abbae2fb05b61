"""How an example begins: what the store counts, the critic compares and the teacher is told of."""

from dataset.example import Example
from dataset.tags import without
from dataset.words import words_of

OPENING = 4
"""So many first words make an opening."""


def opening_of(example: Example) -> str:
    """The first words of what is thought or said first, never beyond it: a thought of one word is
    an opening, whatever is said after it."""
    return " ".join(words_of(without(next(iter(example.parts), "")))[:OPENING])
