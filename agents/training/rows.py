"""The data of a training run, as an export left it: rows, and the hash that names them."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from inscape.errors import TrainingError

SIDES = ("train", "validation")
_KEYS = {"sft": ("messages",), "dpo": ("prompt", "chosen", "rejected")}
_FORMATS = {"sft": "messages", "dpo": "preference"}

Row = Mapping[str, Any]


class Data(NamedTuple):
    """`rehearsal` counts rows on both sides that are no real data."""

    train: list[Row]
    validation: list[Row]
    sha256: str
    rehearsal: int


def read_data(place: Path, stage: str) -> Data:
    """Rows in TRL's conversational form: `messages`, or `prompt`, `chosen` and `rejected`.

    Raises TrainingError where there is nothing to train on.
    """
    files = [place / f"{side}.jsonl" for side in SIDES]
    if not files[0].is_file():
        raise TrainingError(f"There is no data to train on at {str(place)!r}", hint=_hint(stage))
    train, validation = ([*_rows(file, stage)] for file in files)
    if not train:
        raise TrainingError(f"{str(files[0])!r} is empty", hint=_hint(stage))
    rehearsal = max(_rehearsal(place), sum(bool(one.get("rehearsal")) for one in train))
    return Data(train, validation, hash_of(place), rehearsal)


def hash_of(place: Path) -> str:
    """SHA-256 over both split files, in order."""
    digest = hashlib.sha256()
    for side in SIDES:
        file = place / f"{side}.jsonl"
        digest.update(file.read_bytes() if file.is_file() else b"")
    return digest.hexdigest()


def _rows(file: Path, stage: str) -> Iterator[Row]:
    keys = _KEYS[stage]
    if not file.is_file():
        return
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                row = None
            if not isinstance(row, dict) or any(not isinstance(row.get(k), list) for k in keys):
                raise TrainingError(
                    f"{file}:{number}: this is no row with {', '.join(keys)}",
                    hint=f"Write the data with: inscape export --format {_FORMATS[stage]}",
                )
            yield row


def _rehearsal(place: Path) -> int:
    """What the manifest says: some formats cannot say it in the rows."""
    try:
        manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return 0
    return sum(bool(row.get("rehearsal")) for row in manifest.get("rows", ()))


def _hint(stage: str) -> str:
    if stage == "dpo":
        return "Write preference pairs with: inscape export --format preference"
    return "Make a dataset with: inscape run BOOK --target 50"
