"""Opening a store: new, old, newer, damaged, locked, full, or not to be written."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect

from inscape.errors import MissingExtra, ProjectError
from memory.ledger import Recorded
from memory.migrations import MIGRATIONS, Migration, applied, migrate
from memory.store import Store
from memory.tables import Base
from tests.conftest import ROOT
from tests.memory_parts import book, passage, planned
from tests.stores import Place


def test_a_new_store_has_every_migration_and_opening_again_adds_none(
    places: Callable[..., Place],
) -> None:
    place = places(bare=True)
    for _ in range(2):
        with place.open() as store, store._reading() as connection:
            assert applied(connection) == [migration.name for migration in MIGRATIONS]


def test_the_tables_are_what_the_migrations_make(place: Place) -> None:
    with place.open() as store:
        made = inspect(store._engine)
        words = {name for name in made.get_table_names() if name.startswith("example_words")}
        assert "example_words" in words
        assert set(made.get_table_names()) - words == {*Base.metadata.tables, "migrations"}
        for name, table in Base.metadata.tables.items():
            columns = {column["name"]: column for column in made.get_columns(name)}
            assert list(columns) == [column.name for column in table.columns]
            for column in table.columns:
                same = columns[column.name]["nullable"] == column.nullable
                assert same or column.primary_key, column
            keys = {
                (*k["constrained_columns"], k["referred_table"])
                for k in made.get_foreign_keys(name)
            }
            assert keys == {(k.parent.name, k.column.table.name) for k in table.foreign_keys}
            indexes = {index["name"] for index in made.get_indexes(name)}
            assert {index.name for index in table.indexes} <= indexes


def test_a_migration_runs_once_and_a_failing_one_leaves_no_trace(place: Place) -> None:
    ran = []

    def second(connection: Connection) -> None:
        ran.append(2)
        connection.exec_driver_sql("CREATE TABLE more (id INTEGER)")

    def third(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE other (id INTEGER)")
        raise ProjectError("no")

    with place.open() as store:
        planned(store, 1)
        steps = (*MIGRATIONS, Migration("0002-second", second))
        for wanted in (["0002-second"], []):
            with store._writing() as connection:
                assert migrate(connection, steps) == wanted
        with pytest.raises(ProjectError, match="no"), store._writing() as connection:
            migrate(connection, (*steps, Migration("0003-third", third)))
        assert ran == [2]
        assert "other" not in inspect(store._engine).get_table_names()
        assert len(store.planned()) == 1


def test_a_store_of_a_newer_version_is_left_alone(place: Place) -> None:
    place.open().close()
    with place.raw() as connection:
        connection.exec_driver_sql("INSERT INTO migrations VALUES ('9999-future', '')")
    with pytest.raises(ProjectError, match="it has 9999-future") as caught:
        place.open()
    assert "Upgrade" in caught.value.hint


@pytest.mark.parametrize(
    "content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\7" * 4000]
)
def test_a_file_that_is_no_store_is_said_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "memory.db"
    path.write_bytes(content)
    with pytest.raises(ProjectError, match="is damaged") as caught:
        Store.open(path)
    assert "copy" in caught.value.hint
    assert path.read_bytes() == content


def test_a_store_cut_short_is_said(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    with Store.open(path) as store:
        planned(store, 200)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(ProjectError, match="is damaged"):
        Store.open(path)


def test_a_store_damaged_in_the_middle_is_found_by_the_check(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    with Store.open(path) as store:
        planned(store, 200)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 4096 * 2 // 3 * 4096)
        file.write(b"\xff" * 8192)
    with Store.open(path) as store:
        found = store.check()
    assert {(finding.code, finding.repairable) for finding in found} == {("damaged", False)}


def test_a_closed_store_holds_no_file(tmp_path: Path) -> None:
    """One connection left open would keep the write-ahead log, and what it holds, beside it."""
    with Store.open(tmp_path / "memory.db") as store:
        planned(store, 3)
        store.ledger.lookup("nothing")
        store.ledger.sent("key", spec="openai:m", purpose="teach", request={})
        assert len(list(tmp_path.glob("memory.db*"))) == 3
    assert [path.name for path in tmp_path.glob("memory.db*")] == ["memory.db"]


def test_threads_use_one_store_beside_each_other(tmp_path: Path) -> None:
    """The thread that opened it keeps its connections; they are not for the others."""
    with Store.open(tmp_path / "memory.db") as store:
        ledger = store.ledger

        def pay(number: int) -> None:
            ledger.sent(f"key {number}", spec="openai:m", purpose="teach", request={})
            ledger.answered(f"key {number}", Recorded("text", usd=0.5))
            assert ledger.lookup(f"key {number}") is not None

        with ThreadPoolExecutor(8) as others:
            done = [others.submit(pay, number) for number in range(40)]
            for number in range(40, 80):
                pay(number)
            for one in done:
                one.result()
        assert (ledger.spent().answered, ledger.spent().usd) == (80, 40.0)


def test_a_view_within_a_view_and_after_a_fault_is_whole(tmp_path: Path) -> None:
    with Store.open(tmp_path / "memory.db") as store:
        with pytest.raises(ProjectError, match="not in the ledger"):
            store.ledger.answered("never sent", Recorded("text"))
        with store._reading() as outer, store._reading() as inner:
            store.remember("name", "written meanwhile")
            assert outer is not inner
        assert store.recall("name") == "written meanwhile"


def test_a_missing_directory_is_said(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="cannot be opened"):
        Store.open(tmp_path / "nowhere" / "memory.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_directory_is_said(tmp_path: Path) -> None:
    Store.open(tmp_path / "memory.db").close()
    (tmp_path / "memory.db").chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(ProjectError, match="cannot be"):
            Store.open(tmp_path / "memory.db")
    finally:
        tmp_path.chmod(0o755)


def test_a_store_opened_for_reading_only_is_said_to_be_so(tmp_path: Path) -> None:
    Store.open(tmp_path / "memory.db").close()
    with pytest.raises(ProjectError, match="cannot be written"):
        Store.open(f"sqlite:///file:{tmp_path}/memory.db?mode=ro&uri=true").add_book(book())


def test_a_locked_store_is_waited_for_and_then_said(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    with Store.open(path, patience=0.1) as store:
        planned(store, 1)
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(ProjectError, match="held by another program") as caught:
            store.add_book(book())
        assert "try again" in caught.value.hint
        assert len(store.planned()) == 1  # reading goes on beside a writer
        with pytest.raises(ProjectError, match="held by another program"):
            Store.open(path, patience=0.1)
        holder.execute("ROLLBACK")
        holder.close()
        store.add_book(book())


FULL = """
import resource, sys
from pathlib import Path
from inscape.errors import ProjectError
from memory.store import Store
from tests.memory_parts import book, passage, planned

with Store.open(Path(sys.argv[1])) as store:
    planned(store, 3)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
    try:
        for n in range(100_000):
            store.add_passages([passage(n) for n in range(n * 100, n * 100 + 100)])
    except ProjectError as error:
        print(error, "|", error.hint)
    print(store.planned())
"""


def test_a_full_disk_is_said_and_what_was_stored_is_safe(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    command = [sys.executable, "-c", FULL, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "full or failing" in done.stdout and "Make room" in done.stdout
    with Store.open(path) as store:
        assert len(store.planned()) == 3
        assert store.check() == []


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("mysql://host/name", ProjectError, "cannot live in 'mysql'"),
        ("postgresql+nodriver://host/name", MissingExtra, "No driver"),
        ("http//:/", ProjectError, "cannot be opened"),
        ("what://", ProjectError, "what"),
    ],
)
def test_an_unusable_url_is_said(url: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Store.open(url)


def test_a_url_works_as_a_path_does(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/m.db", vectors=tmp_path / "v") as store:
        store.add_book(book(), [passage(0)])
    with Store.open(tmp_path / "m.db") as store:
        assert store.passage(passage(0).id) == passage(0)


def test_a_store_moves_with_its_directory(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    with Store.open(tmp_path / "old" / "memory.db") as store:
        ids = planned(store, 3)
    (tmp_path / "old").rename(tmp_path / "new")
    with Store.open(tmp_path / "new" / "memory.db") as store:
        assert store.planned() == ids
