"""Footnotes at the foot of a column, and the marks that call them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from corpus.lines import MARK_CLOSE, MARK_OPEN, Line
from corpus.measure import Measures

_SMALL = 0.93
_CALL = re.compile(f"{MARK_OPEN}([^{MARK_CLOSE}]*){MARK_CLOSE}")
_DIGITS = re.compile(r"[\[(]?(\d{1,3})[\])]?\.?[\s\u2002]*(?=[^\d\s.,)])")
_SYMBOL = re.compile(r"([*∗†‡§¶‖]{1,4})\s*(?=[^*∗†‡§¶‖\s])")
# A raised figure whose height the file does not tell: “word,3” and “word”12”.
_STUCK = re.compile(r"(?<=[^\W\d_]|[.,;:!?…”’\"')\]])(?<!\d[.,:])(\d{1,3})(?![\w]|[.,:]\d)")
_ENDS = re.compile(r"[.!?…][”’\"')\]]*$")


@dataclass(slots=True)
class Notes:
    """What was found so far; a note may run over to the next column or page."""

    count: int = 0
    last: int = 0
    open_size: float = 0.0
    marks: set[str] = field(default_factory=set)


class Calls:
    """The marks on a page: raised ones, and numbers that stick to a word. Looked up when needed."""

    def __init__(self, lines: Sequence[Line], measures: Measures) -> None:
        self._lines = lines
        self._measures = measures

    @cached_property
    def _marks(self) -> frozenset[str]:
        marks: set[str] = set()
        for line in self._lines:
            if MARK_OPEN in line.text:
                for call in _CALL.findall(line.text):
                    marks.update(mark.strip("[]() ") for mark in call.split(","))
            elif line.size > _SMALL * self._measures.body:
                marks.update(_STUCK.findall(line.text))
        return frozenset(marks)

    def __contains__(self, mark: str) -> bool:
        return mark in self._marks


def split_notes(run: list[Line], measures: Measures, notes: Notes, calls: Calls) -> list[Line]:
    """The run without its footnotes."""
    start = _small_tail(run, measures)
    if start < len(run):
        first = next((at for at in range(start, len(run)) if _note_mark(run[at], calls)), len(run))
        if first == len(run):
            first = _next_note(run, start, notes.last)
        if notes.open_size and abs(run[start].size - notes.open_size) < 0.4:
            first = start
    else:
        first = _marked_tail(run, measures, calls)
    if first == len(run):
        return run
    _record(run[first:], notes, calls)
    return run[:first]


def _record(lines: Sequence[Line], notes: Notes, calls: Calls) -> None:
    found = [mark for line in lines if (mark := _note_mark(line, calls))]
    if not found and (number := _number(lines[0])):
        found = [str(number)]
    notes.last = max((int(mark) for mark in found if mark.isdigit()), default=notes.last)
    notes.count += len(found)
    notes.marks.update(found)
    last = lines[-1]
    notes.open_size = 0.0 if _ENDS.search(last.text) else last.size


def _next_note(run: Sequence[Line], start: int, last: int) -> int:
    """A note whose mark is not seen in the text may still be told by its number."""
    for at in range(start, len(run)):
        if last < _number(run[at]) <= last + 3:
            return at
    return len(run)


def _number(line: Line) -> int:
    found = _DIGITS.match(line.text.lstrip())
    return int(found[1]) if found else 0


def _small_tail(run: Sequence[Line], measures: Measures) -> int:
    at = len(run)
    while at and run[at - 1].size <= _SMALL * measures.body:
        at -= 1
    return at


def _marked_tail(run: Sequence[Line], measures: Measures, calls: Calls) -> int:
    """Notes set as large as the text: after a gap, and called by a mark above."""
    for at in range(max(1, len(run) - 15), len(run)):
        gap = run[at].base - run[at - 1].base
        if gap < 1.2 * measures.pitch:
            continue
        mark = _note_mark(run[at], calls)
        if mark and (mark in calls or any(_called(mark, line) for line in run[:at])):
            return at
    return len(run)


def _called(mark: str, line: Line) -> bool:
    return (
        not mark.isdigit()
        and re.search(rf"\w\S*{re.escape(mark)}(?:\s|$|[.,;:!?”’])", line.text) is not None
    )


def _note_mark(line: Line, calls: Calls) -> str:
    """The mark a note begins with, or nothing."""
    text = _CALL.sub(lambda call: call[1], line.text).lstrip()
    if found := _SYMBOL.match(text):
        return found[1]
    found = _DIGITS.match(text)
    if not found:
        return ""
    raised = line.first < 0.85 * line.size or text[0] == "[" or found[0][-1].isdigit()
    return found[1] if raised or found[1] in calls else ""


def drop_calls(lines: Sequence[Line], marks: set[str]) -> None:
    """Take the raised marks out of running text, and stars that call a note of this page."""
    stars = [mark for mark in marks if not mark.isdigit()]
    star = None
    if stars:
        star = re.compile(rf"(?<=[^\s*])(?:{'|'.join(map(re.escape, stars))})(?![\w*])")
    numbers = {mark for mark in marks if mark.isdigit()}
    for line in lines:
        if numbers and MARK_OPEN not in line.text:
            line.text = _STUCK.sub(lambda call: "" if call[1] in numbers else call[0], line.text)
        if MARK_OPEN in line.text:
            line.text = _CALL.sub(_kept, line.text).rstrip()
        if star and any(mark in line.text for mark in stars):
            line.text = star.sub("", line.text)


def _kept(call: re.Match[str]) -> str:
    """A raised number after a number is a power and stays."""
    before = call.string[: call.start()][-1:]
    return call[1] if before.isdigit() and call[1].isdigit() else ""
