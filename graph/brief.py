"""What an assignment is worked on with, settled once: the same prompts again after any stop."""

from typing import NamedTuple

from dataset.records import Assignment
from graph.deps import Deps

_KIND = "brief"
_AVOIDED = 12
_EXEMPLARS = 3


class Brief(NamedTuple):
    """Openings and phrases to stay clear of, and the ids of accepted examples to compare with."""

    avoid: list[str]
    exemplars: list[str]


def brief_of(deps: Deps, assignment: Assignment) -> Brief:
    """Both depend on what is accepted at the time, and so would the request and its ledger key:
    written down at first sight, so that a paid answer is found again whenever work is taken up."""
    known = deps.store.events(subject=assignment.id, kind=_KIND)
    if known:
        return Brief(known[0].detail["avoid"], known[0].detail["exemplars"])
    worn = [*deps.store.openings(limit=_AVOIDED), *deps.watch.phrases[:_AVOIDED]]
    rehearsal = deps.teacher.is_rehearsal
    best = deps.store.exemplars(assignment.template_id, _EXEMPLARS, rehearsal=rehearsal)
    deps.store.note(_KIND, assignment.id, avoid=worn, exemplars=best)
    return Brief(worn, best)
