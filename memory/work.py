"""Assignments from the plan to their end; every one ends with an outcome and a reason."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, func, insert, select, update

from dataset.records import Assignment, Outcome
from inscape.errors import ProjectError
from memory.clock import now
from memory.database import Database, insert_new
from memory.events import record
from memory.prepared import Prepared
from memory.records import Assigned, Taken
from memory.shelf import chunks, unknown
from memory.standing import State, hold, say
from memory.tables import AssignmentRow, EventRow

_A = AssignmentRow
_COLUMNS: tuple[Any, ...] = (
    *(_A.id, _A.passage_id, _A.template_id, _A.template_version, _A.variant),
    *(_A.phenomenon, _A.status, _A.reason, _A.example_id, _A.attempts),
)
_KEY: BindParameter[str] = bindparam("key")
_ASSIGNED = Prepared(select(*_COLUMNS).where(_A.id == _KEY))
_START = Prepared(
    update(AssignmentRow)
    .where(_A.id == _KEY)
    .values(attempts=_A.attempts + 1)
    .returning(_A.attempts)
)


class Work(Database):
    def plan(self, wanted: Sequence[tuple[Assignment, str]]) -> list[str]:
        """Each with its phenomenon. Known ones stay as they are, withdrawn ones come back.

        Returns the ids of `wanted` that are now planned.
        """
        ids = [assignment.id for assignment, _ in wanted]
        with self._writing() as connection:
            insert_new(connection, AssignmentRow, [_row(*pair) for pair in wanted])
            _set_status(connection, ids, "withdrawn", "planned")
            open_ids = set(_with_status(connection, ids, "planned"))
        return [key for key in ids if key in open_ids]

    def planned(self) -> list[str]:
        """What is still to be done, in the order it was planned."""
        query = select(_A.id).where(_A.status == "planned").order_by(_A.number)
        with self._glancing() as connection:
            return list(connection.scalars(query))

    def assignment(self, assignment_id: str) -> Assigned:
        with self._glancing() as connection:
            row = _ASSIGNED.row(connection, key=assignment_id)
        if row is None:
            raise unknown("assignment", assignment_id)
        return _to_assigned(row)

    def start(self, assignment_id: str) -> int:
        """A run takes the assignment up; how often that has happened now."""
        with self._writing() as connection:
            attempts: int | None = _START.scalar(connection, key=assignment_id)
        if attempts is None:
            raise unknown("assignment", assignment_id)
        return attempts

    def withdraw(self, ids: Collection[str]) -> int:
        """Take planned ones back unasked (the target is reached, say); settled ones stay."""
        with self._writing() as connection:
            return _set_status(connection, ids, "planned", "withdrawn")

    def settle(
        self,
        assignment_id: str,
        outcome: Outcome,
        reason: str,
        example_id: str | None = None,
    ) -> bool:
        """The run's word on a planned assignment; False when it was settled already: that stands.

        Accepting is `admit`'s: settling as accepted what it admitted changes nothing.
        """
        if outcome != "accepted" and not reason:
            raise ProjectError(f"Assignment {assignment_id!r} was {outcome} without a reason")
        with self._writing() as connection:
            held = hold(connection, assignment_id)
            if held.now.status != "planned":
                return False
            if outcome == "accepted":
                raise ProjectError(f"Example {example_id!r} has not been admitted")
            detail = {"reason": reason, "example": example_id}
            number = record(connection, outcome, assignment_id, "run", detail)
            queued = number if outcome == "escalated" else None
            say(connection, held, State(outcome, reason, example_id, queued))
        return True

    def taken(self) -> list[Taken]:
        """All that was asked for and not withdrawn, like ones counted together."""
        by_person = _A.status != _A.run_status
        columns = (_A.passage_id, _A.template_id, _A.status, _A.phenomenon, by_person)
        query = (
            select(*columns, func.count())
            .where(_A.status != "withdrawn")
            .group_by(*columns)
            .order_by(func.min(_A.number))
        )
        with self._reading() as connection:
            return [Taken(*row) for row in connection.execute(query)]

    def template_versions(self) -> dict[str, dict[str, int]]:
        """How many settled assignments each version of each template has: what an edit outdates."""
        query = (
            select(_A.template_id, _A.template_version, func.count())
            .where(_A.status.not_in(("planned", "withdrawn")))
            .group_by(_A.template_id, _A.template_version)
        )
        versions: dict[str, dict[str, int]] = {}
        with self._reading() as connection:
            for template, version, count in connection.execute(query):
                versions.setdefault(template, {})[version] = count
        return versions


def _row(assignment: Assignment, phenomenon: str) -> dict[str, object]:
    return {
        **assignment.model_dump(),
        "phenomenon": phenomenon,
        "attempts": 0,
        "status": "planned",
        "reason": "",
        "run_status": "planned",
        "run_reason": "",
        "planned_at": now(),
    }


def _to_assigned(row: tuple[Any, ...]) -> Assigned:
    names = ("id", "passage_id", "template_id", "template_version", "variant")
    assignment = Assignment(**dict(zip(names, row[:5], strict=True)))
    return Assigned(assignment, *row[5:])


def _with_status(connection: Connection, ids: Collection[str], status: str) -> list[str]:
    found: list[str] = []
    for some in chunks(ids):
        query = select(_A.id).where(_A.id.in_(some), _A.status == status).with_for_update()
        found += connection.scalars(query)
    return found


def _set_status(connection: Connection, ids: Collection[str], before: str, after: str) -> int:
    """From a status without an example to another one; each change is an event."""
    changed = _with_status(connection, ids, before)
    for some in chunks(changed):
        connection.execute(
            update(AssignmentRow)
            .where(_A.id.in_(some))
            .values(
                **{"status": after, "reason": "", "example_id": None},
                **{"run_status": after, "run_reason": "", "run_example": None},
            )
        )
    if changed:
        kind = "replanned" if after == "planned" else after
        events = [
            {"at": now(), "kind": kind, "subject": key, "who": "run", "detail": {"was": before}}
            for key in changed
        ]
        connection.execute(insert(EventRow), events)
    return len(changed)
