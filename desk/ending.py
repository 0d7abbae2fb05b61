"""The last words of a run: why it stopped, what was made, and what to do next."""

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice, pairwise
from typing import Any

from rich.console import Console
from rich.text import Text

from desk.pace import clock, money
from desk.shown import count, one_line
from desk.standing import batch_lines
from graph.report import RunReport
from memory.store import Store

STOPS = {
    "target": "Target reached",
    "review": "Waiting for you",
    "corpus": "The books are used up",
    "budget": "Budget reached",
    "collapse": "Stopped, because hardly anything was kept",
    "interrupted": "Stopped",
}
SAMPLES = 3


def tell(console: Console, report: RunReport, store: Store, again: str) -> None:
    """`again` is the command as it was typed, for the hints."""
    for line in [
        *_what(report),
        *batch_lines(store),
        *_made(store),
        *_trained(report),
        "",
        *_next(report, store, again),
    ]:
        console.print(line, markup=False, soft_wrap=not console.is_terminal)


def _what(report: RunReport) -> Iterator[str | Text]:
    counts = report.counts
    done = f"{counts.accepted:,} of {report.target:,} accepted"
    yield Text.assemble("\n", (STOPS[report.stop], "bold"), f": {done} in {clock(report.seconds)}")
    usd = f", {money(report.usd)}" if report.usd else ""
    reused = f" and {report.calls_reused:,} reused" if report.calls_reused else ""
    yield Text(
        f"{counts.escalated:,} waiting, {counts.rejected:,} rejected, {counts.failed:,} failed; "
        f"{count(report.calls, 'new call')}{reused}{usd}",
        style="dim",
    )
    if report.reason:
        yield one_line(report.reason)
    if report.rehearsal:
        yield Text(
            "This was a rehearsal: the examples show the shape of the data, not its worth.",
            "yellow",
        )


def _made(store: Store) -> Iterator[str | Text]:
    """What is in the dataset now, with the first lines of a few."""
    templates: Counter[str] = Counter()
    passages: set[str] = set()
    for row in store.accepted_examples():
        templates[row.template_id] += 1
        passages.add(row.passage.id)
    if not templates:
        return
    kinds = ", ".join(f"{name} {n}" for name, n in sorted(templates.items()))
    yield f"From {count(len(passages), 'passage')}: {kinds}"
    for row in islice(store.accepted_examples(), SAMPLES):
        opening = one_line(row.example.answers[0].content, 58)
        yield Text(f"  “{opening}”  {row.id}", style="italic dim")


def _trained(report: RunReport) -> Iterator[str | Text]:
    """Each iteration in a line, and under it what the next was asked for because of it."""
    for one in report.training:
        rate = one["win_rate"]
        yield Text(
            f"Iteration {one['iteration']}: {one['examples']:,} examples, tuned beats base in "
            f"{rate['rate']:.0%} ({rate['low']:.0%} to {rate['high']:.0%}); {one['adapter']}"
        )
        for change in one["changes"]:
            yield Text(f"  {one_line(change)}", style="dim")


def _next(report: RunReport, store: Store, again: str) -> Iterator[str | Text]:
    yield Text("Next", style="bold")
    for what, how in _steps(report, store, again):
        yield Text.assemble(f"  {what:<24}", (how, "cyan"))


def _steps(report: RunReport, store: Store, again: str) -> Iterator[tuple[str, str]]:
    project = _option(again, "--project")
    if report.counts.escalated:
        yield f"decide on {report.counts.escalated:,} waiting", f"inscape review{project}"
    go_on = {
        "review": again,
        "interrupted": again,
        "corpus": f"{again} ANOTHER-BOOK",
        "budget": "the same command with a larger --max-usd or --max-calls",
        "collapse": f"{_reasons(store.reasons('rejected'))}; see inscape status{project}",
    }
    if report.stop in go_on:
        yield "see why" if report.stop == "collapse" else "go on", go_on[report.stop]
    if report.counts.accepted:
        yield "read one, and its story", f"inscape why{project} {_first(store)}"
        yield "write it for training", f"inscape export --format alpaca{project}"
    if report.dataset:
        yield "tune a model on it", f"inscape train --base MODEL{project}"
    if report.rehearsal:
        yield "use a real teacher", "inscape run … --project real --teacher anthropic:MODEL"


def _first(store: Store) -> str:
    return next((row.id for row in store.accepted_examples()), "ID")


def _option(command: str, name: str) -> str:
    """An option with its value, as it was given, to be given again."""
    words = shlex.split(command)
    for word, value in pairwise([*words, ""]):
        if word == name:
            return f" {name} {shlex.quote(value)}"
        if word.startswith(f"{name}="):
            return f" {shlex.quote(word)}"
    return ""


def _reasons(counted: Mapping[str, Any]) -> str:
    return ", ".join(f"{one_line(code)} {n}" for code, n in list(counted.items())[:3])
