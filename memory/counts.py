"""Where the project stands, in numbers that add up at any moment."""

from typing import Any

from sqlalchemy import bindparam, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from memory.database import Database
from memory.prepared import Prepared
from memory.records import SETTLED, Counts
from memory.tables import AssignmentRow, ExampleRow, PassageRow

_A = AssignmentRow
_COUNTS = Prepared(select(_A.status, func.count()).group_by(_A.status))

_KEPT = Prepared(
    select(func.count()).select_from(
        select(_A.number)
        .where(_A.status.in_([literal("accepted"), literal("escalated")]))
        .limit(bindparam("most"))
        .subquery()
    )
)


class Tallies(Database):
    def counts(self) -> Counts:
        with self._glancing() as connection:
            found = dict(_COUNTS.rows(connection))
        found.pop("withdrawn", None)
        return Counts(**found)

    def kept(self, most: int) -> int:
        """How many are accepted or wait for a person, counted no further than `most`."""
        with self._glancing() as connection:
            count: int = _KEPT.scalar(connection, most=most)
            return count

    def origins(self) -> tuple[int, int]:
        """How many accepted examples are real, and how many a rehearsal."""
        query = (
            select(ExampleRow.rehearsal, func.count())
            .join(_A, _A.example_id == ExampleRow.id)
            .where(_A.status == "accepted")
            .group_by(ExampleRow.rehearsal)
        )
        with self._reading() as connection:
            found = {rehearsal: number for rehearsal, number in connection.execute(query)}
        return found.get(False, 0), found.get(True, 0)

    def by_template(self) -> dict[str, dict[str, int]]:
        """For each template, how many of its assignments ended how."""
        return self._by(_A.template_id)

    def by_phenomenon(self) -> dict[str, dict[str, int]]:
        return self._by(_A.phenomenon)

    def by_book(self) -> dict[str, dict[str, int]]:
        """By the book's SHA-256."""
        return self._by(PassageRow.book)

    def reasons(self, outcome: str) -> dict[str, int]:
        """Why assignments ended so, commonest first."""
        query = (
            select(_A.reason, func.count())
            .where(_A.status == outcome)
            .group_by(_A.reason)
            .order_by(func.count().desc(), _A.reason)
        )
        with self._reading() as connection:
            return {reason: number for reason, number in connection.execute(query)}

    def _by(self, column: InstrumentedAttribute[Any]) -> dict[str, dict[str, int]]:
        query = select(column, _A.status, func.count()).where(_A.status.in_(SETTLED))
        if column.class_ is PassageRow:
            query = query.join(PassageRow, PassageRow.id == _A.passage_id)
        found: dict[str, dict[str, int]] = {}
        with self._reading() as connection:
            for name, status, number in connection.execute(query.group_by(column, _A.status)):
                found.setdefault(name, dict.fromkeys(SETTLED, 0))[status] = number
        return found
