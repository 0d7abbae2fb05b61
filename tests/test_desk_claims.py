"""A desk in the browser and one in a terminal on one store: each has its own work before it."""

import re

import httpx
import pytest

from desk.bench import StoreBench
from desk.session import Session
from desk.web.desk import Desk
from memory.store import Store
from tests.desk_parts import novel_project, served
from tests.stores import Place


@pytest.fixture
def team(places, tmp_path):
    """Two people's own connections to one project, of which four examples wait."""
    from inscape.project import Project

    place: Place = places()
    project = Project(tmp_path / "project", str(place.target))
    queue = novel_project(project)
    with Store.of(project) as one, Store.of(project) as two:
        yield project, one, two, queue


def sit(store: Store, by: str) -> tuple[Session, StoreBench]:
    bench = StoreBench(store, "")
    return Session(bench, lambda item, page, wrong: page, by=by), bench


def shown(page: httpx.Response) -> str | None:
    found = re.search(r'id="card"[^>]*data-id="([^"]+)"', page.text)
    return found and found[1]


def test_browser_and_terminal_never_show_the_same_one(team) -> None:
    project, one, two, queue = team
    desk = Desk(project, one, "ann")
    with served(desk) as url, httpx.Client(base_url=url) as browser:
        assert shown(browser.get("/review")) == queue[0]
        bob, bench = sit(two, "bob")
        assert bob.current is not None and bob.current.example_id == queue[1]
        ahead = browser.get("/review/card", params={"after": one.item(queue[0]).queued})
        assert shown(ahead) == queue[2]  # fetched beforehand, and so hers as well
        bob.press("x")
        assert bob.current is not None and bob.current.example_id == queue[3]
        bob.press("x")
        assert bob.current is None
        bench.close()
        origin = {"origin": url}
        for key in (queue[0], queue[2]):
            said = {"example_id": key, "answer": "reject"}
            assert browser.post("/review/decide", json=said, headers=origin).status_code == 200
    assert one.counts().rejected == 4


def test_who_finds_only_the_work_of_others_is_told_so(team) -> None:
    project, one, two, queue = team
    bob, bench = sit(two, "bob")
    for key in queue[2:]:
        assert bench.item(key) is not None
    desk = Desk(project, one, "ann")
    with served(desk) as url, httpx.Client(base_url=url) as browser:
        origin = {"origin": url}
        said = {"example_id": queue[1], "answer": "reject"}
        assert browser.post("/review/decide", json=said, headers=origin).status_code == 200
        assert bob.current is not None and bob.current.example_id == queue[0]
        end = browser.get("/review").text
        assert "Others have the rest" in end and "3 examples lie on other desks" in end
        bench.close()
        assert shown(browser.get("/review")) == queue[0]
