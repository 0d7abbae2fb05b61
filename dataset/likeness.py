"""How much two examples share word for word: finds the twin that vectors take for a cousin."""

import re
import unicodedata

from dataset.example import Example

TWIN = 0.35
"""From here on one is the other reworded; examples made apart stay below 0.25, lightly edited
ones are above 0.7, reworded ones around 0.5."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_RUN = 3
_RUNS, _STEMS = 30, 20
"""Fewer than these prove nothing: shorter texts are held to them all the same."""


def likeness(one: Example, other: Example) -> float:
    """Between 0 and 1: the mean of shared three-word runs and shared longer words.

    Both are shares of the shorter example, so that a part of an example is its twin as well.
    """
    words, others = words_of(one.spoken), words_of(other.spoken)
    if words == others:
        return 1.0
    runs = _shared(_runs(words), _runs(others), _RUNS)
    return (runs + _shared(_stems(words), _stems(others), _STEMS)) / 2


def words_of(text: str) -> list[str]:
    """In lower case and without accents: what two texts are compared by."""
    plain = text.lower().replace("’", "'")
    if not plain.isascii():
        parts = unicodedata.normalize("NFKD", plain)
        plain = "".join(char for char in parts if not unicodedata.combining(char))
    return _WORD.findall(plain)


def _runs(words: list[str]) -> set[str]:
    return {" ".join(words[place : place + _RUN]) for place in range(len(words) - _RUN + 1)}


def _stems(words: list[str]) -> set[str]:
    """Short words are mostly grammar; endings come and go with it."""
    return {word[:6] for word in words if len(word) >= 5}


def _shared(some: set[str], others: set[str], least: int) -> float:
    return len(some & others) / max(least, min(len(some), len(others)))
