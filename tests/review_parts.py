"""A project with two accepted examples and four that wait, and a session to decide them in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.example import Example
from desk.bench import StoreBench
from desk.editing import to_page
from desk.session import Session
from inscape.project import Project
from memory.store import Store
from tests.projects import make_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture
def queue(project: Project) -> list[str]:
    """Ids of what waits."""
    return make_project(project, accepted=2, waiting=4)


@pytest.fixture
def store(project: Project, queue: list[str]) -> Iterator[Store]:
    with Store.open(project.store) as found:
        yield found


def sit(store: Store, keys: str | list[str] = "", edit=None, by: str = "person") -> Session:
    """A session in which these keys have been pressed."""
    session = Session(StoreBench(store, ""), edit or (lambda item, page, wrong: page), by=by)
    press(session, keys)
    return session


def press(session: Session, keys: str | list[str]) -> None:
    for key in keys:
        session.press({" ": "space"}.get(key, key))


def statuses(store: Store, queue: list[str]) -> list[str]:
    return [store.assignment(key.rpartition(".")[0]).status for key in queue]


def edited_page(example: Example) -> str:
    return to_page(example).replace("more quietly", "more loudly")
