"""Statements that run for every example, compiled once and then run on the driver itself.

What SQLAlchemy does around a statement takes several times as long as the statement, and dozens of
them surround a model call. These keep its compiler and its types, and leave out the rest.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, TextClause, Update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from memory.faults import in_words, place_of

Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete | TextClause
Convert = Callable[[Any], Any]

INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def each_dialect(build: Callable[[Any], Statement]) -> dict[str, Statement]:
    """A statement made from each dialect's own `insert`, which knows what to do on a conflict."""
    return {name: build(insert) for name, insert in INSERTS.items()}


class _Compiled(NamedTuple):
    """`fixed` has the values the statement itself holds; `order` is None for named parameters."""

    sql: str
    order: Sequence[str] | None
    fixed: Mapping[str, Any]
    binds: Mapping[str, Convert]
    types: Sequence[TypeEngine[Any]]


class Prepared:
    """One statement, or one a dialect where they differ; every parameter has its name.

    Runs in the transaction of the connection it is given, and its errors say the same there.
    """

    def __init__(self, statement: Statement | Mapping[str, Statement]) -> None:
        self._statement = statement
        self._by_dialect: dict[str, _Compiled] = {}
        self._results: dict[str, Sequence[Convert | None]] = {}

    def run(self, connection: Connection, **values: Any) -> int:
        """How many rows it touched."""
        count: int = self._cursor(connection, values).rowcount
        return count

    def rows(self, connection: Connection, **values: Any) -> list[tuple[Any, ...]]:
        cursor = self._cursor(connection, values)
        with explained(connection):
            found: list[tuple[Any, ...]] = cursor.fetchall()
        converts = self._converts(connection.dialect, cursor.description)
        return [_converted(row, converts) for row in found] if converts else found

    def row(self, connection: Connection, **values: Any) -> tuple[Any, ...] | None:
        """The first row."""
        found = self.rows(connection, **values)
        return found[0] if found else None

    def scalar(self, connection: Connection, **values: Any) -> Any:
        """The first row's first value, None without a row."""
        found = self.rows(connection, **values)
        return found[0][0] if found else None

    def _cursor(self, connection: Connection, values: dict[str, Any]) -> Any:
        compiled = self._of(connection.dialect)
        for name, convert in compiled.binds.items():
            values[name] = convert(values[name])
        values.update(compiled.fixed)
        order = compiled.order
        named = values if order is None else [values[name] for name in order]
        return execute(connection, compiled.sql, named)

    def _of(self, dialect: Dialect) -> _Compiled:
        compiled = self._by_dialect.get(dialect.name)
        if compiled is None:
            statement = self._statement
            if isinstance(statement, Mapping):
                statement = statement[dialect.name]
            compiled = self._by_dialect[dialect.name] = _compile(statement, dialect)
        return compiled

    def _converts(self, dialect: Dialect, described: Any) -> Sequence[Convert | None]:
        """What each column needs; nothing when none needs anything."""
        converts = self._results.get(dialect.name)
        if converts is None:
            found = [
                type_.dialect_impl(dialect).result_processor(dialect, column[1])
                for type_, column in zip(self._of(dialect).types, described, strict=True)
            ]
            converts = self._results[dialect.name] = found if any(found) else []
        return converts


def _compile(statement: Statement, dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    binds = {
        name: convert
        for bound, name in compiled.bind_names.items()
        if (convert := bound.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    fixed = {
        name: binds.pop(name)(bound.value) if name in binds else bound.value
        for bound, name in compiled.bind_names.items()
        if not bound.required
    }
    columns = () if isinstance(statement, TextClause) else statement.exported_columns
    types = [column.type for column in columns]
    return _Compiled(compiled.string, compiled.positiontup, fixed, binds, types)


def _converted(row: Sequence[Any], converts: Sequence[Convert | None]) -> tuple[Any, ...]:
    return tuple(
        convert(value) if convert else value for value, convert in zip(row, converts, strict=True)
    )


def execute(connection: Connection, sql: str, values: Any = ()) -> Any:
    """On the driver's own cursor, which is returned."""
    cursor = connection.connection.cursor()
    with explained(connection):
        return cursor.execute(sql, values)


@contextmanager
def explained(connection: Connection) -> Iterator[None]:
    """The driver's errors in the person's words, where there are any."""
    try:
        yield
    except connection.dialect.loaded_dbapi.Error as error:
        raise in_words(error, place_of(connection.engine.url)) or error from error
