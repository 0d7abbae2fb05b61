"""The stub itself: what measuring and kill tests rely on."""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.stub.fixtures import Server

ROOT = Path(__file__).resolve().parent.parent


def ask(server: Server, text: str) -> httpx.Response:
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    return httpx.post(f"{server.url}/v1/chat/completions", json=body)


def test_it_counts_by_body_and_draws_the_same_for_the_same_seed(stub: Server) -> None:
    stub.control(faults=0.5, seed=3)
    first = [ask(stub, f"Number {n % 5}").status_code for n in range(20)]
    times = stub.stats["times"]
    assert sorted(times.values()) == [4] * 5
    stub.control(forget=True)
    assert [ask(stub, f"Number {n % 5}").status_code for n in range(20)] == first
    assert len(set(first)) > 1


def test_a_limit_on_calls_in_flight_answers_429(stub: Server) -> None:
    stub.control(limit=1, latency=1.5, retry_after="2")
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda text: ask(stub, text), ("One", "Two", "Three")))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused and refused[0].headers["retry-after"] == "2"
    assert stub.stats["max_in_flight"] == 3


def test_an_unknown_wish_is_refused(stub: Server) -> None:
    assert httpx.post(f"{stub.url}/control", json={"lateness": 1}).status_code == 400


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Server]:
    log = str(tmp_path / "log")
    command = [sys.executable, "-m", "tests.stub.server", "--latency", "0.01", "--log", log]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Server(process.stdout.readline().strip())
        process.terminate()


def test_it_runs_as_a_program_and_logs_what_it_answers(program: Server, tmp_path: Path) -> None:
    for text in ("One", "Two", "One"):
        assert ask(program, text).status_code == 200
    events = [line.split() for line in (tmp_path / "log").read_text().splitlines()]
    answered = [digest for event, digest in events if event == "answered"]
    assert len(events) == 6
    assert len(answered) == 3 and len(set(answered)) == 2
    with urllib.request.urlopen(f"{program.url}/stats") as stats:
        assert stats.status == 200
