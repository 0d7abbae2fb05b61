"""The files of an export: rows as JSON lines or Parquet, the manifest, and the directory of both.

Rows are written as they come. A directory takes its name when all is there, and not before.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, Self

from dataset.columns import PARQUET
from dataset.formats import Style, whole
from dataset.split import Side
from inscape import __version__
from inscape.errors import ProjectError, UsageError

MANIFEST = "manifest.json"
SIDES: tuple[Side, Side] = ("train", "validation")
_BATCH = 1_000  # rows held back for a Parquet row group
_COLUMNS = ("title", "chapter", "page_start", "page_end", "book")

Json = dict[str, Any]


class Sheet(Protocol):
    """One file of rows."""

    def add(self, data: Json, told: Json) -> None:
        """A row, with its provenance."""
        ...

    def close(self) -> None: ...


class Lines:
    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("wb")

    def add(self, data: Json, told: Json) -> None:
        self._file.write(dump(data) + b"\n")

    def close(self) -> None:
        self._file.close()


class Parquet:
    """`messages` as every loader knows them, what one filters by, and the rest as JSON text."""

    def __init__(self, path: Path, style: Style) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        texts = ["role", "content", *([style.key] if style.thinking == "field" else []), "state"]
        turn = pa.struct([(name, pa.string()) for name in texts])
        types = {"string": pa.string(), "int32": pa.int32(), "bool": pa.bool_()}
        beside = [(name, types[dtype]) for name, dtype in PARQUET.items()]
        self._schema = pa.schema([("messages", pa.list_(turn)), *beside])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[Json] = []

    def add(self, data: Json, told: Json) -> None:
        place = told["passage"]
        beside = {
            **{name: told[name] for name in ("id", "phenomenon", "rehearsal")},
            **{name: place[name] for name in _COLUMNS},
            **{"template": told["template"]["id"], "passage": place["id"]},
            **{"passage_sha256": place["sha256"], "provenance": dump(told).decode()},
        }
        named = {
            key: whole(value) if isinstance(value, str) else value for key, value in beside.items()
        }
        self._rows.append({"messages": data["messages"], **named})
        if len(self._rows) == _BATCH:
            self._flush()

    def close(self) -> None:
        if self._rows:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa

        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []


class Files:
    """The two files of rows and the manifest, which says of each line where it comes from."""

    def __init__(self, place: Path, format: str, style: Style, options: Mapping[str, Any]) -> None:
        self._place = place
        self._ending = ending(format)
        self._sheets: dict[Side, Sheet] = {
            side: Parquet(self._path(side), style)
            if format == "parquet"
            else Lines(self._path(side))
            for side in SIDES
        }
        self._lines = dict.fromkeys(SIDES, 0)
        self._manifest = (place / MANIFEST).open("wb")
        self._manifest.write(dump({"inscape": __version__, "options": options})[:-1])
        self._between = b', "rows": [\n'

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for sheet in self._sheets.values():
            sheet.close()
        self._manifest.close()

    def add(self, side: Side, data: Json, told: Json) -> None:
        """One row; what is told of it goes into the manifest with its file and line (from 1)."""
        self._lines[side] += 1
        self._sheets[side].add(data, told)
        self._manifest.write(
            self._between + dump({**told, "split": side, "line": self._lines[side]})
        )
        self._between = b",\n"

    def finish(self, left_out: Json) -> None:
        """Close the files of rows and end the manifest with their hashes."""
        for sheet in self._sheets.values():
            sheet.close()
        files = {
            self._path(side).name: {"rows": self._lines[side], "sha256": _sha256(self._path(side))}
            for side in SIDES
        }
        head = self._between if self._between.startswith(b", ") else b""
        tail = dump({"files": files, "left_out": left_out})
        self._manifest.write(head + b"\n], " + tail[1:] + b"\n")

    def _path(self, side: Side) -> Path:
        return self._place / f"{side}.{self._ending}"


def ending(format: str) -> str:
    return "parquet" if format == "parquet" else "jsonl"


@contextmanager
def fresh_directory(out: Path, *, force: bool) -> Iterator[Path]:
    """A directory beside `out` that takes its name when all is written, and vanishes otherwise."""
    place = out.parent / f".{out.name}.partial"
    old = out.parent / f".{out.name}.old"
    if old.exists() and not out.exists():  # killed between the two renames below
        old.rename(out)
    _may_replace(out, force=force)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    try:
        yield place
        if out.exists():
            shutil.rmtree(old, ignore_errors=True)
            out.rename(old)
        place.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _may_replace(out: Path, *, force: bool) -> None:
    """Only what an export wrote is ever replaced, and only when asked to."""
    if not out.exists():
        return
    if not out.is_dir():
        raise UsageError(f"{str(out)!r} is a file", hint="Name a directory with --out DIR")
    if not any(out.iterdir()):
        return
    if not (out / MANIFEST).exists():
        raise UsageError(
            f"The directory {str(out)!r} holds something that is no export",
            hint="Choose another with --out DIR",
        )
    if not force:
        raise ProjectError(
            f"There is an export at {str(out)!r} already",
            hint="Replace it with --force, or choose another place with --out DIR",
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def dump(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "backslashreplace")
