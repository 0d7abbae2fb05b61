"""Is the store whole: file, references, sums, index; and mending what can be mended."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, NamedTuple

from sqlalchemy import Connection, ForeignKey, func, insert, select, update

from inscape.errors import ProjectError
from memory.clock import now
from memory.database import Database
from memory.index import AcceptedIndex
from memory.ledger import sums_of_calls
from memory.openings import recount, true_openings
from memory.records import Spent
from memory.search import reindex
from memory.shelf import chunks
from memory.standing import State, all_steps, effective, hold, lock_admissions, move, steps
from memory.tables import (
    AdmissionRow,
    AssignmentRow,
    Base,
    ExampleRow,
    OpeningRow,
    SpendingRow,
    VectorRow,
)

_A = AssignmentRow
_STATES: tuple[Any, ...] = (
    *(_A.id, _A.status, _A.reason, _A.example_id, _A.queued),
    *(_A.run_status, _A.run_reason, _A.run_example, _A.run_queued),
)
_DIFFERS = (
    (_A.status != _A.run_status)
    | (_A.reason != _A.run_reason)
    | (func.coalesce(_A.example_id, "") != func.coalesce(_A.run_example, ""))
)


class Finding(NamedTuple):
    """`code`: damaged, reference, standing, admission, openings, spending, index."""

    code: str
    message: str
    repairable: bool


class Health(Database):
    _index: AcceptedIndex

    def check(self) -> list[Finding]:
        """Everything that is not as it should be; empty when all is well."""
        with self._reading() as connection:
            try:
                return [finding for look in _LOOKS for finding in look(connection)] + list(
                    self._check_index(connection)
                )
            except ProjectError as error:
                return [Finding("damaged", str(error), repairable=False)]

    def repair(self) -> list[Finding]:
        """Mend what can be mended from what the store itself says; returns what is still wrong."""
        with self._writing() as connection:
            lock_admissions(connection)
            for assignment_id in _misplaced(connection):
                held = hold(connection, assignment_id)
                move(connection, held, effective(held.run, steps(connection, held.id)))
            recount(connection)
            _recount_spending(connection)
            _readmit(connection)
            reindex(connection)
        self._index.forget()
        return self.check()

    def _check_index(self, connection: Connection) -> Iterator[Finding]:
        fault = self._index.fault(connection)
        if fault:
            yield Finding("index", f"The index of accepted examples: {fault}", repairable=True)


def _damaged(connection: Connection) -> Iterator[Finding]:
    if connection.dialect.name != "sqlite":
        return
    for (said,) in connection.exec_driver_sql("PRAGMA quick_check(10)"):
        if said != "ok":
            yield Finding("damaged", f"The store's file: {said}", repairable=False)


def _references(connection: Connection) -> Iterator[Finding]:
    for name, table in Base.metadata.tables.items():
        number = sum(_lost(connection, key) for key in table.foreign_keys)
        if number:
            message = f"{number} rows of {name!r} point at what is not there"
            yield Finding("reference", message, repairable=False)
    E = ExampleRow
    query = (
        select(func.count())
        .select_from(_A)
        .outerjoin(E, E.id == _A.example_id)
        .where(_A.example_id.is_not(None), (E.id.is_(None)) | (E.assignment_id != _A.id))
    )
    strays = connection.scalar(query)
    if strays:
        yield Finding("reference", f"{strays} assignments name a strange example", repairable=False)


def _lost(connection: Connection, key: ForeignKey) -> int:
    """Rows that name something by this key which is not there."""
    there = key.column.table.alias()
    query = (
        select(func.count())
        .select_from(key.parent.table.outerjoin(there, there.c[key.column.name] == key.parent))
        .where(key.parent.is_not(None), there.c[key.column.name].is_(None))
    )
    return connection.scalar(query) or 0


def _standings(connection: Connection) -> Iterator[Finding]:
    for assignment_id in _misplaced(connection):
        message = f"Assignment {assignment_id!r} does not stand where its decisions put it"
        yield Finding("standing", message, repairable=True)


def _misplaced(connection: Connection) -> list[str]:
    """Assignments whose state is not what the run and the decisions make of it."""
    decided = all_steps(connection)
    rows = connection.execute(select(*_STATES).where(_DIFFERS))
    wrong = [row[0] for row in rows if row[0] not in decided]
    for ids in chunks(decided):
        for key, *state in connection.execute(select(*_STATES).where(_A.id.in_(ids))):
            now, run = State(*state[:4]), State(*state[4:])
            if now != effective(run, decided[key]):
                wrong.append(key)
    return wrong


def _admitted(connection: Connection) -> tuple[set[str], set[str]]:
    """The accepted examples, and those that the admissions say are in: one set, if all is well."""
    D, V = AdmissionRow, VectorRow
    accepted = set(connection.scalars(select(_A.example_id).where(_A.status == "accepted")))
    last = select(func.max(D.number)).group_by(D.vector)
    query = (
        select(V.example_id)
        .join(D, D.vector == V.number)
        .where(D.number.in_(last), D.present.is_(True))
    )
    return {key for key in accepted if key}, set(connection.scalars(query))


def _admissions(connection: Connection) -> Iterator[Finding]:
    accepted, present = _admitted(connection)
    if accepted != present:
        message = f"{len(accepted ^ present)} examples accepted but not admitted, or the reverse"
        yield Finding("admission", message, repairable=True)


def _readmit(connection: Connection) -> None:
    accepted, present = _admitted(connection)
    for example_id in accepted ^ present:
        number = connection.scalar(
            select(VectorRow.number).where(VectorRow.example_id == example_id)
        )
        if number is not None:
            row = {"vector": number, "present": example_id in accepted, "at": now()}
            connection.execute(insert(AdmissionRow).values(row))


def _openings(connection: Connection) -> Iterator[Finding]:
    rows = connection.execute(select(OpeningRow.opening, OpeningRow.count))
    if {opening: number for opening, number in rows} != true_openings(connection):
        yield Finding("openings", "The count of openings is wrong", repairable=True)


def _spending(connection: Connection) -> Iterator[Finding]:
    columns = (getattr(SpendingRow, field.name) for field in fields(Spent))
    kept = connection.execute(select(*columns)).one()
    summed = connection.execute(sums_of_calls()).one()
    if any(abs(a - b) > 1e-6 * max(1.0, abs(b)) for a, b in zip(kept, summed, strict=True)):
        yield Finding("spending", "The ledger's running sums are wrong", repairable=True)


def _recount_spending(connection: Connection) -> None:
    summed = connection.execute(sums_of_calls()).one()
    names = (field.name for field in fields(Spent))
    connection.execute(update(SpendingRow).values(dict(zip(names, summed, strict=True))))


_LOOKS = (_damaged, _references, _standings, _admissions, _openings, _spending)
