"""Words taken over from the source: runs shared with the passage, or with the whole book."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from agents.critic import prose
from agents.critic.data import wordlist
from dataset.example import Example
from dataset.records import Defect

RUN = 7
"""So many words in a row are copied, not met by chance."""
LONG = 10
"""In a whole book, a shorter run counts only when it has `TELLING` words: "I don't know what to do
with" stands in every novel."""
TELLING = 3


class Stretch(NamedTuple):
    words: int
    text: str


class Runs:
    """Every run of `RUN` words of a text, as sorted hashes: eight bytes a word.

    Case, accents, punctuation and the shape of quotes do not count.
    """

    def __init__(self, text: str) -> None:
        self._hashes = np.unique(_hashes(text))

    def shared(self, text: str) -> list[Stretch]:
        """The stretches of `text` that stand here word for word, longest first."""
        words = prose.located(text)
        hashes = _runs(text)
        if not (hashes.size and self._hashes.size):
            return []
        spots = np.searchsorted(self._hashes, hashes).clip(max=self._hashes.size - 1)
        places = np.flatnonzero(self._hashes[spots] == hashes)
        groups = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if places.size else []
        found = []
        for group in groups:
            first, last = int(group[0]), int(group[-1]) + RUN
            text_of = text[words[first].start : words[last - 1].end]
            found.append(Stretch(last - first, text_of))
        return sorted(found, reverse=True)


_passage = lru_cache(512)(Runs)

BookIndex = Runs
"""Made once for a book and kept: what `verbatim_copy` looks up beside the passage."""


def verbatim_copy(example: Example, passage: str, book: Runs | None = None) -> Iterator[Defect]:
    """The longest run that any part of the example shares with the passage, else with the book."""
    texts = [part.text for part in prose.said(example)]
    texts += [turn.content for turn in example.turns if turn.role == "user"]
    own = _longest(_passage(passage), texts)
    if own:
        yield _copied(own, "the passage's own")
        return
    found = _longest(book, texts, stock=True) if book else None
    if found:
        yield _copied(found, "those of another place in the book")


@lru_cache(16)
def _runs(text: str) -> NDArray[np.uint64]:
    """One text is looked up in its passage and in the book."""
    return _hashes(text)


def _copied(run: Stretch, whose: str) -> Defect:
    return Defect(
        code="verbatim-copy",
        message=f"{run.words} words in a row are {whose}",
        evidence=prose.excerpt(run.text, 300),
    )


def _longest(source: Runs, texts: list[str], *, stock: bool = False) -> Stretch | None:
    runs = [run for text in texts for run in source.shared(text)]
    telling = [run for run in runs if not stock or not _is_stock(run)]
    return max(telling, default=None)


def _is_stock(run: Stretch) -> bool:
    common = wordlist("common.yaml", "function")
    telling = [word for word in prose.tokens(run.text) if word not in common]
    return run.words < LONG and len(telling) < TELLING


def _hashes(text: str) -> NDArray[np.uint64]:
    """A polynomial over the words of each run."""
    forms = [word.form for word in prose.located(text)]
    if len(forms) < RUN:
        return np.zeros(0, dtype=np.uint64)
    codes = np.array([crc32(form.encode()) for form in forms], dtype=np.uint64)
    total = np.zeros(len(forms) - RUN + 1, dtype=np.uint64)
    for step in range(RUN):
        total = total * np.uint64(0x9E3779B97F4A7C15) + codes[step : step + total.size]
    return total
