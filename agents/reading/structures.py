"""Finds the structures in a reply, in the order they stand there, whatever is around them."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import json_repair

from agents.reading.loose import BLANKS, Confused, Found, LostBorder, read_loose, read_strict

_GAP = rf"(?:[\s{BLANKS}]|//[^\n]*\n|/\*.*?\*/|\#[^\n]*\n)*"
_START = re.compile(
    rf"\{{{_GAP}(?:[\"'“”‘`{{}}]|[A-Za-z_$][\w$-]*\s*[:=])|\[{_GAP}(?:[\"'“”‘`{{\[\]]|\()",
    re.DOTALL,
)
_NEXT = re.compile(r"^(?=[{\[])", re.MULTILINE)
_TRIES = 60


class Structure(NamedTuple):
    """`value` is None where something starts that cannot be read."""

    value: Any
    start: int
    end: int


def structures(text: str) -> Iterator[Structure]:
    """Each object or list of the text with its place; unreadable ones are stepped over."""
    at = 0
    for _ in range(_TRIES):
        start = _START.search(text, at)
        if start is None:
            return
        found = _read(text, start.start())
        if found is None or _closed_early(text[found.end :]):
            yield Structure(None, start.start(), start.end())
            after = _NEXT.search(text, start.end())
            if after is None:
                return
            at = after.end()
        else:
            yield Structure(found.value, start.start(), found.end)
            at = max(found.end, start.start() + 1)


def _closed_early(rest: str) -> bool:
    """A stray bracket ended the structure when more closing ones follow than opening ones.

    One too many at the very end does no harm.
    """
    if not rest.strip("}])`;, \t\n" + BLANKS):
        return False
    return rest.count("}") > rest.count("{") or rest.count("]") > rest.count("[")


def _read(text: str, start: int) -> Found | None:
    """Strictly, then leniently, then by repair."""
    try:
        return read_strict(text, start) or read_loose(text, start)
    except (LostBorder, RecursionError):
        return None
    except Confused:
        return _repaired(text, start)


def _repaired(text: str, start: int) -> Found | None:
    """`json-repair` closes what is open and drops what it cannot place, so its work is checked.

    Only brackets, commas and colons may be mended: every text must stand in the reply between
    quotes of its own, and nothing that is said there may be lost.
    """
    closer = "}" if text[start] == "{" else "]"
    end = text.rfind(closer) + 1
    piece = text[start:end]
    if not piece or any(piece.count(left) != piece.count(right) for left, right in ("{}", "[]")):
        return None
    try:
        value = json_repair.loads(piece, skip_json_loads=True)
    except (ValueError, RecursionError, IndexError):
        return None
    if not isinstance(value, dict if closer == "}" else list):
        return None
    said = list(_strings(value))
    kept = sum(len(_letters(part)) for part in said) >= 0.97 * len(_letters(piece))
    return Found(value, end) if kept and all(_stands_in(piece, part) for part in said) else None


def _stands_in(piece: str, text: str) -> bool:
    written = json.dumps(text, ensure_ascii=False)
    return f'"{text}"' in piece or written in piece or f"'{text}'" in piece


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield str(key)
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
    elif isinstance(value, str):
        yield value


def _letters(text: str) -> str:
    return re.sub(r"\\[nrt]|[\W_]", "", text)


def unwrapped(text: str) -> Iterator[str]:
    """Other ways the same reply may have been packed: escaped for HTML, or as one JSON string."""
    if "&quot;" in text or "&#34;" in text:
        yield html.unescape(text)
    if '\\"' in text:
        for start in (text.find("{\\"), text.find("[\\"), text.find("{ \\")):
            end = max(text.rfind("}"), text.rfind("]")) + 1
            if 0 <= start < end:
                try:
                    yield str(json.loads(f'"{text[start:end]}"', strict=False))
                except ValueError:
                    continue
