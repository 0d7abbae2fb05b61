"""The log that is only ever added to: who did what to which thing, and when."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from memory.clock import now
from memory.database import Database
from memory.prepared import Prepared
from memory.records import Event
from memory.tables import EventRow

_E = EventRow
_INSERT = Prepared(
    insert(EventRow)
    .values({name: bindparam(name) for name in ("at", "kind", "subject", "who", "detail")})
    .returning(_E.number)
)
_NOTED = Prepared(
    select(_E.number, _E.at, _E.kind, _E.subject, _E.who, _E.detail)
    .where(_E.subject == bindparam("of"), _E.kind == bindparam("kind"))
    .order_by(_E.number)
)


def record(
    connection: Connection, kind: str, subject: str, who: str, detail: Mapping[str, Any]
) -> int:
    """In the caller's transaction, so that a thing and its event are one; returns its number."""
    row = {"at": now(), "kind": kind, "subject": subject, "who": who, "detail": dict(detail)}
    number: int = _INSERT.scalar(connection, **row)
    return number


class Events(Database):
    def note(self, kind: str, subject: str = "", who: str = "run", **detail: Any) -> int:
        """Something worth remembering that no other verb records, such as the start of a run."""
        with self._writing() as connection:
            return record(connection, kind, subject, who, detail)

    def noted(self, kind: str, subject: str) -> list[Event]:
        """What was noted of one kind about one thing, oldest first."""
        with self._glancing() as connection:
            return [Event(*row) for row in _NOTED.rows(connection, kind=kind, of=subject)]

    def events(self, *, kind: str | None = None) -> list[Event]:
        """Oldest first."""
        E = EventRow
        query = select(E.number, E.at, E.kind, E.subject, E.who, E.detail).order_by(E.number)
        if kind is not None:
            query = query.where(E.kind == kind)
        with self._glancing() as connection:
            return [Event(*row) for row in connection.execute(query)]
