"""Runs whose store is on a server: killed, and asked for from two places at once."""

import getpass
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.runs import OPENAI, Inscape, adds_up, kill_after
from tests.stores import Cluster
from tests.stub.fixtures import Server


@pytest.fixture
def database(cluster: Cluster) -> Iterator[str]:
    name = cluster.database()
    yield cluster.url_by_tcp(name)
    cluster.drop(name)


@pytest.fixture
def team(tmp_path: Path, stub: Server, database: str) -> tuple[Inscape, Inscape]:
    """One project, seen from two directories that might be on two machines."""
    env = {**stub.env, "INSCAPE_STORE": database}
    return Inscape(tmp_path / "here", env), Inscape(tmp_path / "there", env)


def column(url: str, statement: str) -> list[str]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = list(connection.scalars(text(statement)))
    engine.dispose()
    return found


@pytest.mark.timeout(300)
def test_killed_on_a_server_it_goes_on_from_another_directory_and_pays_nothing_twice(
    team: tuple[Inscape, Inscape], stub: Server, small_book: Path, database: str, tmp_path: Path
) -> None:
    here, there = team
    stub.control(latency=0.08)
    asked = ("run", small_book, "--target", "9", *OPENAI, "--concurrency", "3", "--json")
    for answered in (3, 10):
        kill_after(here, stub, asked, answered)
    last = there(*asked)
    assert last.code == 0, last.err
    assert last.json["accepted"] >= 9
    assert adds_up(last.json)
    bodies = column(database, "select body from examples")
    assert len(bodies) == len(set(bodies))
    assert column(database, "select thread_id from checkpoints")
    twice = [n for n in stub.stats["answered_times"].values() if n > 1]
    assert sum(twice) - len(twice) <= 2 * 3  # only what was in flight at one of two kills
    assert not list(tmp_path.rglob("*.db"))
    doctor = there("doctor", "--json")
    assert "hunter2" not in doctor.out + doctor.err + last.out + last.err
    (store,) = (one for one in doctor.json["checks"] if one["name"] == "store")
    assert store["ok"], store


def test_a_second_run_on_a_store_is_told_whose_is_going(
    team: tuple[Inscape, Inscape], stub: Server, small_book: Path
) -> None:
    here, there = team
    stub.control(latency=20)
    asked = ("run", small_book, "--target", "3", *OPENAI, "--json")
    process = here.start(*asked)
    while stub.stats["requests"] < 1:
        time.sleep(0.01)
    second = there(*asked)
    assert second.code == 1
    assert f"Another run is working on this store: that of {getpass.getuser()}@" in second.err
    assert socket.gethostname()[:20] in second.err
    assert process.poll() is None
    process.kill()
    process.communicate(timeout=60)


def test_a_server_that_is_gone_is_one_line_in_every_command(
    tmp_path: Path, small_book: Path
) -> None:
    pytest.importorskip("psycopg")
    gone = Inscape(tmp_path / "here", {"INSCAPE_STORE": "postgresql://ann:hunter2@127.0.0.1:1/x"})
    for words in (("status",), ("run", small_book, "--target", "3", "--teacher", "rehearsal")):
        said = gone(*words)
        assert said.code == 1
        assert "does not answer" in said.err and said.err.count("\n") == 1
        assert "hunter2" not in said.err
    checks = {one["name"]: one for one in gone("doctor", "--json").json["checks"]}
    assert "does not answer" in checks["store"]["detail"]
    assert "hunter2" not in str(checks)
