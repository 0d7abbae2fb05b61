"""“All like this”: the other waiting examples with the same defect, and rejecting them with it."""

from typing import NamedTuple

from dataset.records import Decision
from desk.web.desk import Desk
from inscape.errors import Overtaken
from memory.catalogue import Filter
from memory.records import Waiting

MOST = 500  # at one go: each decision is its own, and can be taken back on its own


class Offer(NamedTuple):
    """So many others wait with the same defect."""

    example_id: str
    defect: str
    others: int


def offer(desk: Desk, item: Waiting) -> Offer | None:
    """For the defect that most of the others share; None when none does."""
    codes = dict.fromkeys(defect.code for defect in item.verdict.defects) if item.verdict else ()
    found = [Offer(item.example_id, code, desk.store.count(alike(code))) for code in codes]
    best = max(found, key=lambda one: one.others, default=None)
    return best if best is not None and best.others else None


def alike(defect: str) -> Filter:
    return Filter(status="escalated", defect=defect)


def reject_all(desk: Desk, defect: str, reason: str) -> list[str]:
    """The ids of what was rejected; what somebody decides meanwhile stays as it is."""
    done = []
    for example_id, status in desk.store.chosen(alike(defect), limit=MOST):
        why = reason or f"like another: {defect}"
        decision = Decision(example_id=example_id, answer="reject", reason=why, by=desk.by)
        try:
            desk.bench.decide(decision, shown=status)
        except Overtaken:
            continue
        done.append(example_id)
    return done
