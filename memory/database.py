"""The way to the database: one engine, short transactions, and its faults in the user's words.

Statements that run for every example are built once, beside the verbs that use them: building one
takes longer than running it.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Insert, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import DeclarativeBase

from inscape.errors import MissingExtra, ProjectError
from memory.faults import translate

PATIENCE = 10.0  # seconds to wait for another writer: a transaction of ours takes milliseconds

_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Database:
    """What every part of the store stands on: `_reading()` and `_writing()`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(begin="BEGIN IMMEDIATE")
        self._glancer = engine.execution_options(begin="")

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One consistent view; waits for nobody."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _glancing(self) -> Iterator[Connection]:
        """For a single statement, which is a consistent view by itself: no transaction to begin."""
        with self._glancer.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One transaction, all or nothing; on SQLite the only writer for as long as it lasts."""
        with self._writer.begin() as connection:
            yield connection


def open_engine(target: Path | str, patience: float = PATIENCE) -> Engine:
    """`target` is a file, or a database URL for people who have outgrown one."""
    url = _url(target)
    place = url.render_as_string(hide_password=True) if url.host else str(url.database)
    if url.get_backend_name() not in _INSERTS:
        raise ProjectError(
            f"The store cannot live in {url.get_backend_name()!r}",
            hint="Use a file (SQLite) or a URL like postgresql+psycopg://USER@HOST/NAME",
        )
    try:
        engine = create_engine(url, json_serializer=_to_json, **_arguments(url, patience))
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise MissingExtra(
            f"No driver for {place!r}: {error}", hint="pip install 'psycopg[binary]'"
        ) from error
    event.listen(engine, "handle_error", lambda context: translate(context, place))
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", lambda raw, _: _prepare(raw, patience))
        event.listen(engine, "begin", _begin)
    return engine


def _url(target: Path | str) -> URL:
    if isinstance(target, Path) or "://" not in target:
        return URL.create("sqlite", database=str(target))
    try:
        return make_url(target)
    except ArgumentError as error:
        raise ProjectError("The store's URL cannot be read", hint="Like sqlite:///FILE") from error


def _arguments(url: URL, patience: float) -> Mapping[str, Any]:
    if url.get_backend_name() != "sqlite":
        return {"pool_pre_ping": True}
    # isolation_level None: sqlite3 begins nothing by itself, `_begin` says when and how.
    return {"connect_args": {"timeout": patience, "isolation_level": None}}


def _prepare(raw: Any, patience: float) -> None:
    """WAL lets readers go on beside a writer, and with it a kill of the process loses no commit."""
    cursor = raw.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    # Room for the upper pages of every index, and a checkpoint (a wait for the disk) less often.
    cursor.execute("PRAGMA cache_size = -32000")
    cursor.execute("PRAGMA wal_autocheckpoint = 4000")
    cursor.close()


def _begin(connection: Connection) -> None:
    # IMMEDIATE: a writer waits its turn here; in the middle SQLite would give up at once.
    begin = connection.get_execution_options().get("begin", "BEGIN")
    if begin:
        connection.exec_driver_sql(begin)


def _to_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def insert_new(
    connection: Connection, table: type[DeclarativeBase], rows: list[dict[str, Any]]
) -> None:
    """Insert the rows that are not there yet and leave the others as they are."""
    if rows:
        connection.execute(_insert_new(connection.dialect.name, table), rows)


@cache
def _insert_new(dialect: str, table: type[DeclarativeBase]) -> Insert:
    statement: Insert = _INSERTS[dialect](table).on_conflict_do_nothing()
    return statement


def upsert(
    connection: Connection, table: type[DeclarativeBase], key: str, row: dict[str, Any]
) -> None:
    """Insert the row, or give the one with the same key its other values."""
    rest = {name: value for name, value in row.items() if name != key}
    statement = _INSERTS[connection.dialect.name](table).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=[key], set_=rest))
