"""A project that has read a small book, as a fixture: for tests that run the whole loop."""

import shutil
from pathlib import Path

import pytest

from agents.scout import Scout
from corpus.embed import Embedder
from graph.reading import Reader
from graph.studying import HowRead
from inscape.progress import unwatched
from inscape.project import Project
from memory.store import Store
from prompts.library import Library
from tests.runs import ROOT, Inscape, chapters
from tests.stub.fixtures import Server


@pytest.fixture(scope="session")
def small_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four chapters of our own novel: enough passages, soon read."""
    text = (ROOT / "examples" / "lamp-and-scale.txt").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("books") / "small.txt"
    path.write_text(chapters(text, 1, 4), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory, small_book: Path) -> Path:
    """A project in which the small book has been read, and nothing else has happened."""
    project = Project(tmp_path_factory.mktemp("shelf") / "project")
    project.create()
    with Store.open(project.store) as store:
        scout = Scout(Library.load(), Embedder())
        reader = Reader(store, scout, unwatched, interrupted=lambda: None, how=HowRead())
        reader.read(small_book)
    return project.root


@pytest.fixture
def fresh(tmp_path: Path) -> Inscape:
    """The command line where there is no project yet."""
    return Inscape(tmp_path / "project")


@pytest.fixture
def inscape(tmp_path: Path, shelf: Path) -> Inscape:
    """The command line on a project that has read the small book."""
    shutil.copytree(shelf, tmp_path / "project")
    return Inscape(tmp_path / "project")


@pytest.fixture
def online(inscape: Inscape, stub: Server) -> Inscape:
    """The same with keys and servers that lead to the stub."""
    return Inscape(inscape.project, stub.env)
