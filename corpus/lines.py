"""A printed line: what MuPDF says of it, boiled down to what the rules of layout need."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

# A raised number or star in running text is kept between these until it is known to be a note's.
MARK_OPEN, MARK_CLOSE = "\ue000", "\ue001"
_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[*∗†‡§¶‖#]{1,3})[\])]?(?:\s*,\s*\d{1,3})*")
_ODD = re.compile(
    "[\x00-\x1f\x7f\u00a0\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufb00-\ufb06\ufeff\ufffd\ufe0e\ufe0f\u00b9\u00b2\u00b3\u2070-\u2079]"
)
_LIGATURES = {
    "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st",
}  # fmt: skip
_SPACES = frozenset(
    "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_RAISED_DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_RAISED = re.compile(f"(?<![\\d.])[{_RAISED_DIGITS}]{{1,3}}")
_DIGITS = str.maketrans(_RAISED_DIGITS, "0123456789")
_SUPERSCRIPT, _BOLD = 1, 16
_SMALL_CAP = 0.88  # small capitals stand at most this high beside the letters of their line


class Line:
    """Mutable on purpose: columns, drop caps and margins are filled in as they are found."""

    __slots__ = (
        "base", "block", "bold", "first", "left", "page", "right", "size", "text",
        "x0", "x1", "y0", "y1",
    )  # fmt: skip

    def __init__(
        self, page: int, block: int, rect: Sequence[float], base: float, size: float, text: str
    ) -> None:
        self.page = page
        self.block = block
        self.x0, self.y0, self.x1, self.y1 = rect
        self.base = base
        self.size = size
        self.text = text
        self.first = size
        self.bold = False
        self.left = self.right = 0.0

    def __repr__(self) -> str:
        return f"Line(p{self.page} {self.x0:.0f},{self.base:.0f} {self.size:.1f} {self.text!r})"


def plain(text: str) -> str:
    """Ligatures as letters, every space a space, nothing invisible; raised digits as marks."""
    text = _ODD.sub(_letter, text)
    return _RAISED.sub(_as_mark, text)


def _as_mark(found: re.Match[str]) -> str:
    return f"{MARK_OPEN}{found[0].translate(_DIGITS)}{MARK_CLOSE}"


def _letter(found: re.Match[str]) -> str:
    char = found[0]
    if char in _SPACES:
        return " "
    return char if char in _RAISED_DIGITS else _LIGATURES.get(char, "")


def read_lines(page: int, blocks: Sequence[Mapping[str, Any]]) -> list[Line]:
    """The level lines of one page in the order of the file."""
    found: list[Line] = []
    for number, block in enumerate(blocks):
        before: Line | None = None
        for raw in block.get("lines", ()):
            across, down = raw["dir"]
            if across < 0.9 or abs(down) > 0.1:
                continue
            line = _line(page, number, raw)
            if line is None:
                continue
            if before is not None and _continues(before, line):
                _append(before, line)
            else:
                found.append(line)
                before = line
    return found


def _line(page: int, block: int, raw: Mapping[str, Any]) -> Line | None:
    spans = raw["spans"]
    span = spans[0]
    if len(spans) > 1:
        return _mixed(page, block, raw["bbox"], spans)
    text = span["text"]
    if not text or text.isspace():
        return None
    if _ODD.search(text):
        text = plain(text)
    line = Line(page, block, raw["bbox"], span["origin"][1], span["size"], text.rstrip())
    line.bold = bool(span["flags"] & _BOLD)
    return line


def _mixed(page: int, block: int, rect: Sequence[float], spans: Sequence[Any]) -> Line | None:
    main = max(spans, key=lambda span: len(span["text"].strip()))
    size = main["size"]
    parts: list[str] = []
    for number, span in enumerate(spans):
        text = span["text"]
        if number and span["flags"] & _SUPERSCRIPT and _MARK.fullmatch(text.strip()):
            text = _raised(text)
        elif span["size"] < _SMALL_CAP * size or _follows_small(span, spans, number):
            text = _lowered(text, "".join(parts))
        parts.append(text)
    text = plain("".join(parts)).rstrip()
    if not text.strip():
        return None
    line = Line(page, block, rect, main["origin"][1], size, text)
    line.first = spans[0]["size"]
    line.bold = bool(main["flags"] & _BOLD)
    return line


def _raised(text: str) -> str:
    tail = " " if text.endswith(" ") else ""
    return f"{MARK_OPEN}{text.strip()}{MARK_CLOSE}{tail}"


def _follows_small(span: Mapping[str, Any], spans: Sequence[Any], number: int) -> bool:
    """“L” large, “EO” small, though the small capitals are most of the line."""
    before = spans[number - 1] if number else None
    return (
        before is not None
        and len(before["text"].strip()) == 1
        and span["size"] < _SMALL_CAP * before["size"]
        and before["size"] < 1.5 * span["size"]
    )


def _lowered(text: str, before: str) -> str:
    """Small capitals set with a smaller size of the large ones are lower-case letters."""
    if before[-1:].isalpha() and text.isupper() and sum(map(str.isalpha, text)) > 1:
        return text.lower()
    return text


def _continues(before: Line, line: Line) -> bool:
    """MuPDF cuts a line at a wide gap; a justified line has such gaps between its words."""
    return (
        abs(line.base - before.base) < 0.25 * before.size
        and -0.3 * before.size < line.x0 - before.x1 < 1.0 * before.size
    )


def _append(line: Line, more: Line) -> None:
    gap = more.x0 - line.x1
    glue = " " if gap > 0.12 * line.size and not line.text.endswith(" ") else ""
    line.text += glue + more.text
    line.x1 = max(line.x1, more.x1)
    line.y0, line.y1 = min(line.y0, more.y0), max(line.y1, more.y1)
