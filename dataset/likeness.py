"""How much two examples share word for word: finds the twin that vectors take for a cousin."""

from functools import lru_cache
from typing import NamedTuple

from dataset.example import Example
from dataset.words import words_of

TWIN = 0.35
"""From here on one is the other reworded; examples made apart stay below 0.25, lightly edited
ones are above 0.7, reworded ones around 0.5."""

_RUN = 3
_KEPT = 512
_RUNS, _STEMS = 30, 20
"""Fewer than these prove nothing: shorter texts are held to them all the same."""


def likeness(one: Example, other: Example) -> float:
    """Between 0 and 1: the mean of shared three-word runs and shared longer words.

    Both are shares of the shorter example, so that a part of an example is its twin as well.
    """
    own, others = _parts(one.spoken), _parts(other.spoken)
    if own.words == others.words:
        return 1.0
    runs = _shared(own.runs, others.runs, _RUNS)
    return (runs + _shared(own.stems, others.stems, _STEMS)) / 2


class _Parts(NamedTuple):
    words: list[str]
    runs: frozenset[str]
    stems: frozenset[str]


@lru_cache(_KEPT)
def _parts(text: str) -> _Parts:
    """Kept, because an accepted example is compared with every later one of its passage."""
    words = words_of(text)
    return _Parts(words, frozenset(_runs(words)), frozenset(_stems(words)))


def _runs(words: list[str]) -> set[str]:
    return {" ".join(words[place : place + _RUN]) for place in range(len(words) - _RUN + 1)}


def _stems(words: list[str]) -> set[str]:
    """Short words are mostly grammar; endings come and go with it."""
    return {word[:6] for word in words if len(word) >= 5}


def _shared(some: frozenset[str], others: frozenset[str], least: int) -> float:
    return len(some & others) / max(least, min(len(some), len(others)))
