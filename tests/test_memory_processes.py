"""Several processes on one store, and processes that die: real ones, killed with SIGKILL."""

import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable

from tests.conftest import ROOT
from tests.memory_parts import planned
from tests.stores import Place


def start(place: Place, job: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.memory_worker", str(place.target), job]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_two_processes_open_a_new_store_at_the_same_moment(places: Callable[..., Place]) -> None:
    place = places(bare=True)
    both = [start(place, "live") for _ in range(2)]
    for process in both:
        process.communicate(timeout=60)
    assert [process.returncode for process in both] == [0, 0]
    with place.open() as store:
        assert store.check() == []


def test_of_two_clones_admitted_by_two_processes_one_gets_in(place: Place) -> None:
    with place.open() as store:
        planned(store, 40)
    both = [start(place, "admit_clones") for _ in range(2)]
    for process in both:
        process.communicate(timeout=60)
    assert [process.returncode for process in both] == [0, 0]
    with place.open() as store:
        counts = store.counts()
        assert (counts.accepted, counts.rejected, counts.planned) == (20, 20, 0)
        assert len(store.events(kind="accepted")) == 20
        assert store.check() == []


def live_and_die(place: Place, lines: list[str], limit: int) -> int:
    """Let a process live until it has said `limit` lines; its exit status."""
    process = start(place, "live")
    assert process.stdout is not None
    for count, line in enumerate(process.stdout, start=1):
        lines.append(line.strip())
        if count == limit:
            process.send_signal(signal.SIGKILL)
            break
    rest, _ = process.communicate(timeout=60)
    lines += rest.splitlines()
    return process.returncode


def test_killed_at_any_moment_nothing_is_lost_doubled_or_paid_twice(place: Place) -> None:
    chance = random.Random(7)
    with place.open() as store:
        ids = planned(store, 40)
    lines: list[str] = []
    limits = [chance.randrange(1, 25) for _ in range(3)]
    assert [live_and_die(place, lines, limit) for limit in limits] == [-signal.SIGKILL] * 3
    assert live_and_die(place, lines, limit=-1) == 0
    said = Counter(line.split()[0] for line in lines)
    assert said["asked"] <= 40 + len(limits)
    assert len(set(lines)) >= len(lines) - len(limits)
    with place.open() as store:
        assert store.counts().assignments == len(ids)
        assert store.ledger.spent().answered == 40
        assert store.ledger.spent().usd == 20.0
        assert [len(store.drafts(key)) for key in ids] == [1] * 40
        assert store.check() == []
