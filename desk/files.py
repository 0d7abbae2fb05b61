"""Files that a person names on the command line: read with a clear word, written whole or not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inscape.errors import InscapeError
from inscape.files import replace_whole


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InscapeError(f"There is no file {str(path)!r}", hint="Check the path") from None
    except IsADirectoryError:
        raise InscapeError(f"{str(path)!r} is a directory", hint="Name a file") from None
    except UnicodeDecodeError as error:
        raise InscapeError(
            f"The file {str(path)!r} is not UTF-8 text (byte {error.start})",
            hint="Save it as UTF-8",
        ) from None


def write_text(path: Path, text: str) -> None:
    """Nothing half-written ever carries the name."""
    replace_whole(path, text.encode(errors="backslashreplace"))


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSONL file, each with the number of its line."""
    lines = read_text(path).split("\n")
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, _object(line, path, number)


def _object(line: str, path: Path, number: int) -> dict[str, Any]:
    hint = 'Each line must be one object, like {"id": "a1", "text": "…"}'
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise InscapeError(f"{path}:{number} is not JSON: {error.msg}", hint=hint) from None
    if not isinstance(data, dict):
        raise InscapeError(f"{path}:{number} is not a JSON object", hint=hint)
    return data


def field(data: dict[str, Any], name: str, path: Path, number: int) -> str:
    """A field that must be there and be text."""
    value = data.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InscapeError(f"{path}:{number} needs {name!r} with some text in it")
    return value
