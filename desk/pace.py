"""How fast a run goes, and what remains: the arithmetic behind every estimate shown."""

import time
from collections import deque
from collections.abc import Callable

from inscape.progress import Counts

Clock = Callable[[], float]
WINDOW = 200
ENOUGH = 5  # examples before a guess of what the rest will cost


def clock(seconds: float) -> str:
    """`0:07`, `12:40`, `3:05:00`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def money(usd: float | None) -> str:
    """Cents where cents matter; nothing at all when no price is known."""
    if usd is None:
        return "cost unknown"
    return f"${usd:,.2f}" if usd >= 1 or usd == 0 else f"${usd:.4f}".rstrip("0")


def at_most(usd: float) -> str:
    """Of what is under way; nothing where no price is known."""
    return f", at most {money(usd)}" if usd else ""


class Pace:
    """Rate and estimate from what was accepted in the recent past of this run, not before it."""

    def __init__(self, now: Clock = time.monotonic) -> None:
        self._now = now
        self._began = now()
        self._marks: deque[tuple[float, int]] = deque(maxlen=WINDOW)
        self._before: Counts | None = None
        self._counts = Counts()

    @property
    def elapsed(self) -> float:
        return self._now() - self._began

    def start(self, counts: Counts) -> None:
        """The first round begins: reading and rating before it say nothing of the rate."""
        if not self._marks:
            self.mark(counts)

    def mark(self, counts: Counts) -> None:
        self._before = self._before or counts
        self._counts = counts
        self._marks.append((self._now(), counts.accepted))

    @property
    def per_minute(self) -> float | None:
        if len(self._marks) < 2:
            return None
        (start, before), (end, after) = self._marks[0], self._marks[-1]
        if after <= before or end <= start:
            return None
        return 60 * (after - before) / (end - start)

    def remaining(self, target: int) -> float | None:
        """Seconds until `target` is accepted at this rate; None while nobody can know."""
        if self.per_minute is None:
            return None
        return max(0.0, 60 * (target - self._marks[-1][1]) / self.per_minute)

    def likely_usd(self, target: int) -> float | None:
        """What it will have cost when `target` is reached, by what the examples of this run cost so
        far; None while there are too few, or where nothing is paid or known."""
        if self._before is None or self._before.usd is None or not self._counts.usd:
            return None
        made = self._counts.accepted - self._before.accepted
        if made < ENOUGH:
            return None
        each = (self._counts.usd - self._before.usd) / made
        return self._counts.usd + each * max(0, target - self._counts.accepted)

    def times(self, target: int) -> str:
        left = self.remaining(target)
        if not left:
            return clock(self.elapsed)
        return f"{clock(self.elapsed)}, about {clock(left)} left"
