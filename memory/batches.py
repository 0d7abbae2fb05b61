"""Batches that were handed in, from the intent to the one reading of their results.

An intent is written before a batch is created, its id before anything else is done, and all its
results in one transaction: so whenever the process dies, a batch is neither created nor read twice.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, insert, select, update

from memory.clock import now
from memory.database import Database
from memory.ledger import Recorded, write_answer, write_call, write_failure, write_sent
from memory.tables import BatchItemRow, BatchRow, CallRow

_B, _I = BatchRow, BatchItemRow
_MARK: BindParameter[str] = bindparam("of")
_CALL: BindParameter[str] = bindparam("call")
_THIS = update(BatchRow).where(_B.mark == _MARK)


class Wanted(NamedTuple):
    """A call that goes into a batch, as the ledger keeps it."""

    key: str
    purpose: str
    request: Mapping[str, Any]
    assignment_id: str | None = None


class Batch(NamedTuple):
    """`remote` is the provider's id, "" before it is known; `since` the newest batch before it.

    `done` is how many of its `size` calls had ended when it was looked at last.
    """

    mark: str
    spec: str
    remote: str
    since: str
    size: int
    done: int
    most_usd: float
    written_at: str
    looked_at: str


class Ended(NamedTuple):
    """An item's end: the answer, or why there is none."""

    answer: Recorded | None
    why: str = ""


class Batches(Database):
    def intend(
        self, mark: str, spec: str, since: str, calls: Sequence[Wanted], most_usd: float
    ) -> None:
        """Before a batch is created. Its calls count as sent once it is known that they were."""
        at = now()
        batch = {"mark": mark, "spec": spec, "remote": "", "since": since, "size": len(calls)}
        batch |= {"done": 0, "most_usd": most_usd, "status": "open"}
        items = [
            {"batch": mark, "number": number, "key": one.key, "outcome": ""}
            for number, one in enumerate(calls)
        ]
        with self._writing() as connection:
            connection.execute(insert(BatchRow), batch | {"written_at": at, "looked_at": at})
            for key, purpose, request, assignment_id in calls:
                write_call(connection, key, spec, purpose, request, assignment_id)
            connection.execute(insert(BatchItemRow), items)

    def confirm(self, mark: str, remote: str) -> None:
        """The batch exists and has this id; said again it changes nothing."""
        with self._writing() as connection:
            if connection.execute(_CONFIRM, {"of": mark, "id": remote}).rowcount:
                for key in connection.scalars(_KEYS, {"of": mark}).all():
                    write_sent(connection, key)

    def drop(self, mark: str) -> None:
        """There is no such batch (any more): its calls may be asked again."""
        with self._writing() as connection:
            connection.execute(delete(BatchItemRow).where(_I.batch == _MARK), {"of": mark})
            connection.execute(delete(BatchRow).where(_B.mark == _MARK), {"of": mark})

    def looked(self, mark: str, done: int) -> None:
        with self._writing() as connection:
            connection.execute(_LOOKED, {"of": mark, "n": done, "at": now()})

    def collect(self, mark: str, ended: Mapping[int, Ended]) -> bool:
        """All results at once, by item number; an item that is not among them has no answer.

        False, and nothing changed, when they had been read before.
        """
        with self._writing() as connection:
            if not connection.execute(_READ, {"of": mark, "at": now()}).rowcount:
                return False
            keys = connection.scalars(_KEYS, {"of": mark}).all()
            for number, key in enumerate(keys):
                one = ended.get(number, Ended(None, "nothing came back"))
                outcome = _write(connection, key, one)
                connection.execute(_OUTCOME, {"of": mark, "n": number, "said": outcome})
            return True

    def open_batches(self) -> list[Batch]:
        """Those whose results have not been read, oldest first."""
        with self._glancing() as connection:
            return [Batch(*row) for row in connection.execute(_OPEN)]

    def missed(self, key: str) -> tuple[int, str]:
        """How often a batch brought no answer to a call, and what was said of it last."""
        with self._glancing() as connection:
            times, why = connection.execute(_MISSED, {"call": key}).one()
        return times, why or ""

    def was_batched(self) -> bool:
        """Whether this project ever handed in a batch."""
        with self._glancing() as connection:
            return connection.scalar(select(_B.mark).limit(1)) is not None


def _write(connection: Connection, key: str, ended: Ended) -> str:
    if ended.answer is None:
        write_failure(connection, key, ended.why)
        return "missing"
    write_answer(connection, key, ended.answer)
    return "answered"


_KEYS = select(_I.key).where(_I.batch == _MARK).order_by(_I.number)
_OPEN = (
    select(
        *(_B.mark, _B.spec, _B.remote, _B.since, _B.size, _B.done),
        *(_B.most_usd, _B.written_at, _B.looked_at),
    )
    .where(_B.status == "open")
    .order_by(_B.written_at)
)
_CONFIRM = _THIS.where(_B.remote == "").values(remote=bindparam("id"))
_LOOKED = _THIS.values(done=bindparam("n"), looked_at=bindparam("at"))
_READ = _THIS.where(_B.status == "open").values(
    status="read", done=_B.size, looked_at=bindparam("at")
)
_OUTCOME = (
    update(BatchItemRow)
    .where(_I.batch == _MARK, _I.number == bindparam("n"))
    .values(outcome=bindparam("said"))
)
_MISSED = (
    select(func.count(), func.max(CallRow.error))
    .select_from(BatchItemRow)
    .join(CallRow, CallRow.key == _I.key)
    .where(_I.key == _CALL, _I.outcome == "missing")
)
