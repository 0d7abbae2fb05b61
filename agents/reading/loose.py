"""Reads the JSON that models write when they do not write JSON: Python, JavaScript, curly quotes.

Nothing is guessed into being: what the text breaks off stays marked as open, what makes no sense
raises Confused.
"""

import json
import re
from typing import Any, Literal, NamedTuple

from agents.reading.names import KEYS, plain

BLANKS = "\ufeff\u200b\u200c\u200d\u2060\u00ad\u00a0"
"""Invisible or no-break characters that stray in between the parts of a reply."""

_SKIP = re.compile(
    rf"(?:[\s{BLANKS}]+|//[^\n]*|/\*.*?\*/|(?:(?<=\n)|(?<=[,{{\[ \t]))#[^\n]*)+", re.DOTALL
)
_CLOSERS = {
    '"': '"',
    "'": "'",
    "`": "`",
    "“": '”"“',
    "”": '”"',
    "„": '“”"',
    "‘": "’'",
    "«": "»",
}
_WORD = re.compile(r"[A-Za-z_$][\w$-]*")
_LITERAL = re.compile(r"[-+]?[\w.]+(?:[-+]\d+)?")
_CONSTANTS: dict[str, Any] = {
    "null": None,
    "none": None,
    "undefined": None,
    "nan": None,
    "infinity": None,
    "-infinity": None,
    "true": True,
    "false": False,
}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "", "f": "\n", "0": "", "\n": ""}
_QUOTED_KEY = re.compile(rf"[\"'“”‘`][\w *-]{{1,40}}[\"'“”’`][\s{BLANKS}]*[:=]")
_BARE_KEY = re.compile(r"[A-Za-z_$][\w$-]{0,40}\s*[:=]")
_Q = "[\"'“”‘’`]"
_INNER_KEY = re.compile(
    rf"{_Q}\s*([\w *-]{{1,40}}?){_Q}?\s*(?:[:=]|=>)|([\w-]{{1,40}}){_Q}\s*(?:[:=]|=>)"
    rf"|[,{{\[\n]\s*{_Q}([\w-]{{1,40}}){_Q}|(?:{_Q}\s*,|\n)\s*([\w-]{{1,40}})\s*[:=]"
)
_INNER_BORDER = re.compile(
    rf"{_Q}\s*[:=]\s*{_Q}|{_Q}[ \t]*,[ \t]*(?:\n|//|/\*|#)|{_Q}\s*,\s*{_Q}[^\n]{{1,40}}?{_Q}\s*[:=]"
)
_GOES_ON = re.compile(rf"[\s{BLANKS}]*[,:\"'“”{{}}\[\]()]")
_DEEPEST = 40
_LONGEST_KEY = 60

Role = Literal["key", "value", "item"]


class Confused(Exception):
    """This text is not a structure, or one whose borders cannot be known."""


class LostBorder(Confused):
    """Where a text ends cannot be known: no repair may guess it."""


class OpenDict(dict[str, Any]):
    """An object that the text breaks off."""


class OpenList(list[Any]):
    """A list that the text breaks off."""


class Found(NamedTuple):
    value: Any
    end: int


class _Cut(Exception):
    """The text ends inside a string or before a value."""


def read_strict(text: str, start: int) -> Found | None:
    """Plain JSON at this place, with raw newlines in strings allowed."""
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=_no_twins)
    try:
        return Found(*decoder.raw_decode(text, start))
    except (ValueError, RecursionError):
        return None


def read_loose(text: str, start: int) -> Found:
    """Raises Confused. An OpenDict or OpenList comes back for what the text breaks off."""
    reader = _Reader(text)
    found = Found(reader.value(start, 0), reader.at)
    if reader.forgiven and _GOES_ON.match(text, found.end):
        raise LostBorder("a bracket closes too early")
    return found


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The same key twice with two values means that borders have been lost."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        _add(found, key, value)
    return found


def _add(found: dict[str, Any], key: str, value: Any) -> None:
    if key in found and found[key] != value:
        raise LostBorder(f"the key {key!r} comes twice")
    found[key] = value


class _Reader:
    """`at` is where reading has come to."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.bare_keys = False
        self.tuples = 0
        self.forgiven = False

    def value(self, start: int, depth: int) -> Any:
        self.at = self._past_blanks(start)
        char = self._char(self.at)
        if depth > _DEEPEST:
            raise Confused("nested too deeply")
        if char == "{":
            return self._object(depth)
        if char in ("[", "("):
            return self._list(depth, closer="]" if char == "[" else ")")
        if char in _CLOSERS:
            return self._strings("value")
        return self._literal()

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.at += 1
        while True:
            self.at = self._past_blanks(self.at, also=",;")
            if self._ends("}", depth):
                return found
            try:
                key = self._key()
                _add(found, key, self.value(self.at, depth + 1))
            except _Cut:
                return OpenDict(found)

    def _list(self, depth: int, closer: str) -> list[Any]:
        found: list[Any] = []
        self.at += 1
        self.tuples += closer == ")"
        while True:
            self.at = self._past_blanks(self.at, also=",;")
            if self._ends(closer, depth):
                self.tuples -= closer == ")"
                return found
            try:
                found.append(self._item(depth))
            except _Cut:
                return OpenList(found)

    def _item(self, depth: int) -> Any:
        if self._char(self.at) in _CLOSERS:
            return self._strings("item")
        return self.value(self.at, depth + 1)

    def _ends(self, closer: str, depth: int) -> bool:
        """Also where an outer bracket closes and ours was forgotten: that one is left standing."""
        char = self._char(self.at)
        if char == closer:
            self.at += 1
            return True
        if char in ("}", "]", ")") and depth == 0:
            raise Confused("closed by another bracket")
        self.forgiven = self.forgiven or char in ("}", "]", ")")
        return char in ("}", "]", ")")

    def _key(self) -> str:
        char = self._char(self.at)
        if not char:
            raise self._cut()
        if char in _CLOSERS:
            key = self._string("key")
        else:
            word = _WORD.match(self.text, self.at)
            if word is None:
                raise Confused("no key where one should be")
            self.bare_keys, key, self.at = True, word[0], word.end()
        self.at = self._past_blanks(self.at)
        if self.text.startswith("=>", self.at):
            self.at += 1
        if self._char(self.at) not in (":", "=", ">"):
            if self.at >= len(self.text):
                raise self._cut()
            raise Confused("a key without its value")
        self.at += 1
        return key

    def _literal(self) -> Any:
        match = _LITERAL.match(self.text, self.at)
        if match is None:
            if self.at >= len(self.text):
                raise self._cut()
            raise Confused("no value where one should be")
        self.at = match.end()
        word = match[0]
        if word.lower() in _CONSTANTS:
            return _CONSTANTS[word.lower()]
        if self._char(self._past_blanks(self.at)) not in (",", ";", "}", "]", ")", ""):
            raise Confused("a text without quotes")
        return word  # a number, or one bare word such as a role; no text has one word

    def _strings(self, role: Role) -> str:
        """A string, or several joined by `+`."""
        text = self._string(role)
        while True:
            plus = self._past_blanks(self.at)
            after = self._past_blanks(plus + 1)
            if self._char(plus) != "+" or self._char(after) not in _CLOSERS:
                return text
            self.at = after
            text += self._string(role)

    def _string(self, role: Role) -> str:
        quote = self._char(self.at)
        if quote in "\"'" and self.text.startswith(quote * 3, self.at):
            return self._long_string(quote * 3)
        parts: list[str] = []
        at = self.at + 1
        while at < len(self.text):
            piece, after = self._piece(at)
            if len(piece) == 1 and after == at + 1 and piece in _CLOSERS[quote]:
                if self._closes(at, role):
                    self.at = after
                    return _checked("".join(parts))
                if role == "item":
                    raise LostBorder("a bare quote in a list of lines")
            parts.append(piece)
            at = after
            if role == "key" and len(parts) > _LONGEST_KEY:
                raise Confused("no key where one should be")
        raise self._cut()

    def _cut(self) -> _Cut:
        self.at = len(self.text)
        return _Cut()

    def _piece(self, at: int) -> tuple[str, int]:
        """One character of a string, or what an escape stands for."""
        return self._escape(at) if self.text[at] == "\\" else (self.text[at], at + 1)

    def _long_string(self, quotes: str) -> str:
        end = self.text.find(quotes, self.at + 3)
        if end < 0:
            raise self._cut()
        inside, self.at = self.text[self.at + 3 : end], end + 3
        return inside

    def _escape(self, at: int) -> tuple[str, int]:
        char = self._char(at + 1)
        digits = {"u": 4, "x": 2}.get(char)
        if digits:
            code = self.text[at + 2 : at + 2 + digits]
            if re.fullmatch(r"[0-9a-fA-F]+", code) and len(code) == digits:
                return chr(int(code, 16)), at + 2 + digits
        return _ESCAPES.get(char, char), at + 2

    def _closes(self, at: int, role: Role) -> bool:
        """A quote ends its string only where the structure can go on behind it."""
        after = self._past_blanks(at + 1)
        char = self._char(after)
        if role == "key":
            return char in (":", "=")
        if self._is_end(char):
            return True
        following = self._past_blanks(after + 1)
        if char in (",", ";"):
            return self._is_end(self._char(following)) or self._goes_on(following, role)
        if char == "+":
            return self._char(following) in _CLOSERS
        return "\n" in self.text[at:after] and self._goes_on(after, role)

    def _is_end(self, char: str) -> bool:
        return char in ("", "}", "]") or (char == ")" and self.tuples > 0)

    def _goes_on(self, at: int, role: Role) -> bool:
        """In an object a key with its colon must follow, in a list another value."""
        if role == "item":
            return self._char(at) in (*_CLOSERS, "{", "[")
        quoted = _QUOTED_KEY.match(self.text, at)
        if quoted is not None:
            return True
        return self.bare_keys and _BARE_KEY.match(self.text, at) is not None

    def _past_blanks(self, at: int, also: str = "") -> int:
        while True:
            skipped = _SKIP.match(self.text, at)
            at = skipped.end() if skipped else at
            if at < len(self.text) and self.text[at] in also:
                at += 1
                continue
            return at

    def _char(self, at: int) -> str:
        return self.text[at] if at < len(self.text) else ""


def _checked(text: str) -> str:
    """A text with a key of ours or another text's border inside it has run past its own end."""
    names = (match[match.lastindex or 0] for match in _INNER_KEY.finditer(text))
    if _INNER_BORDER.search(text) or any(plain(name) in KEYS for name in names):
        raise LostBorder("a key inside a text")
    return text
