"""Where the critic's quotes stand in a text, and what differs between two texts, word by word."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

from dataset.records import Verdict
from desk.shown import visible

LONGEST = 1500  # words of each side that are compared: beyond it the time grows with the square


class Change(NamedTuple):
    """A stretch of both texts; `before` and `after` are equal where nothing changed."""

    before: str
    after: str

    @property
    def same(self) -> bool:
        return self.before == self.after


class Quoted(NamedTuple):
    """A span of a text, and which of the quotes stand there."""

    text: str
    quotes: tuple[int, ...]


def evidence(verdict: Verdict | None) -> list[str]:
    """What the critic quotes, its defects first and then its scores."""
    if verdict is None:
        return []
    given = [defect.evidence for defect in verdict.defects] + [s.evidence for s in verdict.scores]
    return [quote for quote in given if quote.strip()]


def pattern(quote: str) -> str:
    """Finds a quote in visible text whatever its line breaks; empty when there is nothing to it."""
    words = visible(quote).strip(" \"'“”…").split()
    return r"\s+".join(re.escape(word) for word in words)


def quoted(text: str, quotes: Sequence[str]) -> list[Quoted]:
    """The visible text cut where quotes begin and end, so that overlapping ones can all be shown.

    `quotes` keeps its order: the numbers are places in it, empty quotes are nowhere.
    """
    text = visible(text)
    spans = [
        (found.start(), found.end(), number)
        for number, quote in enumerate(quotes)
        if (wanted := pattern(quote))
        for found in re.finditer(wanted, text)
    ]
    cuts = sorted({0, len(text), *(cut for start, end, _ in spans for cut in (start, end))})
    return [
        Quoted(text[a:b], tuple(n for start, end, n in spans if start <= a and b <= end))
        for a, b in pairwise(cuts)
    ]


def changes(before: str, after: str) -> Iterator[Change]:
    """From one text to the other. Beyond LONGEST words the rest is not compared and not shown."""
    old, new = _words(before), _words(after)
    for _, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield Change("".join(old[a:b]), "".join(new[c:d]))


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|[^\s]+", visible(text))[: 2 * LONGEST]
