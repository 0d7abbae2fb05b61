"""Running heads, running feet and page numbers: found by what recurs, and removed.

A row at a page's edge goes when its number keeps step with the pages, or its words recur on pages
near by at the same height, or it stands apart in a place where such rows were found on other pages.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise

from corpus.lines import Line
from corpus.measure import Measures
from corpus.numerals import roman_value
from corpus.pdf import Sheet

_ROWS = 3  # rows looked at on each edge of a page
_NEAR = 6  # pages
_BARE = re.compile(
    r"\W*(?:page\s+|p\.\s*)?(\d{1,4}|[ivxlcdm]{1,8}|[IVXLCDM]{1,8})(?:\s*(?:of|/)\s*\d+)?\W*", re.I
)
_EDGE = re.compile(r"^\W*(\d{1,4}|[ivxlcdm]{1,8})\b|\b(\d{1,4}|[ivxlcdm]{1,8})\W*$")
_NOTE = re.compile(r"(?:[*†‡§¶]+|\d{1,3})\s?[^\W\d]")
_LETTERS = re.compile(r"[^\w]+|\d+|_")


@dataclass(slots=True)
class Row:
    """One row at a page's edge; `gap` is the wider of the next two steps towards the middle."""

    page: int
    top: bool
    lines: list[Line]
    gap: float
    y: float
    size: float
    rough: bool
    words: str = ""
    numbers: list[tuple[bool, int, str]] = field(default_factory=list)
    has_folio: bool = False


@dataclass(slots=True)
class Removed:
    running_heads: int = 0
    page_numbers: int = 0


def remove_furniture(sheets: Sequence[Sheet], measures: Measures) -> Removed:
    """Take the furniture off every sheet."""
    rows = [row for sheet in sheets for row in _edge_rows(sheet, measures)]
    steps = _page_steps(rows, len(sheets))
    for row in rows:
        _read_folio(row, steps)
    rows = [row for row in rows if not _is_note(row)]
    certain = _recurring(rows, measures, len(sheets))
    places = _places(certain, len(sheets))
    for row in _standing(rows, measures, len(sheets)):
        places[row.top].append(row)
    doomed = [row for row in rows if id(row) in certain or _in_place(row, places, measures)]
    return _take(sheets, doomed)


def _take(sheets: Sequence[Sheet], doomed: Sequence[Row]) -> Removed:
    count = Removed()
    by_page: dict[int, set[int]] = defaultdict(set)
    for row in doomed:
        fresh = {id(line) for line in row.lines} - by_page[row.page]
        if not fresh:
            continue
        by_page[row.page] |= fresh
        count.page_numbers += row.has_folio
        count.running_heads += bool(row.words)
    for sheet in sheets:
        if gone := by_page.get(sheet.number):
            sheet.lines = [line for line in sheet.lines if id(line) not in gone]
    return count


def _edge_rows(sheet: Sheet, measures: Measures) -> Iterator[Row]:
    lines = sorted(sheet.lines, key=_base)
    if not lines:
        return
    for top in (True, False):
        groups = list(_grouped(lines if top else lines[::-1], _ROWS + 1))
        steps = [abs(two[0].base - one[0].base) for one, two in pairwise(groups)]
        steps += [9 * measures.pitch] * 2
        for number, group in enumerate(groups[:_ROWS]):
            size = max(line.size for line in group)
            gap = max(steps[number : number + 2])
            yield Row(sheet.number, top, group, gap, group[0].base, size, sheet.rough)


def _base(line: Line) -> float:
    return line.base


def _grouped(lines: Sequence[Line], most: int) -> Iterator[list[Line]]:
    group: list[Line] = []
    for line in lines:
        if group and abs(line.base - group[0].base) > 0.35 * line.size:
            yield sorted(group, key=lambda one: one.x0)
            most -= 1
            group = []
            if not most:
                return
        group.append(line)
    if group:
        yield sorted(group, key=lambda one: one.x0)


def _candidates(row: Row) -> Iterator[tuple[bool, int, str]]:
    """(is Roman, value, the row's other words) for each number that may be a folio."""
    texts = [line.text for line in row.lines]
    for number, text in enumerate(texts):
        others = " ".join(texts[:number] + texts[number + 1 :])
        bare = _BARE.fullmatch(text)
        tokens = [(bare[1], others)] if bare else _edge_tokens(text, others)
        for token, rest in tokens:
            if token.isdigit():
                yield False, int(token), rest
            elif value := roman_value(token):
                yield True, value, rest


def _edge_tokens(text: str, others: str) -> list[tuple[str, str]]:
    found = []
    for match in _EDGE.finditer(text):
        token = match[1] or match[2]
        found.append((token, f"{text[: match.start()]} {text[match.end() :]} {others}"))
    return found


def _page_steps(rows: Iterable[Row], pages: int) -> dict[int, set[tuple[bool, int]]]:
    """For each page the (is Roman, number minus page) that its neighbours' numbers share."""
    seen: dict[tuple[bool, int], set[int]] = defaultdict(set)
    for row in rows:
        row.numbers = list(_candidates(row))
        for roman, value, _ in row.numbers:
            seen[roman, value - row.page].add(row.page)
    need = 2 if pages > 4 else 1 if pages > 1 else 0
    steps: dict[int, set[tuple[bool, int]]] = defaultdict(set)
    for step, numbered in seen.items():
        if len(numbered) <= need:
            continue
        for page in numbered:
            near = sum(page + away in numbered for away in range(-_NEAR, _NEAR + 1)) - 1
            if near >= need:
                steps[page].add(step)
    return steps


def _read_folio(row: Row, steps: dict[int, set[tuple[bool, int]]]) -> None:
    known = steps.get(row.page, set())
    rest = " ".join(line.text for line in row.lines)
    for roman, value, without in row.numbers:
        if (roman, value - row.page) in known:
            row.has_folio, rest = True, without
            break
    row.words = _LETTERS.sub(" ", rest).strip().lower()


def _apart(row: Row, measures: Measures) -> bool:
    other_size = abs(row.size - measures.body) > 0.06 * measures.body
    return row.gap > 1.22 * measures.pitch or other_size


def _recurring(rows: Sequence[Row], measures: Measures, pages: int) -> dict[int, Row]:
    places: dict[tuple[bool, int], list[Row]] = defaultdict(list)
    for row in rows:
        places[row.top, row.page].append(row)
    certain: dict[int, Row] = {}
    for row in rows:
        if not _apart(row, measures):
            continue
        if (row.has_folio and row.size < 1.3 * measures.body and _folio_alone(row)) or (
            row.words and _recurs(row, places, measures, pages)
        ):
            certain[id(row)] = row
    return certain


def _is_note(row: Row) -> bool:
    """Footnotes may say the same on page after page."""
    return not row.top and not row.has_folio and _NOTE.match(row.lines[0].text) is not None


def _folio_alone(row: Row) -> bool:
    """A number by itself or as a piece of its own; a note begins with a number too."""
    return len(row.lines) > 1 or not row.words


def _recurs(
    row: Row,
    places: dict[tuple[bool, int], list[Row]],
    measures: Measures,
    pages: int,
) -> bool:
    large = row.size > 1.15 * measures.body
    reach = 3 if large else _NEAR
    need = 1 if pages <= 4 else 2
    slack = (0.9 if row.rough else 0.5) * measures.pitch
    for away in range(-reach, reach + 1):
        if not away:
            continue
        near = places.get((row.top, row.page + away), ())
        if any(
            abs(one.y - row.y) < slack and _alike(one.words, row.words, row.rough) for one in near
        ):
            need -= 1
            if not need:
                return True
    return False


def _alike(one: str, two: str, rough: bool) -> bool:
    if one == two:
        return True
    if not rough or min(len(one), len(two)) < 5:
        return False
    return SequenceMatcher(None, one, two, autojunk=False).ratio() > 0.75


def _places(certain: dict[int, Row], pages: int) -> dict[bool, list[Row]]:
    """For the top and the foot: rows at heights where furniture is the rule."""
    found: dict[bool, list[Row]] = {True: [], False: []}
    counts = Counter((row.top, round(row.y)) for row in certain.values())
    least = max(3, pages // 12)
    kept: set[tuple[bool, int]] = set()
    for row in certain.values():
        key = row.top, round(row.y)
        near = sum(counts[row.top, key[1] + away] for away in (-1, 0, 1))
        if near >= least and key not in kept:
            kept.add(key)
            found[row.top].append(row)
    return found


def _standing(rows: Sequence[Row], measures: Measures, pages: int) -> list[Row]:
    """Places held on a quarter of the pages, mostly by words that come back, however far apart."""
    held: dict[tuple[bool, int], list[Row]] = defaultdict(list)
    for row in rows:
        if row.words and row.size <= 1.15 * measures.body and _apart(row, measures):
            held[row.top, round(row.y)].append(row)
    found = []
    for same in held.values():
        counts = Counter(row.words for row in same)
        recurring = sum(count for count in counts.values() if count > 1)
        if len(same) >= max(4, pages / 4) and recurring >= 0.5 * len(same):
            found.append(same[0])
    return found


def _in_place(row: Row, places: dict[bool, list[Row]], measures: Measures) -> bool:
    """Words that stand on no other page, in a place that belongs to running heads."""
    if not _apart(row, measures) or row.size > 1.15 * measures.body:
        return False
    return any(
        abs(one.y - row.y) < 0.25 * measures.pitch and abs(one.size - row.size) < 0.08 * one.size
        for one in places[row.top]
    )
