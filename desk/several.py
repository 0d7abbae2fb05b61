"""Deciding on several at once: “all like this”, and all that a filter lets through."""

from typing import Literal, NamedTuple, Protocol

from dataset.example import Example
from dataset.records import Decision
from inscape.errors import Overtaken
from memory.catalogue import Filter
from memory.records import SETTLED, Decided, Status, Waiting
from memory.store import Store

MOST = 500  # at one go: each decision is its own, and can be taken back on its own

Answer = Literal["accept", "reject"]
BECOMES: dict[Answer, Status] = {"accept": "accepted", "reject": "rejected"}


class Decides(Protocol):
    """The one place where a decision is carried out."""

    def decide(
        self, decision: Decision, edited: Example | None = None, shown: Status | None = None
    ) -> Decided: ...


class Offer(NamedTuple):
    """So many others wait with the same defect."""

    example_id: str
    defect: str
    others: int


class Done(NamedTuple):
    """The ids of what was decided, and how many were left as they were."""

    ids: list[str]
    left: int


def offer(store: Store, item: Waiting) -> Offer | None:
    """For the defect that most of the others share; None when none does."""
    codes = dict.fromkeys(defect.code for defect in item.verdict.defects) if item.verdict else ()
    found = [Offer(item.example_id, code, store.count(alike(code))) for code in codes]
    best = max(found, key=lambda one: one.others, default=None)
    return best if best is not None and best.others else None


def alike(defect: str) -> Filter:
    return Filter(status="escalated", defect=defect)


def decide_all(
    store: Store, bench: Decides, filter: Filter, answer: Answer, *, reason: str, by: str
) -> Done:
    """Each only if it stands as it did a moment ago: what somebody decides meanwhile stays."""
    chosen = store.chosen(filter, limit=MOST)
    done: list[str] = []
    for example_id, status in chosen:
        if status == BECOMES[answer] or status not in SETTLED:
            continue
        decision = Decision(example_id=example_id, answer=answer, reason=reason, by=by)
        try:
            bench.decide(decision, shown=status)
        except Overtaken:
            continue
        done.append(example_id)
    return Done(done, len(chosen) - len(done))
