"""Cutting a book into passages: whole sentences, 60-220 words, cut where the subject turns."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from corpus.book import Book
from corpus.bundled import Vectors
from corpus.passage import Passage, Spot, passage_id
from corpus.subject import subjects
from corpus.units import Unit, stretches

SHORTEST, LONGEST, USUAL = 60, 220, 130  # words
_ALIKE = 2.0  # for a cut between two that speak of the same; less than none where they do not
_IN_PARAGRAPH = 0.12
_IN_SENTENCE = 2.0
_IN_TALK = 0.06
_LEFT_OUT = 0.04  # per word
_OFF_LENGTH = 0.25  # for a passage as short or as long as may be
_QUOTES = '“"‘'


class _Cut(NamedTuple):
    """The best way to divide the units up to here."""

    cost: float
    start: int  # of the last passage; -1 when the unit before is left out


def cut_passages(book: Book) -> list[Passage]:
    """Every passage of the book, in its order."""
    parts = list(stretches(book))
    units = [unit for part in parts for unit in part]
    if not units:
        return []
    vectors = subjects([book.text[unit.start : unit.end] for unit in units])
    starts = [paragraph.start for paragraph in book.paragraphs]
    found: list[Passage] = []
    at = 0
    for part in parts:
        costs = _cut_costs(part, vectors[at : at + len(part)], book.text)
        at += len(part)
        for first, last in _divide(part, costs):
            found.append(_passage(book, part[first].start, part[last].end, starts))
    return found


def _cut_costs(units: Sequence[Unit], vectors: Vectors, text: str) -> list[float]:
    """What a cut before each unit costs: much where both sides speak of the same."""
    alike = (vectors[:-1] * vectors[1:]).sum(axis=1)
    pairs = zip(units, units[1:], alike.tolist(), strict=False)
    return [0.0, *(_ALIKE * near + _roughness(one, two, text) for one, two, near in pairs)]


def _roughness(before: Unit, after: Unit, text: str) -> float:
    cost = 0.0
    if not before.ends_paragraph:
        cost += _IN_PARAGRAPH
    if not before.ends_sentence or text[after.start].islower():
        cost += _IN_SENTENCE
    if text[after.start] in _QUOTES:
        cost += _IN_TALK
    return cost


def _divide(units: Sequence[Unit], costs: Sequence[float]) -> list[tuple[int, int]]:
    """Inclusive ranges of units, one a passage: the cheapest division of the stretch."""
    best = [_Cut(0.0, -1)]
    for end in range(1, len(units) + 1):
        words = 0
        choice = _Cut(best[end - 1].cost + _LEFT_OUT * units[end - 1].words, -1)
        for start in range(end - 1, -1, -1):
            words += units[start].words
            if words > LONGEST:
                break
            if words < SHORTEST:
                continue
            after = 0.0 if end == len(units) else costs[end]
            cost = best[start].cost + after + _length_cost(words)
            if cost < choice.cost:
                choice = _Cut(cost, start)
        best.append(choice)
    return _traced(best)


def _traced(best: Sequence[_Cut]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    end = len(best) - 1
    while end > 0:
        start = best[end].start
        if start < 0:
            end -= 1
            continue
        ranges.append((start, end - 1))
        end = start
    return ranges[::-1]


def _length_cost(words: int) -> float:
    reach = USUAL - SHORTEST if words < USUAL else LONGEST - USUAL
    return _OFF_LENGTH * ((words - USUAL) / reach) ** 2


def _passage(book: Book, start: int, end: int, starts: Sequence[int]) -> Passage:
    text = book.text[start:end]
    first = bisect_right(starts, start) - 1
    spots: list[Spot] = []
    for paragraph in book.paragraphs[first:]:
        if paragraph.start >= end:
            break
        spots += paragraph.spots_between(start, end)
    pages = [spot.page for spot in spots] or [0]
    return Passage(
        id=passage_id(book.sha256, start, end, text),
        book=book.sha256,
        title=book.title,
        chapter=book.paragraphs[first].chapter,
        page_start=min(pages),
        page_end=max(pages),
        start=start,
        end=end,
        text=text,
        spots=tuple(spots),
    )
