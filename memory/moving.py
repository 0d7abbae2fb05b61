"""A whole project from one store to another: all rows of one moment, or none."""

from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, text

from inscape.errors import ProjectError
from memory.database import Database
from memory.search import reindex
from memory.tables import Base, FindingRow, MetaRow, SpendingRow

_ROWS = 1000  # read and written at a time
_SEEDED = {MetaRow.__tablename__, SpendingRow.__tablename__}  # rows that a new store has already
_MADE_ANEW = FindingRow.__tablename__
_TABLES = Base.metadata.sorted_tables  # what is pointed at comes first


class Moving(Database):
    def copy_to(self, other: Database) -> dict[str, int]:
        """Rows by table, counted on both sides before anything stands.

        Whoever writes waits meanwhile; nothing is changed here. Raises ProjectError when the other
        store holds anything, or when in the end it holds something else.
        """
        with other._reading() as there:
            _insist_on_empty(there)
        with self._writing() as here, other._writing() as there:
            _keep_still(here)
            for table in _TABLES:
                if table.name != _MADE_ANEW:
                    _copy(here, there, table)
            reindex(there)
            renumber(there)
            return _compared(here, there)


def renumber(connection: Connection) -> None:
    """After rows that brought their numbers: the next ones are higher. SQLite sees to it itself."""
    if connection.dialect.name == "sqlite":
        return
    for table in _TABLES:
        if "number" in table.columns:
            highest = select(func.coalesce(func.max(table.c.number), 0) + 1).scalar_subquery()
            sequence = func.pg_get_serial_sequence(table.name, "number")
            connection.execute(select(func.setval(sequence, highest, False)))


def _insist_on_empty(connection: Connection) -> None:
    counts = {table.name: _count(connection, table) for table in _TABLES}
    held = [f"{n} {name}" for name, n in counts.items() if n and name not in _SEEDED]
    if held:
        raise ProjectError(
            f"The store to move to is not empty: it holds {', '.join(held)}",
            hint="Name a new database, or a file that is not there yet",
        )


def _keep_still(connection: Connection) -> None:
    """Nobody writes before this transaction ends; SQLite's writers are alone already."""
    if connection.dialect.name == "postgresql":
        names = ", ".join(table.name for table in _TABLES)
        connection.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))


def _copy(here: Connection, there: Connection, table: Table) -> None:
    there.execute(delete(table))
    rows = here.execution_options(stream_results=True).execute(
        select(table).order_by(*table.primary_key)
    )
    statement = insert(table)
    for some in rows.mappings().partitions(_ROWS):
        there.execute(statement, [dict[str, Any](row) for row in some])


def _compared(here: Connection, there: Connection) -> dict[str, int]:
    found = {}
    for table in _TABLES:
        was, found[table.name] = _count(here, table), _count(there, table)
        if was != found[table.name]:
            raise ProjectError(
                f"{found[table.name]} of {was} rows of {table.name!r} arrived; nothing was moved",
                hint="Run inscape doctor, then move again",
            )
    return found


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0
