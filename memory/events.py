"""The log that is only ever added to: who did what to which thing, and when."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from memory.clock import now
from memory.database import Database
from memory.records import Event
from memory.tables import EventRow

_INSERT = insert(EventRow)


def record(
    connection: Connection, kind: str, subject: str, who: str, detail: Mapping[str, Any]
) -> int:
    """In the caller's transaction, so that a thing and its event are one; returns its number."""
    row = {"at": now(), "kind": kind, "subject": subject, "who": who, "detail": dict(detail)}
    result = connection.execute(_INSERT, row)
    assert result.inserted_primary_key is not None
    number: int = result.inserted_primary_key[0]
    return number


class Events(Database):
    def note(self, kind: str, subject: str = "", who: str = "run", **detail: Any) -> int:
        """Something worth remembering that no other verb records, such as the start of a run."""
        with self._writing() as connection:
            return record(connection, kind, subject, who, detail)

    def events(self, *, subject: str | None = None, kind: str | None = None) -> list[Event]:
        """Oldest first."""
        E = EventRow
        query = select(E.number, E.at, E.kind, E.subject, E.who, E.detail).order_by(E.number)
        if subject is not None:
            query = query.where(E.subject == subject)
        if kind is not None:
            query = query.where(E.kind == kind)
        with self._glancing() as connection:
            return [Event(*row) for row in connection.execute(query)]
