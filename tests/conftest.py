"""Real parts everywhere; what is shared by all tests."""

import os
from pathlib import Path

os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
os.environ["HF_HUB_OFFLINE"] = "1"

import pytest

pytest_plugins = ["tests.stub.fixtures"]

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
