"""What goes in and out of the memory, by value; nothing here knows the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from corpus.passage import Passage
from dataset.example import Example
from dataset.records import Assignment, Decision, Neighbour, Verdict
from dataset.row import Call

Status = Literal["planned", "withdrawn", "accepted", "escalated", "rejected", "failed"]
Origin = Literal["teacher", "revision", "person"]

SETTLED: tuple[Status, ...] = ("accepted", "escalated", "rejected", "failed")


@dataclass(frozen=True)
class BookRecord:
    """What is remembered of a book file; `detail` holds chapters, what was dropped, warnings."""

    sha256: str
    path: str
    title: str
    author: str = ""
    pages: int = 0
    words: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)


class RatedPassage(NamedTuple):
    """`richness` is None until the scout has rated the passage."""

    passage: Passage
    richness: float | None
    phenomena: tuple[str, ...]
    templates: tuple[str, ...]
    highlighted: bool


class Assigned(NamedTuple):
    """An assignment and where it stands; `attempts` counts how often a run took it up."""

    assignment: Assignment
    phenomenon: str
    status: Status
    reason: str
    example_id: str | None
    attempts: int


class Taken(NamedTuple):
    """What the scout must know of work already asked for."""

    passage_id: str
    template_id: str
    status: Status
    phenomenon: str
    by_person: bool
    times: int


class Admission(NamedTuple):
    """`reason` is "" when accepted, else `near-duplicate`, `passage-cap` or `already-settled`."""

    accepted: bool
    nearest: Neighbour | None
    reason: str = ""


class Waiting(NamedTuple):
    """One item of the queue; `queued` orders it."""

    example_id: str
    template_id: str
    passage: Passage
    example: Example
    verdict: Verdict | None
    reasons: tuple[str, ...]
    phenomenon: str
    rehearsal: bool
    queued: int = 0


class Decided(NamedTuple):
    """What a decision, or taking one back, came to."""

    decision: Decision
    assignment_id: str
    status: Status
    example_id: str | None
    nearest: Neighbour | None = None


class Draft(NamedTuple):
    """One example ever written for an assignment, accepted or not."""

    example_id: str
    example: Example
    origin: Origin
    rehearsal: bool
    verdict: Verdict | None


class Accepted(NamedTuple):
    """An accepted example with all an export needs to know of it; `decision` is the person's."""

    id: str
    example: Example
    passage: Passage
    template_id: str
    template_version: str
    phenomenon: str
    origin: Origin
    rehearsal: bool
    verdict: Verdict | None
    decision: Decision | None
    usd: float
    model: str
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True)
class Counts:
    """Where the assignments stand; `assignments` counts the settled ones."""

    accepted: int = 0
    escalated: int = 0
    rejected: int = 0
    failed: int = 0
    planned: int = 0

    @property
    def assignments(self) -> int:
        return self.accepted + self.escalated + self.rejected + self.failed


@dataclass(frozen=True)
class Spent:
    """`calls` counts requests sent, repeats too; `unpriced` answers have no known cost."""

    calls: int = 0
    answered: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0


class Event(NamedTuple):
    """One line of the log that is only ever added to."""

    number: int
    at: str
    kind: str
    subject: str
    who: str
    detail: dict[str, Any]
