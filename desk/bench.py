"""A person's decisions on the store: what the terminal, a script and a page all go through."""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from threading import Thread
from typing import TYPE_CHECKING, Any

from dataset.example import Example, to_interchange
from dataset.records import Decision
from desk.several import Answer as BulkAnswer
from desk.several import Done, Offer, alike, decide_all, offer
from inscape.errors import InscapeError
from memory.catalogue import Filter
from memory.records import Decided, Draft, Status, Waiting
from memory.store import Store

if TYPE_CHECKING:
    from corpus.embed import Embedder

PAGE = 500


class StoreBench:
    """An accepted text needs its vector, so the embedder comes along: loaded when first needed."""

    def __init__(self, store: Store, embedder: str) -> None:
        self._store = store
        self._embedder_name = embedder
        self._warming: Thread | None = None
        self._desk = secrets.token_hex(8)  # two desks may well have people of one name

    @cached_property
    def _embedder(self) -> "Embedder":
        from corpus.embed import Embedder

        return Embedder(self._embedder_name)

    def warm_up(self) -> None:
        """Load the embedder, once, while the person reads."""
        if self._warming is None:
            self._warming = Thread(target=self._load)
            self._warming.start()

    def _load(self) -> None:
        with suppress(InscapeError):  # it is said when the embedder is needed
            self._embedder.load()

    def waiting(self) -> list[str]:
        return [item.example_id for item in self._store.waiting(limit=PAGE)]

    def item(self, example_id: str) -> Waiting | None:
        """None when somebody else has decided, or looks at it at another desk."""
        return self._store.claim(self._desk, example_id)

    def beside(self, queued: int, step: int) -> Waiting | None:
        """The next one after a place in the queue, or before it, that no other desk looks at."""
        return self._store.claim_beside(self._desk, queued, step)

    def held_elsewhere(self) -> int:
        return self._store.held_elsewhere(self._desk)

    def close(self) -> None:
        """What lies on this desk is free for others. A network that is being loaded is waited for:
        one that is taken away meanwhile aborts the process."""
        self._store.release(self._desk)
        if self._warming is not None:
            self._warming.join()

    def drafts(self, example_id: str) -> Sequence[Draft]:
        return self._store.drafts(_assignment(example_id))

    def decide(
        self, decision: Decision, edited: Example | None = None, shown: Status | None = None
    ) -> Decided:
        """`shown` is how it stood when the person looked; raises Overtaken when that is past."""
        from graph.deciding import decide

        return decide(self._store, lambda: self._embedder, decision, edited, shown)

    def explain(self, example_id: str, reason: str, by: str) -> Decided:
        """Give a rejection that stands already its reason."""
        return self._store.explain(example_id, reason, by)

    def undo(self, by: str, *, own: bool = False, example_id: str | None = None) -> Decided:
        """Take back the last decision, or with `own` the last of this person."""
        return self._store.undo(by, of=by if own else None, example_id=example_id)

    def offer(self, item: Waiting) -> Offer | None:
        """The others that wait with the defect of one that was just decided."""
        return offer(self._store, item)

    def reject_alike(self, defect: str, reason: str, by: str) -> Done:
        """Reject all that wait with a defect."""
        reason = reason or f"like another: {defect}"
        return self.decide_all(alike(defect), "reject", reason=reason, by=by)

    def decide_all(self, filter: Filter, answer: BulkAnswer, *, reason: str, by: str) -> Done:
        return decide_all(self._store, self, filter, answer, reason=reason, by=by)


def _assignment(example_id: str) -> str:
    return example_id.rpartition(".")[0]


def as_json(item: Waiting) -> dict[str, Any]:
    """One line of `review --list --json`."""
    passage = item.passage
    return {
        "id": item.example_id,
        "template": item.template_id,
        "phenomenon": item.phenomenon,
        "rehearsal": item.rehearsal,
        "passage": {
            "id": passage.id,
            "book": passage.book,
            "title": passage.title,
            "chapter": passage.chapter,
            "page_start": passage.page_start,
            "page_end": passage.page_end,
            "text": passage.text,
        },
        "example": to_interchange(item.example),
        "verdict": item.verdict.model_dump(mode="json") if item.verdict else None,
        "reasons": list(item.reasons),
    }
