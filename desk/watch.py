"""Watching long work: a live display on a terminal, a plain line now and then elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from desk.pace import Clock, Pace, at_most, clock, money
from desk.shown import count, moment, one_line
from inscape.progress import (
    Counts,
    Event,
    Examining,
    InBatch,
    Note,
    Progress,
    Reading,
    RoundPlanned,
    Scouting,
    Settled,
    Started,
    Stopped,
    Training,
)

OPENINGS = 4
MEANWHILE = "Some wait for you: inscape review or inscape desk, in another terminal."
GENTLE = "Ctrl-C stops; the same command goes on from there."
IN_BATCH = "You may close this: the batch goes on, and the same command takes its answers."
REHEARSAL = "Rehearsal: this tries the machinery; nothing it writes is real data."


@contextmanager
def watching(console: Console, *, patience: float = 0.0) -> Iterator[Progress]:
    """Give the watcher that suits `console`; `patience` is how long plain lines stay away."""
    if console.is_terminal:
        board = Board(console)
        with board.live:
            yield board
    else:
        yield Plain(console, patience=patience)


def step(event: Event) -> tuple[str, int, int] | None:
    """What is being done, how far, of how much: for the work before the first round."""
    match event:
        case Reading(book, page, pages):
            return f"Reading {one_line(book, 40)}", page, pages
        case Scouting(done, total):
            return "Rating passages", done, total
        case Examining(doing, done, total):
            return doing, done, total
        case Training(step, steps):
            return "Training", step, steps
        case InBatch(specs, calls, done):
            return f"In batch at {', '.join(specs)}", done, calls
        case _:
            return None


def detail(event: Event) -> str:
    """Of training: loss, speed and time left; of a batch: since when, and how dear."""
    if isinstance(event, InBatch):
        return f"since {moment(event.since)}{at_most(event.most_usd)}"
    if not isinstance(event, Training):
        return ""
    speed = f", {event.tokens_per_second:,.0f} tokens/s" if event.tokens_per_second else ""
    left = f", {clock(event.eta)} left" if event.eta else ""
    return f"loss {event.loss:.3f}{speed}{left}"


def tally(counts: Counts) -> str:
    calls = count(counts.calls, "call")
    if counts.calls_reused:
        calls += f" ({counts.calls_reused:,} reused)"
    return (
        f"{counts.escalated:,} waiting, {counts.rejected:,} rejected, {counts.failed:,} failed, "
        f"{calls}, {money(counts.usd)}"
    )


class Plain:
    """One line at a time, never redrawn; most events pass in silence."""

    def __init__(
        self,
        console: Console,
        *,
        patience: float = 0.0,
        every: float = 5.0,
        now: Clock = time.monotonic,
    ) -> None:
        self._console = console
        self._now = now
        self._every = every
        self._pace = Pace(now)
        self._patient_until = now() + patience
        self._quiet_until = 0.0
        self._doing = ""
        self._heading: list[str] = []
        self._target = 0
        self._counts = Counts()
        self._tenths = 0
        self._batch: tuple[str, int] = ("", 0)

    def __call__(self, event: Event) -> None:
        match event:
            case Started():
                self._start(event)
            case RoundPlanned():
                self._pace.start(self._counts)
                assignments = count(event.assignments, "assignment")
                self._line(f"Round {event.round}: {assignments}")
            case Settled():
                self._settle(event)
            case Note(text):
                self._line(one_line(text))
            case InBatch():
                self._wait(event)
            case Stopped():
                self._line(f"{event.counts.accepted} accepted, {tally(event.counts)}")
            case _:
                self._step(event)

    def _start(self, event: Started) -> None:
        self._target = event.target
        self._tenths = 10 * event.counts.accepted // event.target
        self._counts = event.counts
        said = f"Target {event.target:,}: teacher {event.teacher}, critic {event.critic}"
        self._heading = [said, REHEARSAL] if event.rehearsal else [said]

    def _step(self, event: Event) -> None:
        now, found = self._now(), step(event)
        if found is None or now < self._patient_until:
            return
        doing, done, total = found
        if doing != self._doing or now >= self._quiet_until:
            self._doing = doing
            line = f"{doing}: {done:,} of {total:,}" if done and total else doing
            self._line(", ".join(filter(None, [line, detail(event)])))

    def _wait(self, event: InBatch) -> None:
        """A line when a batch is new, and whenever more of it is done."""
        if (event.since, event.done) == self._batch:
            return
        first = not self._batch[0]
        self._batch = event.since, event.done
        doing, done, calls = step(event) or ("", 0, 0)
        self._line(f"{doing}: {done:,} of {calls:,}, {detail(event)}")
        if first:
            self._line(IN_BATCH)

    def _settle(self, event: Settled) -> None:
        self._pace.mark(event.counts)
        accepted = event.counts.accepted
        tenths = 10 * accepted // max(self._target, 1)
        if tenths > self._tenths or self._now() >= self._quiet_until:
            self._tenths = tenths
            self._line(
                f"{accepted:,} of {self._target:,} accepted ({tally(event.counts)}; "
                f"{self._pace.times(self._target)})"
            )

    def _line(self, text: str) -> None:
        """The heading waits for the first line: a book that cannot be read gets its error alone."""
        self._quiet_until = self._now() + self._every
        heading, self._heading = self._heading, []
        for line in (*heading, text):
            self._console.print(line, markup=False, emoji=False, soft_wrap=True)


class Board:
    """The live display. It draws itself from the last events, a few times a second."""

    def __init__(self, console: Console, now: Clock = time.monotonic) -> None:
        self._pace = Pace(now)
        self._started: Started | None = None
        self._counts = Counts()
        self._step: tuple[str, int, int, str] | None = ("Getting ready", 0, 0, "")
        self._round = 0
        self._openings: tuple[Settled, ...] = ()
        self._waits = False
        self._console = console
        self.live = Live(
            get_renderable=self.draw, console=console, refresh_per_second=8, transient=True
        )

    def __call__(self, event: Event) -> None:
        self._waits = isinstance(event, InBatch)
        match event:
            case Started():
                self._started, self._counts = event, event.counts
            case RoundPlanned():
                self._pace.start(self._counts)
                self._round, self._step = event.round, None
            case Settled():
                self._settle(event)
            case Note(text):
                self._console.print(one_line(text), markup=False, style="dim")
            case Stopped():
                self._counts = event.counts
            case _:
                found = step(event)
                self._step = (*found, detail(event)) if found else None

    def _settle(self, event: Settled) -> None:
        self._counts, self._step = event.counts, None
        self._pace.mark(event.counts)
        if event.opening:
            self._openings = (*self._openings, event)[-OPENINGS:]

    def draw(self) -> RenderableType:
        parts: list[RenderableType] = []
        if self._started is not None:
            parts += self._head(self._started)
        if self._step is not None:
            parts.append(_bar(*self._step))
        if self._started is not None and self._openings:
            parts += ["", *self._last_openings()]
        if self._started is not None:
            parts += ["", Text(IN_BATCH if self._waits else GENTLE, style="dim")]
        return Group(*parts)

    def _head(self, started: Started) -> list[RenderableType]:
        counts = self._counts
        head = Text(f"teacher {started.teacher}, critic {started.critic}", style="dim")
        if self._round:
            head.append(f", round {self._round}")
        parts: list[RenderableType] = [head]
        if started.rehearsal:
            parts.append(Text(REHEARSAL, style="yellow"))
        parts += [
            _bar("accepted", counts.accepted, started.target, self._pace.times(started.target)),
            Text(tally(counts) + self._outlook(started.target)),
        ]
        if counts.escalated:
            parts.append(Text(MEANWHILE, style="yellow"))
        return parts

    def _outlook(self, target: int) -> str:
        likely = self._pace.likely_usd(target)
        return f" so far, about {money(likely)} in all" if likely else ""

    def _last_openings(self) -> list[RenderableType]:
        """The newest last, and the only one that is not dim; before each what it was written by."""
        names = max(len(one.template) for one in self._openings) + 2
        width = self._console.width - names - 4
        lines = []
        for one in self._openings:
            style = "italic" if one is self._openings[-1] else "dim italic"
            opening = (f"“{one_line(one.opening, width)}”", style)
            lines.append(Text.assemble((f"  {one.template:<{names}}", "dim"), opening))
        return [*lines]


def _bar(doing: str, done: int, total: int, times: str = "") -> RenderableType:
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(no_wrap=True)
    row.add_column(ratio=1)
    row.add_column(no_wrap=True, justify="right")
    how_far = f"{done:,} of {total:,}" if total else ""
    bar = ProgressBar(
        total=total or None,
        completed=min(done, total),
        pulse=not total,
        complete_style="cyan",
        finished_style="green",
    )
    row.add_row(doing, bar, Text(f"{how_far}  {times}".rstrip(), style="dim"))
    return row
