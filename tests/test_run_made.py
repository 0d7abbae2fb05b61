"""A run that fails takes away the directory that it made itself, and only if nothing is in it."""

from pathlib import Path

import pytest

from graph.asked import Asked
from graph.runs import run
from inscape.errors import ProjectError
from inscape.progress import Event, Started
from inscape.project import Project
from inscape.settings import load
from tests.stores import Place

FAILURE = "the run fails here"


@pytest.fixture
def project(tmp_path: Path, place: Place) -> Project:
    """One that is not there yet, with its store in a file of its own or on a server."""
    return Project(tmp_path / "made", "" if place.kind == "sqlite" else str(place.target))


async def failing(project: Project, book: Path, *left: Path) -> None:
    """A run that fails as it begins, with these files written meanwhile."""

    def fail(event: Event) -> None:
        if isinstance(event, Started):
            for file in left:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("of worth", encoding="utf-8")
            raise ProjectError(FAILURE)

    said = {"target": 3, "teacher": "rehearsal", "critic": ("rehearsal",)}
    asked = Asked(project=project, settings=load(project, said), books=[book])
    with pytest.raises(ProjectError, match=FAILURE):
        await run(asked, progress=fail)


async def test_nothing_is_left_where_nothing_came_of_it(project: Project, small_book: Path) -> None:
    await failing(project, small_book)
    assert not project.root.exists()


@pytest.mark.parametrize(
    "name", ["exports/latest/train.jsonl", "adapters/one/adapter_config.json", "inscape.toml", "x"]
)
async def test_what_is_of_worth_stays(project: Project, small_book: Path, name: str) -> None:
    kept = project.root / name
    await failing(project, small_book, kept)
    assert kept.read_text(encoding="utf-8") == "of worth"
