"""Real parts everywhere; what is shared by all tests."""

import os
import sys
from pathlib import Path
from typing import Any

os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
os.environ["HF_HUB_OFFLINE"] = "1"

import pytest

pytest_plugins = ["tests.stub.fixtures", "tests.training"]

HERE = ("127.0.0.1", "::1", "localhost")


def stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """No test reaches the network: what is not on this machine is refused before it is asked."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        address = arguments[1][0]
        if address not in HERE:
            raise RuntimeError(f"A test wanted to connect to {address!r}")


sys.addaudithook(stay_here)

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, no server and no project of the developer's reaches a test."""
    for name in list(os.environ):
        if name.startswith(("ANTHROPIC_", "OPENAI_", "INSCAPE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("INSCAPE_PROJECT", str(tmp_path / "project"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real books and labels, kept outside the tree because they are not ours."""
    place = ROOT.parent / "shared"
    if not (place / "corpus" / "manifest.jsonl").exists():
        pytest.skip("../shared with real books and labels is not here")
    return place


@pytest.fixture(scope="session")
def example_book() -> Path:
    return ROOT / "examples" / "lamp-and-scale.pdf"


@pytest.fixture(scope="session")
def small_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four chapters of our own novel: enough passages, soon read."""
    from tests.runs import chapters

    text = (ROOT / "examples" / "lamp-and-scale.txt").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("books") / "small.txt"
    path.write_text(chapters(text, 1, 4), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory, small_book: Path) -> Path:
    """A project in which the small book has been read, and nothing else has happened."""
    from agents.scout import Scout
    from corpus.embed import Embedder
    from graph.reading import Reader
    from inscape.progress import unwatched
    from inscape.project import Project
    from memory.store import Store
    from prompts.library import Library

    project = Project(tmp_path_factory.mktemp("shelf") / "project")
    project.create()
    embedder = Embedder()
    with Store.open(project.store) as store:
        scout = Scout(Library.load(), embedder)
        reader = Reader(store, scout, embedder, unwatched, interrupted=lambda: None)
        reader.read(small_book)
    return project.root
