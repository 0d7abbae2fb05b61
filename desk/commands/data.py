"""`export`: the accepted examples, written for training."""

import re
import sys
from typing import TYPE_CHECKING

import typer

from dataset.formats import PREFERENCE
from desk.commands import options
from desk.here import Here
from desk.shown import count
from inscape.errors import UsageError

if TYPE_CHECKING:
    from dataset.export import Options, Report


def export(
    ctx: typer.Context,
    format_: options.Format = "messages",
    out: options.Out = None,
    thinking: options.Thinking = None,
    tag: options.Tag = None,
    key: options.Key = None,
    system: options.SystemFile = None,
    system_share: options.SystemShare = None,
    limit: options.Limit = None,
    validation: options.Validation = None,
    seed: options.Seed = None,
    license_: options.License = None,
    base: options.Base = None,
    gpus: options.Gpus = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Write the accepted examples for training."""
    from dataset.export import check
    from dataset.export import export as write
    from graph.publishing import made_of, options_of

    here = ctx.ensure_object(Here)
    said = {
        "thinking": thinking,
        "tag": tag and _name(tag),
        "key": key and _name(key),
        "system": system,
        "system_share": system_share,
        "validation": validation,
        "seed": seed,
        "license": license_ if license_ is not None else _ask_license(here, json=json),
        "base": base,
        "gpus": gpus,
    }
    kept = {name: value for name, value in said.items() if value is not None}
    wanted = options_of(
        here.settings().export.model_copy(update=kept), here.library, format_, limit
    )
    check(wanted)
    place = out or here.project.exports / format_
    report = write(here.store, wanted, made_of(here.store), place, force=force)
    if json:
        here.emit(report.as_json())
    else:
        _tell(here, report, wanted)


def _ask_license(here: Here, *, json: bool) -> str | None:
    """Whoever sits at a terminal is asked; nobody else ever is, and nothing is taken as said."""
    if json or here.settings().export.license or not (here.err.is_terminal and sys.stdin.isatty()):
        return None
    answer: str = typer.prompt(
        "Licence for the card, such as cc-by-4.0 (Enter: state none)",
        default="",
        show_default=False,
        err=True,
    )
    return answer.strip()


def _name(name: str) -> str:
    """A tag or key is a name, not markup."""
    if not re.fullmatch(r"[A-Za-z_][\w-]*", name):
        raise UsageError(f"Not a name: {name!r}", hint="Letters, digits, - and _ only")
    return name


def _tell(here: Here, report: "Report", wanted: "Options") -> None:
    pairs = wanted.format == PREFERENCE
    many = count(report.written, "pair" if pairs else "example")
    here.tell(
        f"Wrote {many} to {report.out}: {report.train:,} to train on, "
        f"{report.validation:,} to validate with."
    )
    if report.rehearsal:
        here.say(f"{report.rehearsal:,} of them are rehearsal: nothing to train on.", "yellow")
    for counted, what in ((report.left_out, ""), (report.pairs_left_out, " pairs")):
        for reason, n in sorted(counted.items()):
            here.say(f"Left out {n:,}{what}, because {reason}.", "yellow")
    if report.thoughts_lost:
        here.say(f"{report.thoughts_lost:,} thoughts have no place in this format.", "yellow")
    if report.states_lost:
        here.say(f"{report.states_lost:,} states have no place in this format.", "yellow")
    if not wanted.license:
        here.say("The card states no licence; --license ID does, once it is yours to give.", "dim")
