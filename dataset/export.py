"""Writing a dataset: the split files, the manifest and the card, all at once or not at all.

Rows stream through, so that memory does not grow with the dataset; the same rows and options give
the same bytes.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from dataset.card import Facts, Made, write_card
from dataset.formats import FORMATS, Style, Unsayable, loses
from dataset.row import Row, provenance
from dataset.split import Side, Splitter
from inscape import __version__
from inscape.errors import ProjectError, UsageError

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Options:
    """What a person may say about an export. `system` is the text, not the file's name."""

    format: str
    style: Style = field(default_factory=Style)
    system: str | None = None
    system_share: float = 1.0
    limit: int | None = None
    validation: float = 0.1
    seed: int = 0
    license: str = ""

    def as_json(self) -> dict[str, Any]:
        system = hashlib.sha256(self.system.encode()).hexdigest() if self.system else None
        return {
            "format": self.format,
            "thinking": self.style.thinking,
            "tag": self.style.tag,
            "key": self.style.key,
            "system_sha256": system,
            "system_share": self.system_share,
            "limit": self.limit,
            "validation": self.validation,
            "seed": self.seed,
            "license": self.license or None,
        }


@dataclass
class Report:
    """What was written; `left_out` counts whole examples by reason, `thoughts_lost` parts."""

    out: Path
    train: int = 0
    validation: int = 0
    rehearsal: int = 0
    thoughts_lost: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def written(self) -> int:
        return self.train + self.validation

    def as_json(self) -> dict[str, Any]:
        return {
            "out": str(self.out),
            "train": self.train,
            "validation": self.validation,
            "rehearsal": self.rehearsal,
            "left_out": self.left_out,
            "thoughts_lost": self.thoughts_lost,
        }


def check(options: Options) -> None:
    """Before anything is opened: are these options possible?"""
    if options.format not in FORMATS:
        raise UsageError(
            f"Unknown format {options.format!r}", hint=f"Known formats: {', '.join(FORMATS)}"
        )
    if not 0 <= options.validation < 1:
        raise UsageError(f"The validation share must be from 0 up to 1 (got {options.validation})")
    if not 0 <= options.system_share <= 1:
        raise UsageError(f"The system share must be from 0 to 1 (got {options.system_share})")


def export(
    rows: Iterable[Row], options: Options, made: Made, out: Path, *, force: bool = False
) -> Report:
    """Write `out`; `rows` are the accepted examples in the order in which they were accepted."""
    check(options)
    report = Report(out)
    with fresh_directory(out, force=force) as place:
        facts = _write_files(islice(rows, options.limit), options, place, report)
        if not report.written:
            raise ProjectError(
                "There is nothing to export: no example has been accepted"
                if not report.left_out
                else f"Nothing could be written as {options.format!r}: {_reasons(report)}",
                hint="See where the project stands with: inscape status",
            )
        card = write_card(options.as_json(), made, facts)
        (place / "README.md").write_text(card, encoding="utf-8", newline="\n")
    return report


def _reasons(report: Report) -> str:
    return "; ".join(f"{n} because {why}" for why, n in sorted(report.left_out.items()))


@contextmanager
def fresh_directory(out: Path, *, force: bool) -> Iterator[Path]:
    """A directory beside `out` that takes its name when all is written, and vanishes otherwise."""
    _may_replace(out, force=force)
    place = out.parent / f".{out.name}.partial"
    old = out.parent / f".{out.name}.old"
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


def _write_files(rows: Iterable[Row], options: Options, place: Path, report: Report) -> Facts:
    facts = Facts()
    splitter = Splitter(share=options.validation, seed=options.seed)
    with _Files(place) as files:
        files.open_manifest(options.as_json())
        for row in rows:
            side = splitter.side(row.passage.id, row.passage.text)
            try:
                data = shape(row, options)
            except Unsayable as why:
                report.left_out[str(why)] = report.left_out.get(str(why), 0) + 1
                continue
            line = files.add(side, data)
            files.tell({**provenance(row), "split": side, "line": line})
            _count(row, side, options, report)
            facts.add(row, side)
        files.close_manifest(report)
    facts.left_out, facts.thoughts_lost = report.left_out, report.thoughts_lost
    return facts


def shape(row: Row, options: Options) -> dict[str, Any]:
    """One line of the file. Rehearsal says so in the line itself wherever the format allows."""
    fmt = FORMATS[options.format]
    system = row.example.system or _system(row, options)
    data = fmt.write(row.example, options.style, system)
    return data if fmt.strict or not row.rehearsal else {**data, "rehearsal": True}


def _system(row: Row, options: Options) -> str | None:
    """The system prompt goes to a share of the rows, chosen by their ids."""
    if options.system is None:
        return None
    digest = hashlib.sha256(f"{options.seed}|system|{row.id}".encode()).digest()
    drawn = int.from_bytes(digest[:8]) / 2**64
    return options.system if drawn < options.system_share else None


def _count(row: Row, side: Side, options: Options, report: Report) -> None:
    if side == "train":
        report.train += 1
    else:
        report.validation += 1
    report.rehearsal += row.rehearsal
    report.thoughts_lost += loses(row.example, options.format, options.style)


class _Files:
    """The two split files and the manifest, written line by line."""

    def __init__(self, place: Path) -> None:
        self._open: dict[str, IO[bytes]] = {
            name: (place / name).open("wb")
            for name in ("train.jsonl", "validation.jsonl", MANIFEST)
        }
        self._hashes = {name: hashlib.sha256() for name in self._open}
        self._lines = dict.fromkeys(self._open, 0)
        self._first = True

    def __enter__(self) -> "_Files":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._open.values():
            file.close()

    def _write(self, name: str, text: str) -> None:
        data = text.encode("utf-8", "backslashreplace")
        self._hashes[name].update(data)
        self._open[name].write(data)

    def add(self, side: Side, data: dict[str, Any]) -> int:
        """Write one example; the number of its line (from 1) comes back."""
        name = f"{side}.jsonl"
        self._write(name, _dump(data) + "\n")
        self._lines[name] += 1
        return self._lines[name]

    def open_manifest(self, options: dict[str, Any]) -> None:
        head = f'{{"inscape": {_dump(__version__)}, "options": {_dump(options)}, "rows": ['
        self._write(MANIFEST, head)

    def tell(self, provenance: dict[str, Any]) -> None:
        self._write(MANIFEST, ("\n" if self._first else ",\n") + _dump(provenance))
        self._first = False

    def close_manifest(self, report: Report) -> None:
        files = {
            name: {"rows": self._lines[name], "sha256": self._hashes[name].hexdigest()}
            for name in ("train.jsonl", "validation.jsonl")
        }
        left_out = {"examples": report.left_out, "thoughts": report.thoughts_lost}
        tail = {"files": files, "left_out": left_out}
        self._write(MANIFEST, "\n], " + _dump(tail)[1:] + "\n")


def _dump(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)
