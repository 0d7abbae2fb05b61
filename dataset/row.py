"""An accepted example with everything that led to it, and what a manifest says of that."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from corpus.passage import Passage
from dataset.example import Example
from dataset.records import Decision, Verdict
from dataset.split import Planned

Kind = Literal["edit", "revision", "ruling"]


class Call(NamedTuple):
    """One way in which a model was asked on the way to an example; prompts stay in the ledger."""

    purpose: str
    spec: str
    model: str
    max_tokens: int | None
    temperature: float | None


class Row(Protocol):
    """What an export needs to know of one example; the memory's own record has this shape."""

    @property
    def id(self) -> str: ...
    @property
    def example(self) -> Example: ...
    @property
    def passage(self) -> Passage: ...
    @property
    def template_id(self) -> str: ...
    @property
    def template_version(self) -> str: ...
    @property
    def phenomenon(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def rehearsal(self) -> bool: ...
    @property
    def verdict(self) -> Verdict | None: ...
    @property
    def decision(self) -> Decision | None: ...
    @property
    def usd(self) -> float: ...
    @property
    def model(self) -> str: ...
    @property
    def calls(self) -> Sequence[Call]: ...


class Refused(NamedTuple):
    """What was turned down in favour of an accepted example, and by whom.

    An `edit` improved on it, a `revision` replaced it, or a `ruling` went against it: another
    example of the same passage and template.
    """

    id: str
    example: Example
    kind: Kind
    by: Literal["person", "critic"]


class Source(Protocol):
    """Where the rows of an export come from; every look begins anew. The store is one."""

    def planned_order(self) -> Iterator[Planned]:
        """Every assignment ever planned, in order."""
        ...

    def accepted_examples(self) -> Iterator[Row]: ...

    def comparisons(self) -> Iterator[tuple[Row, Sequence[Refused]]]:
        """Every accepted example, in the same order, with what was turned down for it."""
        ...


def provenance(row: Row) -> dict[str, Any]:
    """Everything but the texts themselves."""
    return {
        "id": row.id,
        "rehearsal": row.rehearsal,
        "template": {"id": row.template_id, "version": row.template_version},
        "passage": _place(row.passage),
        "phenomenon": row.phenomenon,
        "origin": row.origin,
        "teacher": row.model,
        "models": [call._asdict() for call in row.calls],
        "critic": _critic(row.verdict),
        "human": _human(row.decision),
        "usd": row.usd,
    }


def _place(passage: Passage) -> dict[str, Any]:
    return {
        "id": passage.id,
        "book": passage.book,
        "title": passage.title,
        "chapter": passage.chapter,
        "page_start": passage.page_start,
        "page_end": passage.page_end,
        "start": passage.start,
        "end": passage.end,
        "sha256": hashlib.sha256(passage.text.encode("utf-8", "replace")).hexdigest(),
    }


def _critic(verdict: Verdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {
        "verdict": verdict.ruling,
        "scores": _means(verdict),
        "defects": [defect.code for defect in verdict.defects],
        "nearest": verdict.nearest._asdict() if verdict.nearest else None,
        "judges": list(verdict.judges),
    }


def _means(verdict: Verdict) -> dict[str, float]:
    """One figure a question, whatever the number of judges."""
    given: dict[str, list[float]] = {}
    for score in verdict.scores:
        given.setdefault(score.question, []).append(score.score)
    return {question: round(sum(all_) / len(all_), 3) for question, all_ in given.items()}


def _human(decision: Decision | None) -> dict[str, str] | None:
    if decision is None:
        return None
    return {"answer": decision.answer, "by": decision.by, "reason": decision.reason}
