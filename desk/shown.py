"""Text of books and models made safe for a terminal: shown, never obeyed."""

import re
import shlex
from collections.abc import Sequence
from datetime import datetime

# C0 and C1 controls (escape sequences begin with one), and the marks that reorder a line.
_OBEYED = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
    "|[\ud800-\udfff]"
)


def visible(text: str) -> str:
    """Newlines and tabs stay; what a terminal would act upon becomes its code, like `‹U+001B›`."""
    text = text.replace("\r\n", "\n")
    return _OBEYED.sub(lambda match: f"‹U+{ord(match[0]):04X}›", text)


def one_line(text: str, width: int = 0) -> str:
    """The text on one line, cut at `width` when that is given."""
    line = " ".join(visible(text).split())
    if width and len(line) > width:
        return line[: width - 1].rstrip() + "…"
    return line


def count(number: int, thing: str, things: str = "") -> str:
    """`1 page`, `1,401 pages`."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def command_line(arguments: Sequence[str]) -> str:
    """What was typed, ready to be typed again."""
    return shlex.join(["inscape", *map(visible, arguments)])


def moment(at: str) -> str:
    """A time of the store (UTC, ISO 8601) as the clock on the wall shows it."""
    then = datetime.fromisoformat(at).astimezone()
    today = then.date() == datetime.now().astimezone().date()
    return then.strftime("%H:%M" if today else "%a %H:%M")
