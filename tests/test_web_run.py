"""The desk takes up a run that waited for it: real processes, browser and HTTP."""

from typing import Any

import pytest

from desk.web.desk import Desk
from inscape.project import Project
from memory.store import Store
from tests.desk_parts import served
from tests.runs import ROOT, Inscape, chapters
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
