"""What tests of exports share: the rows of an export read back, and the words of an example."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dataset.example import Example

SIDES = ("train", "validation")


def written(out: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows by side, whatever the kind of file."""
    return {side: _rows(out, side) for side in SIDES}


def _rows(out: Path, side: str) -> list[dict[str, Any]]:
    if (out / f"{side}.parquet").exists():
        return pq.read_table(out / f"{side}.parquet").to_pylist()
    text = (out / f"{side}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def manifest(out: Path) -> dict[str, Any]:
    return json.loads((out / "manifest.json").read_text(encoding="utf-8"))


def card(out: Path) -> str:
    return (out / "README.md").read_text(encoding="utf-8")


def tree(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


def turns_of(example: Example) -> list[tuple[str, str, str | None]]:
    """Role, content, thought; a monologue's input belongs to what was asked."""
    first, *rest = example.turns
    if example.input:
        first = first.model_copy(update={"content": f"{first.content}\n\n{example.input}"})
    return [(turn.role, turn.content, turn.thinking or None) for turn in (first, *rest)]
