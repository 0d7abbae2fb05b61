"""When the loop goes on and when it stops: pure decisions on numbers."""

import math
from dataclasses import dataclass
from typing import Literal

from inscape.progress import Counts, Stop
from inscape.settings import Limits, Settings

_IN_BATCHES = 320


@dataclass(frozen=True)
class Standing:
    """Where a run stands. `before` are the project's counts when this run began; `exhausted` says
    that the scout found nothing more to ask for."""

    target: int
    counts: Counts
    before: Counts
    exhausted: bool = False
    halted: Stop | None = None

    @property
    def missing(self) -> int:
        """Examples still wanted, taking the queue for granted."""
        return self.target - self.counts.accepted - self.counts.escalated


def next_stop(standing: Standing, limits: Limits) -> Stop | Literal[""]:
    """Why the loop must stop now, or "" when it goes on.

    A queue that could fill the target on its own wins over everything but the target and a wish
    to stop: nothing more is bought while a person's word may be enough.
    """
    counts = standing.counts
    if counts.accepted >= standing.target:
        return "target"
    if standing.halted == "interrupted":
        return "interrupted"
    if standing.missing <= 0 or counts.escalated >= limits.queue:
        return "review"
    if standing.halted is not None:
        return standing.halted
    if collapsed(standing, limits):
        return "collapse"
    if standing.exhausted:
        return "review" if counts.escalated else "corpus"
    return ""


def collapsed(standing: Standing, limits: Limits) -> bool:
    """Almost nothing of what this run settled was worth keeping."""
    settled = standing.counts.assignments - standing.before.assignments
    kept = (standing.counts.accepted + standing.counts.escalated) - (
        standing.before.accepted + standing.before.escalated
    )
    return settled >= limits.collapse_after and kept < limits.collapse_rate * settled


def breadth(settings: Settings) -> int:
    """What stands for `concurrency` in the size of a round: by batches nobody waits for a slower
    neighbour."""
    return _IN_BATCHES if settings.batch else settings.concurrency


def round_size(standing: Standing, concurrency: int) -> int:
    """How many assignments to plan: what is missing over the share kept (with a Beta(4, 1) prior).

    Large rounds, because a round's end is a barrier; capped, so that the scout soon learns.
    """
    kept = standing.counts.accepted + standing.counts.escalated
    share = (kept + 4) / (standing.counts.assignments + 5)
    return max(1, min(math.ceil(standing.missing / share), max(64, 32 * concurrency)))
