"""What can be measured in answers without a model: thinking, repetition, plainness, win rates."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prompts.probes import PlainQuestion

_OPEN, _CLOSE = "<thinking>", "</thinking>"
_WELL_FORMED = re.compile(r"\A\s*<thinking>\s*\S.*?</thinking>\s*\S", re.DOTALL)
_RUN = 4
_95 = 1.96


def thinks_well(answer: str) -> bool:
    """One thinking part in front, with something in it and something said after it."""
    once = answer.count(_OPEN) == answer.count(_CLOSE) == 1
    return once and _WELL_FORMED.match(answer) is not None


def repetition(answer: str) -> float:
    """The share of runs of four words that occurred before in the same answer."""
    words = answer.casefold().split()
    runs = [tuple(words[n : n + _RUN]) for n in range(len(words) - _RUN + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def answered_plainly(question: PlainQuestion, answer: str) -> bool:
    """Right, short, and without a thinking part."""
    words = _plain(answer).split()
    text = f" {' '.join(words)} "
    right = any(f" {_plain(wanted)} " in text for wanted in question.expect)
    return right and len(words) <= question.words and _OPEN not in answer


def _plain(text: str) -> str:
    flat = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(one for one in flat if not unicodedata.combining(one))
    return " ".join(re.findall(r"[^\W_]+", letters))


@dataclass(frozen=True)
class Rate:
    """How often tuned beat base. A tie is half a win."""

    wins: int = 0
    ties: int = 0
    losses: int = 0

    @classmethod
    def of(cls, points: Iterable[float]) -> "Rate":
        """From points of the tuned model: 1 a win, 0 a loss, anything between a tie."""
        counted = Counter("win" if one > 0.5 else "loss" if one < 0.5 else "tie" for one in points)
        return cls(counted["win"], counted["tie"], counted["loss"])

    @property
    def n(self) -> int:
        return self.wins + self.ties + self.losses

    @property
    def rate(self) -> float:
        return (self.wins + self.ties / 2) / self.n if self.n else 0.5

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval (Wilson 1927), which holds for few and for one-sided counts."""
        if not self.n:
            return 0.0, 1.0
        z2 = _95**2 / self.n
        middle = (self.rate + z2 / 2) / (1 + z2)
        spread = self.rate * (1 - self.rate) / self.n + z2 / (4 * self.n)
        half = _95 * math.sqrt(spread) / (1 + z2)
        return max(0.0, middle - half), min(1.0, middle + half)

    def as_json(self) -> dict[str, float]:
        low, high = self.interval
        return {
            "rate": round(self.rate, 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "wins": self.wins,
            "ties": self.ties,
            "losses": self.losses,
            "n": self.n,
        }


def mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None
