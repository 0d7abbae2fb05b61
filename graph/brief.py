"""What an assignment is worked on with, settled once: the same prompts again after any stop."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from dataset.records import Assignment, Defect
from graph.watch import Watch
from memory.store import Store

_KIND = "brief"
_TOLD = "told"
AVOIDED = 12
EXEMPLARS = 3
_KEPT = 512


class Brief(NamedTuple):
    """Openings and phrases to stay clear of, and the ids of accepted examples to compare with."""

    avoid: list[str]
    exemplars: list[str]


class Briefs:
    """Both depend on what is accepted at the time, and so would the request and its ledger key:
    written down at first sight, so that a paid answer is found again whenever work is taken up."""

    def __init__(self, store: Store, watch: Watch, *, rehearsal: bool) -> None:
        self._store = store
        self._watch = watch
        self._rehearsal = rehearsal
        self.of = lru_cache(_KEPT)(self._of)

    def _of(self, assignment: Assignment) -> Brief:
        known = self._store.noted(_KIND, assignment.id)
        if known:
            return Brief(known[0].detail["avoid"], known[0].detail["exemplars"])
        worn = [*self._store.openings(limit=AVOIDED), *self._watch.phrases[:AVOIDED]]
        best = self._store.exemplars(assignment.template_id, EXEMPLARS, rehearsal=self._rehearsal)
        self._store.note(_KIND, assignment.id, avoid=worn, exemplars=best)
        return Brief(worn, best)

    def told(self, example_id: str, findings: Sequence[Defect]) -> list[Defect]:
        """What a judge is told of a draft: the findings when it was asked first."""
        known = self._store.noted(_TOLD, example_id)
        if known:
            return [Defect(**one) for one in known[0].detail["findings"]]
        said = [one.model_dump(mode="json") for one in findings]
        self._store.note(_TOLD, example_id, findings=said)
        return list(findings)
