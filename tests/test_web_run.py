"""The desk takes up a run that waited for it: real processes, browser and HTTP."""

import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from desk.web.desk import Desk
from graph.holding import is_held
from inscape.project import Project
from memory.store import Store
from tests.desk_parts import served
from tests.runs import OPENAI, ROOT, Inscape, chapters, kill_after
from tests.stub.fixtures import Server


@pytest.fixture(scope="module")
def waiting(stub_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A run that stopped for a person's word; made before there is a browser with its loop."""
    stub_server.control(reset=True)
    stub_server.control(judge="escalate")
    place = tmp_path_factory.mktemp("waiting")
    book = place / "small.txt"
    novel = (ROOT / "examples" / "lamp-and-scale.txt").read_text(encoding="utf-8")
    book.write_text(chapters(novel, 1, 1), encoding="utf-8")
    online = Inscape(place / "online", stub_server.env)
    stopped = online("run", book, "--target", "1", "--teacher", "openai:a-model", "--json")
    assert stopped.code == 10, stopped.err
    return Project(place / "online")


def test_the_desk_goes_on_with_a_run_that_waited_for_it(
    waiting: Project, chromium: Any, stub_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in stub_server.env.items():
        monkeypatch.setenv(name, value)
    with Store.open(waiting.store) as store:
        desk = Desk(waiting, store)
        with served(desk) as url:
            page = chromium.new_page(base_url=url)
            page.goto("/review")
            page.keyboard.press("a")
            page.wait_for_selector("text=The run stopped for your word and can go on now.")
            page.get_by_role("button", name="Go on with the run").click()
            page.wait_for_selector("text=A run is going")
            page.wait_for_selector("text=The target is reached.", timeout=60_000)
            page.close()
        desk.runner.close()
        assert store.counts().accepted == 1
        assert (waiting.exports / "latest" / "train.jsonl").exists()


HURRIED = """\
from desk.web import running
running.PATIENCE = 0.5
from desk.app import main
main()
"""


def test_a_run_that_ends_slowly_keeps_nothing_else_open(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    stub.control(judge="escalate")
    asked = ("run", small_book, "--target", "20", *OPENAI, "--concurrency", "1", "--json")
    kill_after(online, stub, asked, 16)
    stub.control(latency=8)
    project = Project(online.project)
    words = [sys.executable, "-c", HURRIED, "desk", "--no-browser", "--port", "0"]
    desk = subprocess.Popen(
        words, env=online.env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert desk.stdout is not None
    url = desk.stdout.readline().strip()
    urllib.request.urlopen(f"{url}review").close()
    start = urllib.request.Request(f"{url}run/start", data=b"", headers={"origin": url.strip("/")})
    urllib.request.urlopen(start).close()
    with Store.open(project.store) as store:
        assert store.held_elsewhere("nobody") == 1
        while not stub.stats["in_flight"]:
            time.sleep(0.05)
        desk.send_signal(signal.SIGINT)
        _, said = desk.communicate(timeout=60)
        assert desk.returncode == 0, said
        assert said.splitlines()[-1].startswith("It still waits for answers"), said
        assert store.held_elsewhere("nobody") == 0
    while is_held(project):
        time.sleep(0.1)
