"""The way to the database: one engine, short transactions, and its faults in the user's words.

Statements that run for every example are built once, beside the verbs that use them: building one
takes longer than running it.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import URL, Connection, Engine, Insert, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import DeclarativeBase

from inscape.errors import MissingExtra, ProjectError
from memory.faults import place_of, translate
from memory.prepared import INSERTS, execute

PATIENCE = 10.0  # seconds to wait for another writer: a transaction of ours takes milliseconds


class _Modes(NamedTuple):
    """How each kind of transaction begins."""

    reading: Mapping[str, Any]
    glancing: Mapping[str, Any]
    writing: Mapping[str, Any]


_MODES = {
    "sqlite": _Modes({"begin": "BEGIN"}, {"begin": ""}, {"begin": "BEGIN IMMEDIATE"}),
    # A writer sees what others committed while it waited for its lock: READ COMMITTED.
    "postgresql": _Modes(
        {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
        {"isolation_level": "AUTOCOMMIT"},
        {"isolation_level": "READ COMMITTED"},
    ),
}


class Database:
    """What every part of the store stands on: `_reading()` and `_writing()`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        modes = _MODES[engine.dialect.name]
        self._reader = engine.execution_options(**modes.reading)
        self._glancer = engine.execution_options(**modes.glancing)
        self._writer = engine.execution_options(**modes.writing)
        self._home = threading.get_ident() if engine.dialect.name == "sqlite" else None
        self._kept: dict[Engine, Connection] = {}

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One consistent view; waits for nobody."""
        with self._connected(self._reader) as connection:
            connection.begin()  # rolled back at the end: there is nothing to commit
            yield connection

    @contextmanager
    def _glancing(self) -> Iterator[Connection]:
        """For a single statement, which is a consistent view by itself: no transaction to begin."""
        with self._connected(self._glancer) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One transaction, all or nothing; on SQLite the only writer for as long as it lasts."""
        with self._connected(self._writer) as connection, connection.begin():
            yield connection

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        """The thread that opened a file, a run's, keeps its connections: to take one from the pool
        and give it back takes longer than most statements."""
        kept = self._at_hand(engine)
        if kept is None:
            with engine.connect() as connection:
                yield connection
            return
        try:
            yield kept
        finally:
            kept.rollback()  # what was begun for reading; what was written is committed by now

    def _at_hand(self, engine: Engine) -> Connection | None:
        """The kept connection, unless it is in use: a transaction may be begun within another."""
        if threading.get_ident() != self._home:
            return None
        if engine not in self._kept:
            self._kept[engine] = engine.connect()
        kept = self._kept[engine]
        return None if kept.in_transaction() else kept

    def let_go(self) -> None:
        """Give the kept connections back; whatever is asked after it takes them anew."""
        while self._kept:
            self._kept.popitem()[1].close()


def open_engine(target: Path | str, patience: float = PATIENCE) -> Engine:
    """`target` is a file, or a database URL for people who have outgrown one."""
    url = to_url(target)
    place = name_of(target)
    try:
        engine = create_engine(url, json_serializer=_to_json, **_arguments(url, patience))
    except (NoSuchModuleError, ImportError) as error:
        raise MissingExtra(
            f"No driver for {place!r}: {error}",
            hint="In the directory you cloned: pip install -e '.[postgres]'",
        ) from error
    event.listen(engine, "handle_error", lambda context: translate(context, place))
    event.listen(engine, "connect", lambda raw, _: _PREPARE[engine.dialect.name](raw, patience))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "begin", _begin)
    return engine


def name_of(target: Path | str) -> str:
    """What a person may be shown of where a store lives: never a password."""
    return place_of(to_url(target))


def to_url(target: Path | str) -> URL:
    """Raises ProjectError, without the password, for what cannot be a store."""
    if isinstance(target, Path) or "://" not in target:
        return URL.create("sqlite", database=str(target))
    try:
        url = make_url(target)
    except (ArgumentError, ValueError):
        raise ProjectError(
            "The store's URL cannot be read", hint="Like postgresql+psycopg://USER@HOST/NAME"
        ) from None
    if url.drivername in ("postgres", "postgresql"):  # as hosting companies write it
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in INSERTS:
        raise ProjectError(
            f"The store cannot live in {url.get_backend_name()!r}",
            hint="Use a file (SQLite) or a URL like postgresql+psycopg://USER@HOST/NAME",
        )
    return url


def _arguments(url: URL, patience: float) -> Mapping[str, Any]:
    if url.get_backend_name() != "sqlite":
        wait = {"connect_timeout": max(2, round(patience))}
        known = wait.keys() & url.query.keys()
        return {"pool_pre_ping": True, "connect_args": {} if known else wait}
    # isolation_level None: sqlite3 begins nothing by itself, `_begin` says when and how.
    return {"connect_args": {"timeout": patience, "isolation_level": None}}


def _prepare_file(raw: Any, patience: float) -> None:
    """WAL lets readers go on beside a writer, and with it a kill of the process loses no commit."""
    cursor = raw.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    # Room for the upper pages of every index, and a checkpoint (a wait for the disk) less often.
    cursor.execute("PRAGMA cache_size = -32000")
    cursor.execute("PRAGMA wal_autocheckpoint = 4000")
    cursor.close()


def _prepare_session(raw: Any, patience: float) -> None:
    """A desk that lost its power holds nothing for long: the server asks after it."""
    raw.execute(f"SET lock_timeout = {int(patience * 1000)}")
    raw.execute("SET tcp_keepalives_idle = 30")
    raw.execute("SET tcp_keepalives_interval = 10")
    raw.execute("SET tcp_keepalives_count = 3")
    raw.commit()


_PREPARE = {"sqlite": _prepare_file, "postgresql": _prepare_session}


def _begin(connection: Connection) -> None:
    # IMMEDIATE: a writer waits its turn here; in the middle SQLite would give up at once.
    begin = connection.get_execution_options().get("begin", "BEGIN")
    if begin:
        execute(connection, begin)


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
    statement: Insert = INSERTS[dialect](table).on_conflict_do_nothing()
    return statement


def upsert(
    connection: Connection, table: type[DeclarativeBase], key: str, row: dict[str, Any]
) -> None:
    """Insert the row, or give the one with the same key its other values."""
    rest = {name: value for name, value in row.items() if name != key}
    statement = INSERTS[connection.dialect.name](table).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=[key], set_=rest))
