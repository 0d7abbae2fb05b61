"""The accepted examples in order, with all an export must say of each."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from dataset.records import Decision
from dataset.row import Call, Refused
from dataset.split import Planned
from memory.database import Database
from memory.drafts import last_verdict, to_example, to_verdict
from memory.records import Accepted
from memory.rivals import refused
from memory.shelf import PASSAGE_COLUMNS, to_passage
from memory.tables import AssignmentRow, CallRow, DecisionRow, ExampleRow, PassageRow

_A, _E = AssignmentRow, ExampleRow
_PAGE = 500
_WIDTH = len(PASSAGE_COLUMNS)


class Harvest(Database):
    """Read page by page: a writer beside it is not held up, however many there are."""

    def accepted_examples(self) -> Iterator[Accepted]:
        """In the order they were planned, which no decision and no restart changes."""
        for page in self._pages():
            yield from page

    def comparisons(self) -> Iterator[tuple[Accepted, list[Refused]]]:
        """The same, each with what was turned down in its favour."""
        for page in self._pages():
            with self._reading() as connection:
                found = refused(connection, page)
            yield from ((row, found.get(row.id, [])) for row in page)

    def planned_order(self) -> Iterator[Planned]:
        """Every assignment ever planned, first to last, as far as a split depends on it."""
        columns: tuple[Any, ...] = (_A.passage_id, PassageRow.text, _A.template_id, _A.phenomenon)
        query = (
            select(_A.number, *columns, _A.status)
            .join(PassageRow, PassageRow.id == _A.passage_id)
            .order_by(_A.number)
            .limit(_PAGE)
        )
        after = 0
        while True:
            with self._reading() as connection:
                rows = connection.execute(query.where(_A.number > after)).all()
            if not rows:
                return
            yield from (_to_planned(row) for row in rows)
            after = rows[-1].number

    def _pages(self) -> Iterator[list[Accepted]]:
        after = 0
        while True:
            with self._reading() as connection:
                rows = connection.execute(_query(after)).all()
                ids = [row.assignment for row in rows]
                said, calls = _decisions(connection, ids), _calls(connection, rows)
            if not rows:
                return
            yield [
                _to_accepted(row, said.get(row.assignment), calls.get(row.assignment, ()))
                for row in rows
            ]
            after = rows[-1].number


def _query(after: int) -> Select[Any]:
    C = CallRow
    usd = (
        select(func.coalesce(func.sum(C.usd), 0.0))
        .where(C.assignment_id == _A.id)
        .scalar_subquery()
    )
    model = select(C.spec).where(C.key == _E.raw_key).scalar_subquery()
    columns: tuple[Any, ...] = (
        *PASSAGE_COLUMNS,
        *(_E.id, _E.body, _A.template_id, _A.template_version, _A.phenomenon, _E.origin),
        *(_E.rehearsal, last_verdict(), usd, model),
        *(_A.number.label("number"), _A.id.label("assignment"), _E.raw_key.label("raw_key")),
    )
    return (
        select(*columns)
        .join(_E, _E.id == _A.example_id)
        .join(PassageRow, PassageRow.id == _A.passage_id)
        .where(_A.status == "accepted", _A.number > after)
        .order_by(_A.number)
        .limit(_PAGE)
        .select_from(_A)
    )


def _decisions(connection: Connection, ids: Sequence[str]) -> dict[str, Decision]:
    """The last decision that holds, of each assignment that has one."""
    D = DecisionRow
    taken_back = select(D.undoes).where(D.undoes.is_not(None), D.assignment_id.in_(ids))
    columns: tuple[Any, ...] = (D.assignment_id, D.example_id, D.answer, D.reason, D.who)
    query = (
        select(*columns)
        .where(D.assignment_id.in_(ids), D.answer.in_(("accept", "edit", "reject")))
        .where(D.number.not_in(taken_back))
        .order_by(D.number)
    )
    return {
        assignment: Decision(example_id=example, answer=answer, reason=reason, by=who)
        for assignment, example, answer, reason, who in connection.execute(query)
    }


def _calls(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, tuple[Call, ...]]:
    """How models were asked for each assignment; the same way twice is said once.

    A call may have been made for another assignment that asked the same.
    """
    C = CallRow
    columns: tuple[Any, ...] = (C.key, C.assignment_id, C.purpose, C.spec, C.model, C.request)
    ids, keys = [row.assignment for row in rows], [row.raw_key for row in rows if row.raw_key]
    query = select(*columns).where(C.status == "answered").order_by(C.sent_at, C.key)
    mine, raw = dict[str, dict[Call, None]](), dict[str, Call]()
    for where in (C.assignment_id.in_(ids), C.key.in_(keys)):
        for row in connection.execute(query.where(where)):
            key, assignment, purpose, spec, model, request = row
            asked = json.loads(request)
            limits = asked.get("max_tokens"), asked.get("temperature")
            call = Call(purpose, spec, model, *limits)
            mine.setdefault(assignment, {})[call] = None
            raw[key] = call
    for row in rows:
        if row.raw_key in raw:
            mine.setdefault(row.assignment, {})[raw[row.raw_key]] = None
    return {assignment: tuple(calls) for assignment, calls in mine.items()}


def _to_planned(row: Row[Any]) -> Planned:
    _, passage, text, template, phenomenon, status = tuple(row)
    return Planned(passage, text, template, phenomenon, status == "accepted")


def _to_accepted(row: Row[Any], decision: Decision | None, calls: tuple[Call, ...]) -> Accepted:
    example_id, body, template, version, phenomenon, origin, *rest = tuple(row)[_WIDTH:]
    rehearsal, verdict, usd, model, *_ = rest
    return Accepted(
        example_id,
        to_example(body),
        to_passage(tuple(row)[:_WIDTH]),
        template,
        version,
        phenomenon,
        origin,
        rehearsal,
        to_verdict(verdict),
        decision,
        float(usd),
        model or "",
        calls,
    )
