"""`run` and `status`: the loop, and where it stands."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from desk import asking
from desk.commands import options
from desk.commands.books import password_from, without_password
from desk.here import Here
from desk.shown import command_line, count
from inscape.errors import UsageError
from inscape.sizes import SIZES

if TYPE_CHECKING:
    from graph.asked import Asked
    from graph.preview import Preview
    from graph.report import RunReport


def run(
    ctx: typer.Context,
    books: options.Books = None,
    target: options.Target = None,
    for_model: options.ForModel = None,
    teacher: options.Teacher = None,
    critic: options.Critics = None,
    scout: options.Scout = None,
    templates: options.Templates = None,
    passages: options.Highlights = None,
    concurrency: options.Concurrency = None,
    batch: options.Batch = None,
    timeout: options.Timeout = None,
    max_usd: options.MaxUsd = None,
    max_calls: options.MaxCalls = None,
    review: options.ReviewWay = None,
    resume: options.Resume = None,
    train: options.TrainOn = None,
    iterations: options.Iterations = 1,
    allow_rehearsal: options.AllowRehearsal = False,
    preview: options.Preview = False,
    yes: options.Yes = False,
    json: options.Json = False,
    password_env: options.Password = None,
    ocr: options.Ocr = False,
    ray: options.Ray = None,
) -> None:
    """Make a dataset from books.

    It goes on until the target is reached or there is another reason to stop. Ctrl-C stops it, and
    the same command goes on from there.
    """
    here = ctx.ensure_object(Here)
    said = {
        "target": _target(target, for_model),
        "teacher": teacher,
        "critic": options.listed(critic),
        "scout": scout,
        "templates": options.listed(templates),
        "concurrency": concurrency,
        "batch": batch,
        "timeout": timeout,
        "max_usd": max_usd,
        "max_calls": max_calls,
        "review": review,
        "resume": resume,
    }
    typed, asking_is_fine = here.typed, asking.may_ask(here, json=json, yes=yes)
    if asking_is_fine:
        books = asking.complete(here, said, books or (None if passages else []))
    asked = _asked(here, said, books or [], passages, password_from(password_env), ocr=ocr)
    asked = replace(asked, ray=None if ray is None else without_password(ray, password_env))
    asked = _trained(asked, train, iterations, allow_rehearsal=allow_rehearsal)
    if preview:
        _preview(here, asked, json=json)
        return
    if asking_is_fine:
        asked = _agreed(here, asked, said, answered=here.typed != typed)
    _carry_out(here, asked, json=json)


def _trained(
    asked: "Asked", base: str | None, iterations: int, *, allow_rehearsal: bool
) -> "Asked":
    """The same, with what shall be tuned afterwards."""
    if base is None:
        if iterations > 1:
            raise UsageError("--iterations needs --train MODEL")
        return asked
    recipe = asked.settings.train.but({"base": base})
    return replace(asked, train=recipe, iterations=iterations, allow_rehearsal=allow_rehearsal)


def _carry_out(here: Here, asked: "Asked", *, json: bool) -> None:
    asks = not json and _asks(asked, here)
    report = _go_on(here, replace(asked, attended=asks), asks=asks)
    here.store.remember("report", report.as_json())
    if json:
        here.emit(report.as_json())
    else:
        _tell(here, report)
    raise typer.Exit(report.exit_code)


def _target(target: int | None, for_model: str | None) -> int | None:
    if target is not None and for_model is not None:
        raise UsageError("Say --target or --for-model, not both")
    return SIZES[for_model].recommended if for_model else target


def _asked(
    here: Here,
    said: dict[str, Any],
    books: list[Path],
    highlights: Path | None,
    password: str | None,
    *,
    ocr: bool,
) -> "Asked":
    from graph.asked import Asked

    if not books and highlights is None:
        raise UsageError("Which book?", hint="inscape run BOOK.pdf --target 50 --teacher SPEC")
    return Asked(
        project=here.project,
        settings=here.settings(said),
        books=books,
        highlights=highlights,
        ocr=ocr,
        password=password,
    )


def _look_ahead(here: Here, asked: "Asked") -> "Preview":
    from desk.watch import watching

    with watching(here.err, patience=3) as progress:
        from graph.preview import preview

        return preview(asked, progress)


def _preview(here: Here, asked: "Asked", *, json: bool) -> None:
    found = _look_ahead(here, asked)
    if json:
        here.emit(found.as_json())
        return
    for line in found.lines():
        here.tell(line)


def _agreed(here: Here, asked: "Asked", said: dict[str, Any], *, answered: bool) -> "Asked":
    """On a terminal, where there is something to pay and the command did not say it all: what it
    would take, the most it may cost, and whether to go on."""
    limited = asked.settings.max_usd is not None
    if asking.rehearsed(asked) or (limited and not answered):
        return asked
    limit = asking.agree(here, asked, _look_ahead(here, asked))
    return replace(asked, settings=here.settings({**said, "max_usd": limit}))


def _asks(asked: "Asked", here: Here) -> bool:
    """A person at a terminal is asked unless the settings say otherwise; nobody else ever is."""
    at_terminal = here.out.is_terminal and sys.stdin.isatty()
    said = asked.settings.source("review") != "default"
    return at_terminal and (asked.settings.review == "ask" or not said)


def _go_on(here: Here, asked: "Asked", *, asks: bool) -> "RunReport":
    """Run, let the person decide when only that helps, run on; who leaves early has left."""
    from desk.commands.review import sit_down
    from desk.watch import watching

    while True:
        with watching(here.err, patience=2) as progress:
            from graph.runs import run  # takes a while; something is to be seen meanwhile

            report = asyncio.run(run(asked, progress=progress))
        if not (asks and report.stop == "review"):
            return report
        waiting = count(report.counts.escalated, "example")
        here.say(f"{waiting} waiting, and the target can only be reached through them.")
        sitting = sit_down(here, by="person")
        if not sitting.decided:
            return report
        asks = sitting.finished


def _tell(here: Here, report: "RunReport") -> None:
    from desk import ending

    ending.tell(here.out, report, here.store, command_line(here.typed))


def status(ctx: typer.Context, json: options.Json = False) -> None:
    """Show where the project stands."""
    from desk import standing

    here = ctx.ensure_object(Here)
    numbers = standing.standing(here.store, here.settings(), here.library)
    if json:
        here.emit(numbers)
    else:
        standing.show(here.out, numbers)
