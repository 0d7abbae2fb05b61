"""Everything that ever happened to one example, from its page in the book to the last word."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from dataset.example import to_interchange
from memory.database import Database
from memory.drafts import to_example, to_verdict
from memory.shelf import unknown
from memory.tables import (
    AssignmentRow,
    BookRow,
    CallRow,
    DecisionRow,
    EventRow,
    ExampleRow,
    PassageRow,
    VerdictRow,
)


class Story(Database):
    def why(self, id: str) -> dict[str, Any]:
        """The life of an assignment, or of the one an example belongs to; fit for JSON."""
        assignment_id = id.partition(".")[0]
        with self._reading() as connection:
            assignment = _one(connection, AssignmentRow, AssignmentRow.id == assignment_id)
            drafts = _drafts(connection, assignment_id)
            if assignment is None or ("." in id and id not in {d["id"] for d in drafts}):
                raise unknown("example" if "." in id else "assignment", id)
            calls = _calls(connection, assignment_id, [d["call"] for d in drafts])
            return {
                "id": id,
                "assignment": _shown(assignment, _ASSIGNMENT),
                "passage": _passage(connection, assignment["passage_id"]),
                "calls": calls,
                "drafts": drafts,
                "decisions": _decisions(connection, assignment_id),
                "events": _events(connection, [assignment_id, *(d["id"] for d in drafts)]),
                "cost": _cost(calls),
            }


_ASSIGNMENT = (
    *("id", "template_id", "template_version", "variant", "phenomenon", "status", "reason"),
    *("example_id", "attempts", "planned_at", "settled_at"),
)
_PASSAGE = ("id", "chapter", "page_start", "page_end", "start", "text", "richness", "phenomena")
_CALL = (
    *("key", "purpose", "spec", "model", "status", "attempts", "failures", "stop_reason", "usd"),
    *("input_tokens", "output_tokens", "cached_tokens", "request_id", "error", "sent_at"),
    "ended_at",
)
_DECISION = ("answer", "reason", "at", "example_id", "edited_id", "nearest_id", "nearest_cosine")


def _one(connection: Connection, table: type[Any], where: Any) -> dict[str, Any] | None:
    row = connection.execute(select(table).where(where)).mappings().one_or_none()
    return None if row is None else dict(row)


def _shown(row: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _passage(connection: Connection, passage_id: str) -> dict[str, Any]:
    passage = _one(connection, PassageRow, PassageRow.id == passage_id)
    assert passage is not None
    book = _one(connection, BookRow, BookRow.sha256 == passage["book"])
    return {
        **_shown(passage, _PASSAGE),
        "end": passage["stop"],
        "book": _shown(book, ("sha256", "title", "author", "path")),
    }


def _calls(
    connection: Connection, assignment_id: str, keys: Sequence[str | None]
) -> list[dict[str, Any]]:
    """Those made for it, and those its drafts were read from."""
    C = CallRow
    mine = (C.assignment_id == assignment_id) | C.key.in_([key for key in keys if key])
    query = select(C).where(mine).order_by(C.sent_at)
    return [
        {**_shown(row, _CALL), "reply": _printable(row["raw"])}
        for row in connection.execute(query).mappings()
    ]


def _printable(text: str | None) -> str | None:
    return text and text.encode("utf-8", "replace").decode("utf-8")


def _drafts(connection: Connection, assignment_id: str) -> list[dict[str, Any]]:
    E = ExampleRow
    query = select(E).where(E.assignment_id == assignment_id).order_by(E.revision)
    return [
        {
            **_shown(row, ("id", "origin", "rehearsal", "at")),
            "call": row["raw_key"],
            "example": to_interchange(to_example(row["body"])),
            "verdicts": _verdicts(connection, row["id"]),
        }
        for row in connection.execute(query).mappings().all()
    ]


def _verdicts(connection: Connection, example_id: str) -> list[dict[str, Any]]:
    V = VerdictRow
    query = select(V.body, V.at).where(V.example_id == example_id).order_by(V.number)
    found = []
    for body, at in connection.execute(query):
        verdict = to_verdict(body)
        assert verdict is not None
        nearest = verdict.nearest._asdict() if verdict.nearest else None
        found.append({**verdict.model_dump(mode="json"), "nearest": nearest, "at": at})
    return found


def _decisions(connection: Connection, assignment_id: str) -> list[dict[str, Any]]:
    """Each with who took it back and when, or None."""
    D = DecisionRow
    query = select(D).where(D.assignment_id == assignment_id).order_by(D.number)
    rows = connection.execute(query).mappings().all()
    undos = {row["undoes"]: {"by": row["who"], "at": row["at"]} for row in rows if row["undoes"]}
    return [
        {**_shown(row, _DECISION), "by": row["who"], "undone": undos.get(row["number"])}
        for row in rows
        if row["answer"] != "undo"
    ]


def _events(connection: Connection, subjects: Sequence[str]) -> list[dict[str, Any]]:
    E = EventRow
    query = select(E).where(E.subject.in_(subjects)).order_by(E.number)
    rows = connection.execute(query).mappings()
    return [_shown(row, ("at", "kind", "subject", "who", "detail")) for row in rows]


def _cost(calls: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """`usd` is None when the price of none of the calls is known."""
    priced = [call["usd"] for call in calls if call["usd"] is not None]
    tokens = ("input_tokens", "output_tokens", "cached_tokens")
    sums = {name: sum(call[name] for call in calls) for name in ("attempts", *tokens)}
    return {"calls": sums.pop("attempts"), **sums, "usd": sum(priced) if priced else None}
