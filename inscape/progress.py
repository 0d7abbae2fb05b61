"""What long work tells whoever is watching: small frozen events, and the one callback they go to.

Whoever works calls `progress(event)`; what is drawn of it (live, plain, nothing) is up to the desk.
Events may come from any thread or task; a watcher never raises and never blocks for long.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["accepted", "escalated", "rejected", "failed"]
Stop = Literal["target", "review", "corpus", "budget", "collapse", "interrupted"]


@dataclass(frozen=True)
class Counts:
    """Where the whole project stands (not only this run). `usd` is None when no price is known."""

    accepted: int = 0
    escalated: int = 0
    rejected: int = 0
    failed: int = 0
    calls: int = 0
    calls_reused: int = 0
    usd: float | None = None

    @property
    def assignments(self) -> int:
        return self.accepted + self.escalated + self.rejected + self.failed


@dataclass(frozen=True)
class Started:
    """The first event of a run: what it is for, by whom, and what was there before."""

    target: int
    teacher: str
    critic: str
    counts: Counts = Counts()
    rehearsal: bool = False
    concurrency: int = 0


@dataclass(frozen=True)
class Reading:
    """A book is being read; `pages` is 0 for a book without pages."""

    book: str
    page: int = 0
    pages: int = 0


@dataclass(frozen=True)
class Scouting:
    """Passages rated for richness."""

    done: int
    total: int


@dataclass(frozen=True)
class RoundPlanned:
    """The scout has chosen `assignments` for this round."""

    round: int
    assignments: int


@dataclass(frozen=True)
class Settled:
    """One assignment has come to its end; `opening` is an accepted example's first line."""

    outcome: Outcome
    counts: Counts
    opening: str = ""
    template: str = ""


@dataclass(frozen=True)
class InBatch:
    """The round waits for batches: how many of their `calls` have ended, since when (UTC, ISO 8601)
    they are under way, and what they may cost at most. The run may end meanwhile."""

    specs: tuple[str, ...]
    calls: int
    done: int
    since: str
    most_usd: float


@dataclass(frozen=True)
class Training:
    """A step of training is done; `eta` in seconds, 0 while it cannot be said yet."""

    step: int
    steps: int
    loss: float
    tokens_per_second: float = 0.0
    eta: float = 0.0


@dataclass(frozen=True)
class Examining:
    """Answers written, or pairs judged, by what is being done."""

    doing: str
    done: int
    total: int


@dataclass(frozen=True)
class Note:
    """Something worth a line: a book skipped, a server slow, a setting that was changed."""

    text: str


@dataclass(frozen=True)
class Stopped:
    """The last event of a run."""

    stop: Stop
    counts: Counts
    reason: str = ""


Event = (
    Started
    | Reading
    | Scouting
    | RoundPlanned
    | Settled
    | InBatch
    | Training
    | Examining
    | Note
    | Stopped
)
Progress = Callable[[Event], None]


def unwatched(event: Event) -> None:
    """The watcher for work that nobody watches."""
