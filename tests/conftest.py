"""Real parts everywhere; what is shared by all tests."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
os.environ["HF_HUB_OFFLINE"] = "1"

import pytest

pytest_plugins = [
    "tests.stub.fixtures",
    "tests.shelf",
    "tests.browser",
    "tests.training",
    "tests.stores",
    "tests.batch_parts",
]

# What is read and rated once need not be again by the next test, nor lie in a person's own cache.
_cache = tempfile.TemporaryDirectory(prefix="inscape-cache-")
os.environ["INSCAPE_CACHE"] = _cache.name

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
        ours = name.startswith(("ANTHROPIC_", "OPENAI_", "INSCAPE_"))
        if ours and name != "INSCAPE_CACHE":
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
