"""Writing a dataset: the split files, the manifest and the card, all at once or not at all.

Rows stream through, so that memory hardly grows with the dataset; the same store and options give
the same bytes.
"""

import hashlib
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from dataset.axolotl import FILE as AXOLOTL_FILE
from dataset.axolotl import write_axolotl
from dataset.card import COVERAGE, LENGTHS, Card, Made
from dataset.columns import columns
from dataset.facts import Facts
from dataset.files import Files, fresh_directory
from dataset.formats import FORMATS, NAMES, PREFERENCE, Style, Unsayable, loses, loses_states
from dataset.plots import coverage_svg, lengths_svg
from dataset.preference import ALONE, write_pair
from dataset.row import Refused, Row, Source, provenance
from dataset.split import BETWEEN, Planned, Side, Splitter
from inscape.errors import ProjectError, UsageError


@dataclass(frozen=True)
class Options:
    """What a person may say about an export. `system` is the text, `system_file` its bare name."""

    format: str
    style: Style = field(default_factory=Style)
    system: str | None = None
    system_file: str = ""
    system_share: float = 1.0
    limit: int | None = None
    validation: float = 0.1
    seed: int = 0
    license: str = ""
    base: str = "Qwen/Qwen2.5-7B-Instruct"
    gpus: int = 1

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
            **({"base": self.base, "gpus": self.gpus} if self.format == "axolotl" else {}),
        }

    @property
    def command(self) -> str:
        """What to type for the same files; where they went is no part of them."""
        name, said = self.style.thinking, ["--format", self.format, "--thinking"]
        said += [name, *_if(name == "tags", "--tag", self.style.tag)]
        said += _if(name == "field", "--key", self.style.key)
        said += _if(self.system, "--system", self.system_file or "FILE")
        said += _if(self.system, "--system-share", self.system_share)
        said += _if(self.limit, "--limit", self.limit)
        said += ["--validation", str(self.validation), "--seed", str(self.seed)]
        said += _if(self.license, "--license", self.license)
        said += _if(self.format == "axolotl", "--base", self.base)
        said += _if(self.format == "axolotl" and self.gpus > 1, "--gpus", self.gpus)
        return shlex.join(["inscape", "export", *said])


def _if(wanted: object, name: str, value: object) -> list[str]:
    return [name, str(value)] if wanted else []


@dataclass
class Report:
    """What was written. `left_out` counts examples, `pairs_left_out` pairs, the rest parts."""

    out: Path
    train: int = 0
    validation: int = 0
    examples: int = 0
    rehearsal: int = 0
    thoughts_lost: int = 0
    states_lost: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    pairs_left_out: dict[str, int] = field(default_factory=dict)

    @property
    def written(self) -> int:
        return self.train + self.validation

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "out": str(self.out)}


def check(options: Options) -> None:
    """Before anything is opened: are these options possible?"""
    if options.format not in NAMES:
        raise UsageError(
            f"Unknown format {options.format!r}", hint=f"Known formats: {', '.join(NAMES)}"
        )
    if not 0 <= options.validation < 1:
        raise UsageError(f"The validation share must be from 0 up to 1 (got {options.validation})")
    if not 0 <= options.system_share <= 1:
        raise UsageError(f"The system share must be from 0 to 1 (got {options.system_share})")


def export(
    source: Source, options: Options, made: Made, out: Path, *, force: bool = False
) -> Report:
    """Write `out` with the accepted examples of `source`, or raise and leave all as it was."""
    check(options)
    with fresh_directory(out, force=force) as place:
        facts = _write_rows(source, options, place)
        _write_about(options, made, facts, place)
    return Report(
        out,
        facts.sides["train"],
        facts.sides["validation"],
        facts.examples,
        facts.rehearsal,
        facts.thoughts_lost,
        facts.states_lost,
        dict(facts.left_out),
        dict(facts.pairs_left_out),
    )


def _write_rows(source: Source, options: Options, place: Path) -> Facts:
    facts = Facts()
    planned = _limited(source.planned_order(), options.limit)
    splitter = Splitter(planned, share=options.validation, seed=options.seed)
    write = _write_pairs if options.format == PREFERENCE else _write_examples
    with Files(place, options.format, options.style, options.as_json()) as files:
        write(source, splitter, options, files, facts)
        files.finish(
            {
                "examples": facts.left_out,
                "pairs": facts.pairs_left_out,
                "thoughts": facts.thoughts_lost,
                "states": facts.states_lost,
            }
        )
    if not facts.lines:
        raise _nothing(options.format, facts)
    return facts


def _write_examples(
    source: Source, splitter: Splitter, options: Options, files: Files, facts: Facts
) -> None:
    for row in islice(source.accepted_examples(), options.limit):
        side = _side(splitter, row, facts)
        if side is None:
            continue
        system = _system(row, options)
        try:
            data = FORMATS[options.format].write(row.example, options.style, system)
        except Unsayable as why:
            facts.left_out[str(why)] += 1
            continue
        files.add(side, _marked(data, row, options), provenance(row))
        facts.add(row)
        facts.add_line(side, system=bool(system))
        facts.thoughts_lost += loses(row.example, options.format, options.style)
        facts.states_lost += loses_states(row.example, options.format)


def _write_pairs(
    source: Source, splitter: Splitter, options: Options, files: Files, facts: Facts
) -> None:
    for row, rivals in islice(source.comparisons(), options.limit):
        side = _side(splitter, row, facts)
        if side is None:
            continue
        why = ALONE
        before = facts.lines
        for rival in rivals:
            try:
                _write_one(row, rival, side, options, files, facts)
            except Unsayable as reason:
                why = str(reason)
                facts.pairs_left_out[why] += 1
        if facts.lines > before:
            facts.add(row)
        else:
            facts.left_out[why] += 1


def _write_one(
    row: Row, rival: Refused, side: Side, options: Options, files: Files, facts: Facts
) -> None:
    system = _system(row, options)
    pair = write_pair(row, rival, options.style, system)
    lesser = {"id": rival.id, "kind": rival.kind, "by": rival.by, "own_prompt": pair.own}
    told = {**provenance(row), "turn": pair.turn, "preferred_to": lesser}
    files.add(side, _marked(pair.data, row, options), told)
    facts.add_line(side, system=bool(system))
    facts.kinds[rival.kind] += 1
    facts.borrowed += not pair.own


def _limited(planned: Iterable[Planned], limit: int | None) -> Iterator[Planned]:
    """Of the accepted ones only so many count as that: both sides are to have some of them."""
    left = limit
    for row in planned:
        if row.accepted and left is not None:
            row, left = row._replace(accepted=left > 0), left - 1
        yield row


def _side(splitter: Splitter, row: Row, facts: Facts) -> Side | None:
    """None for what goes into neither file: counted, or accepted only after the export began."""
    if row.passage.id not in splitter:
        return None
    side = splitter.side(row.passage.id)
    if side == "between":
        facts.left_out[BETWEEN] += 1
        return None
    return side


def _marked(data: dict[str, Any], row: Row, options: Options) -> dict[str, Any]:
    """Rehearsal says so in the line itself wherever the format allows."""
    strict = options.format in FORMATS and FORMATS[options.format].strict
    return {**data, "rehearsal": True} if row.rehearsal and not strict else data


def _system(row: Row, options: Options) -> str | None:
    """The example's own, else the one given: to a share of the rows, drawn by their ids.

    "" where other rows have one, None where no row has.
    """
    if row.example.system or options.system is None:
        return row.example.system
    digest = hashlib.sha256(f"{options.seed}|system|{row.id}".encode()).digest()
    drawn = int.from_bytes(digest[:8]) / 2**64
    return options.system if drawn < options.system_share else ""


def _write_about(options: Options, made: Made, facts: Facts, place: Path) -> None:
    """The card with its pictures, and what else goes with a format."""
    found = columns(
        options.format,
        options.style,
        system=options.system is not None or bool(facts.systems),
        states=bool(facts.states) or options.format == "parquet",
        rehearsal=bool(facts.rehearsal),
    )
    files = {
        LENGTHS: lengths_svg(facts.length_bins()),
        COVERAGE: coverage_svg(facts.cells),
        "README.md": Card(options.as_json(), options.command, found, made, facts).text(),
    }
    if options.format == "axolotl":
        held_out = facts.sides["validation"] > 0
        files[AXOLOTL_FILE] = write_axolotl(
            options.base,
            options.style,
            validation=held_out,
            seed=options.seed,
            gpus=options.gpus,
        )
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8", newline="\n")


def _nothing(name: str, facts: Facts) -> ProjectError:
    if not facts.left_out:
        return ProjectError(
            "There is nothing to export: no example has been accepted",
            hint="See where the project stands with: inscape status",
        )
    reasons = "; ".join(f"{n} because {why}" for why, n in sorted(facts.left_out.items()))
    hint = "See where the project stands with: inscape status"
    if name == PREFERENCE:
        hint = "Pairs come from edits, revisions and rejections: inscape review"
    return ProjectError(f"Nothing could be written as {name!r}: {reasons}", hint=hint)
