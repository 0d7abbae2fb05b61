"""What a run says when it ends, in the words scripts rely on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inscape.progress import Counts, Stop

EXIT_CODES: dict[Stop, int] = {
    "target": 0,
    "review": 10,
    "corpus": 11,
    "budget": 12,
    "collapse": 13,
    "interrupted": 130,
}


@dataclass(frozen=True)
class RunReport:
    """`counts` are the project's; calls, tokens, dollars, rounds and seconds are this run's own.

    So the same command again reports the dataset as it stands and no new call.
    """

    stop: Stop
    target: int
    counts: Counts
    calls: int
    calls_reused: int
    input_tokens: int
    output_tokens: int
    usd: float
    rounds: int
    seconds: float
    reason: str = ""
    dataset: str = ""
    rehearsal: bool = False
    training: Sequence[Mapping[str, Any]] = ()

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.stop]

    def as_json(self) -> dict[str, Any]:
        return {
            "stop": self.stop,
            "target": self.target,
            "assignments": self.counts.assignments,
            "accepted": self.counts.accepted,
            "escalated": self.counts.escalated,
            "rejected": self.counts.rejected,
            "failed": self.counts.failed,
            "calls": self.calls,
            "calls_reused": self.calls_reused,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "usd": round(self.usd, 6),
            "rounds": self.rounds,
            "seconds": round(self.seconds, 2),
            "reason": self.reason,
            "dataset": self.dataset,
            "rehearsal": self.rehearsal,
            "training": list(self.training),
        }
