"""The accepted examples in order, with all an export must say of each."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from dataset.records import Decision
from memory.database import Database
from memory.drafts import last_verdict, to_example, to_verdict
from memory.records import Accepted
from memory.shelf import PASSAGE_COLUMNS, to_passage
from memory.tables import AssignmentRow, CallRow, DecisionRow, ExampleRow, PassageRow

_A, _E = AssignmentRow, ExampleRow
_PAGE = 500
_WIDTH = len(PASSAGE_COLUMNS)


class Harvest(Database):
    def accepted_examples(self) -> Iterator[Accepted]:
        """In the order they were planned, which no decision and no restart changes.

        Read page by page: a writer beside it is not held up, however many there are.
        """
        after = 0
        while True:
            with self._reading() as connection:
                rows = connection.execute(_query(after)).all()
                said = _decisions(connection, [row.assignment for row in rows])
            if not rows:
                return
            yield from (_to_accepted(row, said.get(row.assignment)) for row in rows)
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
        *(_A.number.label("number"), _A.id.label("assignment")),
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


def _to_accepted(row: Row[Any], decision: Decision | None) -> Accepted:
    example_id, body, template, version, phenomenon, origin, *rest = tuple(row)[_WIDTH:]
    rehearsal, verdict, usd, model, _, _ = rest
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
    )
