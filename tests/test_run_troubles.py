"""Whatever befalls a run, it says so in a line, and the next run goes on from there."""

import os
import resource
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.runs import OPENAI, ROOT, Inscape, adds_up
from tests.stub.fixtures import Server


def started_anew(inscape: Inscape, *asked: str | Path) -> None:
    """The next run reaches the target, and every sum is right."""
    done = inscape(*asked)
    assert done.code == 0, done.err
    assert adds_up(done.json)
    assert inscape("doctor").code == 0


def test_sigterm_ends_gently(online: Inscape, stub: Server, small_book: Path) -> None:
    stub.control(latency=0.3, voice="wide")
    asked = ("run", small_book, "--target", "5", *OPENAI, "--concurrency", "2", "--json")
    process = online.start(*asked)
    while stub.stats["answered"] < 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert stub.stats["in_flight"] == 0
    started_anew(online, *asked)
    assert set(stub.stats["answered_times"].values()) == {1}


def test_a_full_disk_is_said_and_the_run_goes_on_once_there_is_room(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    stub.control(voice="wide")
    asked = ("run", small_book, "--target", "5", *OPENAI, "--json")
    most = (online.project / "memory.db").stat().st_size + 60_000
    done = subprocess.run(
        online.command(*asked),
        env=online.env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
    assert done.returncode not in (0, 130), done.stdout
    assert "Traceback" not in done.stderr
    assert "full" in done.stderr or "cannot be written" in done.stderr, done.stderr
    started_anew(online, *asked)


def test_a_killed_embedder_is_said_in_a_line_and_the_next_run_goes_on(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    stub.control(latency=0.3, voice="wide")
    asked = ("run", small_book, "--target", "3", *OPENAI, "--json")
    process = online.start(*asked)
    while not stub.stats["requests"]:
        time.sleep(0.01)
    embedder = child_of(process.pid, "corpus.beside")
    os.kill(embedder, signal.SIGSTOP)
    while stub.stats["answered"] < 4:  # at least one judge: drafts are there and wait for vectors
        time.sleep(0.01)
    os.kill(embedder, signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in err and "never retrieved" not in err
    assert err.splitlines()[-1].startswith("Error: The process that turns texts into vectors"), err
    started_anew(online, *asked)


def child_of(parent: int, module: str) -> int:
    """The child process that runs this module."""
    for child in Path(f"/proc/{parent}/task").glob("*/children"):
        for pid in child.read_text(encoding="utf-8").split():
            if module in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8"):
                return int(pid)
    raise AssertionError(f"{parent} has no child that runs {module}")


def test_a_store_that_another_program_holds_is_said(
    online: Inscape, stub: Server, small_book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("run", small_book, "--target", "3", *OPENAI, "--json")
    with sqlite3.connect(online.project / "memory.db") as other:
        other.execute("begin exclusive")
        done = online.apart(*asked)
        other.rollback()
    assert done.code == 1 and "Traceback" not in done.err
    assert "another" in done.err.lower() or "locked" in done.err.lower(), done.err
    started_anew(online, *asked)


def test_a_damaged_index_is_built_again(online: Inscape, stub: Server, small_book: Path) -> None:
    stub.control(voice="wide")
    assert online("run", small_book, "--target", "3", *OPENAI).code == 0
    indexes = list(online.project.rglob("*.faiss"))
    assert indexes
    for path in indexes:
        path.write_bytes(os.urandom(200))
    started_anew(online, "run", small_book, "--target", "5", *OPENAI, "--json")


def test_checkpoints_stay_as_small_as_they_began(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    stub.control(voice="wide")
    sizes = []
    for target in ("3", "6", "9", "12"):
        asked = ("run", small_book, "--target", target, *OPENAI, "--concurrency", "2")
        assert online(*asked).code == 0
        with sqlite3.connect(online.project / "checkpoints.db") as saved:
            sizes.append(
                saved.execute("select max(length(checkpoint)) from checkpoints").fetchone()
            )
    assert sizes[-1][0] <= 1.5 * sizes[0][0], sizes
