"""Who looks at what: an item of the queue that one desk shows is shown by no other for a while."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    bindparam,
    func,
    null,
    or_,
    select,
    update,
)

from memory.clock import now
from memory.database import Database
from memory.queue import items, to_waiting
from memory.records import Waiting
from memory.tables import AssignmentRow, ExampleRow

MINUTES = 10  # a desk that closed without a word gives back what it held
AT_ONCE = 3  # what a desk may hold: on the screen, fetched beforehand, and looked back at

_A = AssignmentRow
_DESK: BindParameter[str] = bindparam("desk")
_MINE = _A.claimed_by == _DESK
_OVER = _A.claimed_until < bindparam("now", type_=_A.claimed_until.type)
_WAITS = _A.queued.is_not(None)
_FREE = (
    select(_A.number)
    .where(_WAITS, or_(_A.claimed_by.is_(None), _MINE, _OVER))
    .limit(1)
    .with_for_update(skip_locked=True)
)
_THIS = _FREE.where(_A.example_id == bindparam("example"))
_AFTER = _FREE.where(_A.queued > bindparam("place")).order_by(_A.queued)
_BEFORE = _FREE.where(_A.queued < bindparam("place")).order_by(_A.queued.desc())
_LATEST = select(_A.number).where(_MINE).order_by(_A.claimed_until.desc()).limit(AT_ONCE)
_LET_GO = update(AssignmentRow).values(claimed_by=null(), claimed_until=null()).where(_MINE)
_CLAIM = (
    update(AssignmentRow)
    .where(_A.number == bindparam("item"))
    .values(claimed_by=_DESK, claimed_until=bindparam("until"))
)
_HELD = select(func.count()).where(_WAITS, _A.status == "escalated", _A.claimed_by != _DESK, ~_OVER)


class Claims(Database):
    def claim(self, desk: str, example_id: str) -> Waiting | None:
        """A certain item for this desk; None when it waits no longer or another desk has it."""
        return self._claim(desk, _THIS, {"example": example_id})

    def claim_beside(self, desk: str, queued: int, step: int) -> Waiting | None:
        """The next free item after the place `queued`, or before it with `step` -1."""
        return self._claim(desk, _AFTER if step > 0 else _BEFORE, {"place": queued})

    def release(self, desk: str) -> None:
        """A desk closes: what it held is free at once."""
        with self._writing() as connection:
            connection.execute(_LET_GO, {"desk": desk})

    def held_elsewhere(self, desk: str) -> int:
        """How many wait that other desks are looking at."""
        with self._glancing() as connection:
            return connection.scalar(_HELD, {"desk": desk, "now": now()}) or 0

    def _claim(self, desk: str, wanted: Select[Any], where: dict[str, Any]) -> Waiting | None:
        with self._writing() as connection:
            number = connection.scalar(wanted, {"desk": desk, "now": now(), **where})
            if number is None:
                return None
            connection.execute(_CLAIM, {"desk": desk, "item": number, "until": _until()})
            _keep_few(connection, desk)
            query = items().where(_A.number == number, ExampleRow.id == _A.example_id)
            return to_waiting(connection.execute(query).one())


def _keep_few(connection: Connection, desk: str) -> None:
    connection.execute(_LET_GO.where(_A.number.not_in(_LATEST)), {"desk": desk})


def _until() -> str:
    return (datetime.now(UTC) + timedelta(minutes=MINUTES)).isoformat(timespec="microseconds")
