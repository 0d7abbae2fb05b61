"""One setting of `inscape.toml` written anew, and everything else in the file left as it is."""

import json
import re
import tomllib
from pathlib import Path

from inscape.errors import SettingsError
from inscape.files import replace_whole

_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)


def with_setting(text: str, name: str, value: str) -> str:
    """The file's text with `name = "value"`: where it stood, below its commented line, or last
    before the first table. Raises SettingsError where the file is written too oddly for that."""
    table = _TABLE.search(text)
    head, tail = (text[: table.start()], text[table.start() :]) if table else (text, "")
    line = f"{name} = {json.dumps(value, ensure_ascii=False)}"
    stands = re.search(rf"^[ \t]*{name}[ \t]*=[ \t]*(\"[^\"\n]*\"|'[^'\n]*')", head, re.MULTILINE)
    commented = re.search(rf"^#[ \t]*{name}[ \t]*=.*$", head, re.MULTILINE)
    if stands:
        head = head[: stands.start()] + line + head[stands.end() :]
    elif commented:
        head = f"{head[: commented.end()]}\n{line}{head[commented.end() :]}"
    else:
        head = head + ("" if not head or head.endswith("\n") else "\n") + line + "\n"
    if not _reads(head + tail, tomllib.loads(text) | {name: value}):
        raise SettingsError(f"Cannot put {name!r} into the settings", hint="Write it there by hand")
    return head + tail


def write_setting(path: Path, name: str, value: str, *, secret: bool) -> None:
    """In one step, so that the file is never half written; with `secret` for its owner's eyes."""
    text = with_setting(path.read_text(encoding="utf-8"), name, value)
    replace_whole(path, text.encode(), secret=secret)


def _reads(text: str, wanted: dict[str, object]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False
