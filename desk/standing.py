"""Where a project stands, as `status` shows it: the run's numbers, and what lies behind them."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from desk.pace import at_most, money
from desk.shown import count, moment, one_line
from graph.leaning import learned
from graph.trusting import outlook
from inscape.settings import Settings
from inscape.sizes import SIZES
from memory.batches import Batch
from memory.store import Store
from prompts.library import Library

OUTCOMES = ("accepted", "escalated", "rejected", "failed")
LEAST_LEAN = 0.03
LAST_RUN = {
    "stop": None,
    "target": None,
    "calls_reused": 0,
    "rounds": 0,
    "seconds": 0.0,
    "rehearsal": False,
}


def standing(store: Store, settings: Settings, library: Library) -> dict[str, Any]:
    """All of `status --json`. What only a run knows is that of the last one."""
    last = {**LAST_RUN, **(store.recall("report") or {})}
    counts, spent = store.counts(), store.ledger.spent()
    return {
        "stop": last["stop"],
        "target": settings.target or last["target"],
        "assignments": counts.assignments,
        **{name: getattr(counts, name) for name in OUTCOMES},
        "planned": counts.planned,
        "batches": [_batch(one) for one in store.batches.open_batches()],
        "calls": spent.calls,
        "calls_reused": last["calls_reused"],
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "usd": round(spent.usd, 6),
        "unpriced_calls": spent.unpriced,
        "rounds": last["rounds"],
        "seconds": last["seconds"],
        "rehearsal": last["rehearsal"],
        "by_template": store.by_template(),
        "by_phenomenon": store.by_phenomenon(),
        "by_book": store.by_book(),
        "books": {book.sha256: book.title for book in store.books()},
        "reasons": {name: store.reasons(name) for name in ("rejected", "failed", "escalated")},
        "agreement": store.agreement(),
        "taste": _taste(store),
        "sizes": {
            name: {**size._asdict(), "standing": size.standing(counts.accepted)}
            for name, size in SIZES.items()
        },
        "calibration": outlook(store, library, settings),
        "diversity": store.diversity() | {"by_round": store.rounds()},
    }


def _batch(batch: Batch) -> dict[str, Any]:
    """One that is under way; `done` when a run looked at it last."""
    return {
        "id": batch.remote,
        "model": batch.spec,
        "calls": batch.size,
        "done": batch.done,
        "since": batch.written_at,
        "looked_at": batch.looked_at,
        "most_usd": round(batch.most_usd, 6),
    }


def batch_line(batch: Mapping[str, Any]) -> str:
    """For a person, in the terminal and on the desk."""
    return (
        f"In batch at {batch['model']} since {moment(batch['since'])}: "
        f"{count(batch['calls'], 'call')}, {batch['done']:,} done at {moment(batch['looked_at'])}"
        f"{at_most(batch['most_usd'])}; the same inscape run takes the answers"
    )


def batch_lines(store: Store) -> list[str]:
    return [batch_line(_batch(one)) for one in store.batches.open_batches()]


def _taste(store: Store) -> dict[str, Any]:
    """What the outcomes so far add to, or take from, a passage's richness."""
    found = learned(store)
    return {"phenomena": dict(found.phenomena), "templates": dict(found.templates)}


def show(console: Console, numbers: Mapping[str, Any]) -> None:
    if numbers["rehearsal"]:
        console.print("Rehearsal: nothing in it is real data.", style="yellow")
    _progress(console, numbers)
    for title, key in (("template", "by_template"), ("phenomenon", "by_phenomenon")):
        _table(console, title, numbers[key])
    titles = numbers["books"]
    _table(console, "book", {titles.get(k, k[:12]): v for k, v in numbers["by_book"].items()})
    for outcome, why in (("rejected", "Rejected"), ("failed", "Failed"), ("escalated", "Waiting")):
        reasons = list(numbers["reasons"][outcome].items())[:6]
        if reasons:
            said = ", ".join(f"{one_line(code)} {n}" for code, n in reasons)
            console.print(f"{why} because: {said}", markup=False, soft_wrap=True)
    _trust(console, numbers)
    sizes = [f"{name.upper()} {size['standing']}" for name, size in numbers["sizes"].items()]
    console.print(f"To tune a model of: {', '.join(sizes)}", style="dim", soft_wrap=True)


def _progress(console: Console, numbers: Mapping[str, Any]) -> None:
    target = numbers["target"]
    of = f" of {target:,}" if target else ""
    head = Text.assemble((f"{numbers['accepted']:,}{of} accepted", "bold"))
    head.append(
        f"   {numbers['escalated']:,} waiting, {numbers['rejected']:,} rejected, "
        f"{numbers['failed']:,} failed"
    )
    console.print(head)
    if target and console.is_terminal:
        done = min(numbers["accepted"], target)
        console.print(ProgressBar(total=target, completed=done, width=min(60, console.width)))
    usd = None if numbers["unpriced_calls"] else numbers["usd"]
    tokens = f"{numbers['input_tokens']:,} tokens in, {numbers['output_tokens']:,} out"
    console.print(f"{count(numbers['calls'], 'call')}, {tokens}, {money(usd)}", style="dim")
    for batch in numbers["batches"]:
        console.print(batch_line(batch), markup=False, soft_wrap=True)
    if numbers["stop"]:
        console.print(f"The last run stopped: {numbers['stop']}", style="dim")


def _table(console: Console, title: str, rows: Mapping[str, Mapping[str, int]]) -> None:
    if not rows:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(f"\nby {title}", no_wrap=True, min_width=24, max_width=40)
    for name in ("accepted", "waiting", "rejected", "failed"):
        table.add_column(f"\n{name}", justify="right")
    for name, counts in sorted(rows.items(), key=lambda item: -item[1]["accepted"]):
        figures = [str(counts[outcome] or "·") for outcome in OUTCOMES]
        table.add_row(Text(one_line(name or "unnamed", 40)), *figures)
    console.print(table)


def trust_lines(calibration: Mapping[str, Any]) -> Iterator[str]:
    """Where the critic decides alone, and what other lines would cost."""
    needed = calibration["needed"] - calibration["decisions"]
    band, active = calibration["band"], calibration["active"]
    if not active:
        yield (
            f"The critic goes by its own scores, between {band['reject']:g} and "
            f"{band['accept']:g} it asks you; after {count(needed, 'more decision')} of yours "
            "it goes by your taste."
        )
    elif band["accept"] is None:
        yield "The critic knows your taste too little to accept anything alone."
    else:
        yield (
            f"The critic accepts alone what is {band['accept']:.0%} likely to please you, and "
            f"rejects alone what is less than {band['reject']:.0%} likely to."
        )
    for choice in calibration["choices"]:
        what = (
            f"precision {choice['precision']:.0%}" if active else f"accept = {choice['accept']:g}"
        )
        yield (
            f"  {what:<16} you see {choice['escalated']:.0%} of the examples, about "
            f"{choice['minutes_a_hundred']:.0f} minutes a hundred"
        )
    if calibration["looks"]:
        yield f"{count(calibration['looks'], 'accepted example')} would bear a look: inscape review"


def _trust(console: Console, numbers: Mapping[str, Any]) -> None:
    agreement, diversity = numbers["agreement"], numbers["diversity"]
    if agreement["n"]:
        said = f"{agreement['n']} decisions, agreement {agreement['raw']:.0%}"
        if agreement["interval"]:
            low, high = agreement["interval"]
            said += f", kappa {agreement['kappa']:.2f} ({low:.2f} to {high:.2f})"
        console.print(f"Critic against people: {said}")
    leans = sorted(numbers["taste"]["phenomena"].items(), key=lambda one: -abs(one[1]))
    shown = [f"{name} {lean:+.2f}" for name, lean in leans if abs(lean) >= LEAST_LEAN][:6]
    if shown:
        console.print(f"Learned for the next rounds: {', '.join(shown)}", soft_wrap=True)
    if agreement["n"] or numbers["calibration"]["looks"]:
        for line in trust_lines(numbers["calibration"]):
            console.print(line, markup=False, soft_wrap=True)
    if diversity["n"]:
        console.print(
            f"Diversity: as varied as {diversity['effective_size']:.1f} wholly different examples; "
            f"{diversity['repeated_openings']:.0%} begin like another",
            soft_wrap=True,
        )
        grown = [
            f"{one['effective_size']:.1f} of {one['accepted']}" for one in diversity["by_round"]
        ]
        if len(grown) > 1:
            console.print(f"  round by round: {', '.join(grown[-8:])}", soft_wrap=True)
