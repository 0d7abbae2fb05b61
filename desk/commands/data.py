"""`export`: the accepted examples, written for training."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dataset.formats import Style
from desk.commands import options
from desk.files import read_text
from desk.here import Here
from desk.shown import count
from inscape.errors import InscapeError, UsageError

if TYPE_CHECKING:
    from dataset.export import Report


def export(
    ctx: typer.Context,
    format_: options.Format = "messages",
    out: options.Out = None,
    thinking: options.Thinking = "tags",
    tag: options.Tag = "thinking",
    key: options.Key = "reasoning_content",
    system: options.SystemFile = None,
    system_share: options.SystemShare = 1.0,
    limit: options.Limit = None,
    validation: options.Validation = 0.1,
    seed: options.Seed = 0,
    license_: options.License = "",
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Write the accepted examples for training."""
    from dataset.export import Options, check
    from dataset.export import export as write
    from graph.publishing import made_of

    here = ctx.ensure_object(Here)
    wanted = Options(
        format=format_,
        style=Style(thinking, _name(tag), _name(key)),
        system=_prompt(system),
        system_share=system_share,
        limit=limit,
        validation=validation,
        seed=seed,
        license=license_,
    )
    check(wanted)
    place = out or here.project.exports / format_
    rows = here.store.accepted_examples()
    report = write(rows, wanted, made_of(here.store), place, force=force)
    if json:
        here.emit(report.as_json())
        return
    _tell(here, report, license_)


def _name(name: str) -> str:
    """A tag or key is a name, not markup."""
    if not re.fullmatch(r"[A-Za-z_][\w-]*", name):
        raise UsageError(f"Not a name: {name!r}", hint="Letters, digits, - and _ only")
    return name


def _prompt(file: Path | None) -> str | None:
    if file is None:
        return None
    text = read_text(file).strip()
    if not text:
        raise InscapeError(f"The system prompt {str(file)!r} is empty")
    return text


def _tell(here: Here, report: "Report", license_: str) -> None:
    many = count(report.written, "example")
    here.tell(
        f"Wrote {many} to {report.out}: {report.train:,} to train on, "
        f"{report.validation:,} to validate with."
    )
    if report.rehearsal:
        here.say(f"{report.rehearsal:,} of them are rehearsal: nothing to train on.", "yellow")
    for reason, n in sorted(report.left_out.items()):
        here.say(f"Left out {n:,}, because {reason}.", "yellow")
    if report.thoughts_lost:
        here.say(f"{report.thoughts_lost:,} thoughts have no place in this format.", "yellow")
    if not license_:
        here.say("The card states no licence; --license ID does, once it is yours to give.", "dim")
