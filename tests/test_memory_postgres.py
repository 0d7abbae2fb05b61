"""What only a server can do wrong: not answer, not let one in, make one wait, and go away."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from inscape.errors import InscapeError, MissingExtra, ProjectError
from memory.database import name_of
from memory.store import Store
from tests.conftest import ROOT
from tests.memory_parts import drafted, passage, planned
from tests.stores import PASSWORD, Cluster, Place


@pytest.fixture
def server(cluster: Cluster) -> Iterator[tuple[Cluster, str]]:
    name = cluster.database()
    yield cluster, name
    cluster.drop(name)


def complaint(url: str) -> str:
    with pytest.raises(ProjectError) as caught:
        Store.open(url, patience=1)
    said = f"{caught.value} {caught.value.hint}"
    assert "hunter" not in said
    return said


def test_a_server_that_does_not_answer_is_said() -> None:
    pytest.importorskip("psycopg")
    said = complaint("postgresql+psycopg://ann:hunter3@127.0.0.1:1/none")
    assert "'postgresql+psycopg://ann@127.0.0.1:1/none' does not answer" in said
    assert "Start the database server" in said


def test_a_wrong_password_and_a_missing_database_are_said(server: tuple[Cluster, str]) -> None:
    cluster, name = server
    assert "lets nobody in" in complaint(cluster.url_by_tcp(name, "hunter3"))
    assert "PGPASSWORD" in complaint(cluster.url_by_tcp(name, "").replace(":@", "@"))
    assert "lets nobody in" in complaint(cluster.url_by_tcp("nowhere"))


def test_a_password_is_kept_to_oneself_and_lets_one_in(server: tuple[Cluster, str]) -> None:
    cluster, name = server
    with Store.open(cluster.url_by_tcp(name)) as store:
        assert store.counts().assignments == 0
    assert PASSWORD not in name_of(cluster.url_by_tcp(name) + f"?password={PASSWORD}")
    assert name in name_of(cluster.url_by_tcp(name))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_url_is_taken_as_hosting_companies_write_it(
    server: tuple[Cluster, str], scheme: str
) -> None:
    cluster, name = server
    written = cluster.url(name).replace("postgresql+psycopg", scheme)
    with Store.open(cluster.url(name)) as one, Store.open(written) as other:
        one.remember("who", scheme)
        assert other.recall("who") == scheme


@pytest.mark.parametrize("url", ["postgresql+psycopg://ann:hunter2@host:port/x", "://hunter2"])
def test_a_url_that_cannot_be_read_is_not_repeated(url: str) -> None:
    with pytest.raises(ProjectError, match="cannot be read") as caught:
        Store.open(url)
    assert "hunter" not in str(caught.value)


WITHOUT = """
import sys
import threading
sys.modules["psycopg"] = None
from inscape.errors import MissingExtra
from memory.store import Store
try:
    Store.open("postgresql://ann:hunter2@host/name")
except MissingExtra as error:
    print(error, error.hint)
"""


def test_without_the_extra_it_is_said_how_to_get_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert "pip install -e '.[postgres]'" in done.stdout
    assert "hunter" not in done.stdout + done.stderr
    assert issubclass(MissingExtra, InscapeError)


def test_a_writer_waits_for_another_and_says_so_in_the_end(server: tuple[Cluster, str]) -> None:
    cluster, name = server
    place = Place(cluster.url(name), cluster.folder)
    with Store.open(place.target, patience=0.2) as store:
        (draft,) = drafted(store, planned(store, 1), "accept")
        with place.raw() as connection:
            connection.exec_driver_sql("BEGIN")
            connection.exec_driver_sql("SELECT * FROM meta WHERE key = 'admission' FOR UPDATE")
            with pytest.raises(ProjectError, match="held by another program"):
                store.admit(draft, near_duplicate=0.9)
            assert store.counts().planned == 1  # reading goes on beside a writer
            connection.exec_driver_sql("ROLLBACK")
        assert store.admit(draft, near_duplicate=0.9).accepted


def test_after_a_restart_of_the_server_the_same_store_goes_on(server: tuple[Cluster, str]) -> None:
    cluster, name = server
    with Store.open(cluster.url(name)) as store:
        planned(store, 1)
        cluster.stop()
        with pytest.raises(ProjectError, match="does not answer"):
            store.planned()
        cluster.start()
        assert len(store.planned()) == 1


def test_a_reader_sees_one_moment_while_others_write(server: tuple[Cluster, str]) -> None:
    cluster, name = server
    with Store.open(cluster.url(name)) as store:
        planned(store, 2)
        with store._reading() as connection:
            before = connection.exec_driver_sql("SELECT count(*) FROM passages").scalar_one()
            store.add_passages([passage(7)])
            after = connection.exec_driver_sql("SELECT count(*) FROM passages").scalar_one()
        assert (before, after) == (2, 2)
        assert len(store.passages()) == 3


def test_many_open_a_new_database_at_the_same_moment(cluster: Cluster) -> None:
    name = cluster.database("template0")
    together = threading.Barrier(4)

    def open_it() -> int:
        together.wait()
        with Store.open(cluster.url(name)) as store:
            return store.counts().assignments

    try:
        with ThreadPoolExecutor(4) as pool:
            assert [one.result() for one in [pool.submit(open_it) for _ in range(4)]] == [0] * 4
    finally:
        cluster.drop(name)
