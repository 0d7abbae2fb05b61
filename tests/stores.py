"""A store of each kind: a file, and a database of a PostgreSQL server of our own."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from memory.store import Store

PASSWORD = "hunter2"
_TEMPLATE = "inscape_template"
_UNCHECKED = {
    "sqlite": "PRAGMA foreign_keys = OFF",
    "postgresql": "SET session_replication_role = replica",
}
_QUICK = ("fsync=off", "full_page_writes=off", "shared_buffers=32MB")


def programs() -> Path | None:
    """Where PostgreSQL's server lies; Debian keeps it out of the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: str(one))
    on_path = shutil.which("initdb")
    places = [*found[::-1], *([Path(on_path).resolve()] if on_path else [])]
    return next((one.parent for one in places if (one.parent / "postgres").exists()), None)


def _somebody() -> dict[str, Any]:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {one.pw_name for one in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Cluster:
    """A server in a folder of its own: by its socket anyone is let in, by TCP with a password."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.folder, self._programs, self._count = folder, programs, count(1)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._who = _somebody()
        if self._who:
            os.chown(folder, self._who["user"], self._who["group"])
        self._server: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        secret = self.folder / "secret"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        command = [str(self._programs / "initdb"), "-D", str(self.folder / "data"), "-U", "ann"]
        ways = ("--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}")
        locale = ("--no-sync", "--encoding=UTF8", "--locale=C")
        subprocess.run(
            [*command, *ways, *locale], check=True, capture_output=True, cwd="/", **self._who
        )

    def start(self) -> None:
        command = [
            *(str(self._programs / "postgres"), "-D", str(self.folder / "data")),
            *("-k", str(self.folder), "-h", "127.0.0.1", "-p", str(self.port)),
            *(part for setting in _QUICK for part in ("-c", setting)),
        ]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                command, stdout=log, stderr=log, cwd="/", start_new_session=True, **self._who
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                return self.say("SELECT 1")
            except OperationalError:
                if time.monotonic() > deadline or self._server.poll() is not None:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        assert self._server is not None
        self._server.send_signal(signal.SIGQUIT)  # at once: nothing here is to be kept
        self._server.wait(30)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://ann@/{name}?host={self.folder}&port={self.port}"

    def url_by_tcp(self, name: str, password: str = PASSWORD) -> str:
        return f"postgresql+psycopg://ann:{password}@127.0.0.1:{self.port}/{name}"

    def say(self, statement: str, database: str = "postgres") -> None:
        engine = create_engine(self.url(database), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()

    def database(self, template: str = _TEMPLATE) -> str:
        """A new one with the store's tables in it; its name."""
        name = f"store_{next(self._count)}"
        self.say(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self.say(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    pytest.importorskip("psycopg", reason="the extra 'postgres' is not installed")
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with tempfile.TemporaryDirectory(prefix="inscape-pg-", ignore_cleanup_errors=True) as folder:
        made = Cluster(found, Path(folder))
        made.make()
        made.start()
        try:
            made.say(f"CREATE DATABASE {_TEMPLATE}")
            Store.open(made.url(_TEMPLATE)).close()
            yield made
        finally:
            made.stop()


@dataclass(frozen=True)
class Place:
    """Where a store lies, of one kind or the other."""

    target: Path | str
    folder: Path

    @property
    def kind(self) -> str:
        return "sqlite" if isinstance(self.target, Path) else "postgresql"

    def open(self, **more: Any) -> Store:
        return Store.open(self.target, vectors=self.folder / "vectors", **more)

    @contextlib.contextmanager
    def raw(self) -> Iterator[Connection]:
        """Straight to the database, past all that keeps it whole."""
        url = f"sqlite:///{self.target}" if isinstance(self.target, Path) else self.target
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(_UNCHECKED[self.kind])
            yield connection
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Makes as many places as a test wants, all of one kind; with `bare` one without tables."""
    number = count()
    with contextlib.ExitStack() as stack:

        def make(*, bare: bool = False) -> Place:
            folder = tmp_path / str(next(number))
            folder.mkdir()
            if request.param == "sqlite":
                return Place(folder / "memory.db", folder)
            cluster: Cluster = request.getfixturevalue("cluster")
            name = cluster.database("template0" if bare else _TEMPLATE)
            stack.callback(cluster.drop, name)
            return Place(cluster.url(name), folder)

        yield make


@pytest.fixture
def place(places: Callable[..., Place]) -> Place:
    return places()
