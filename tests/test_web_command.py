"""What the desk starts is the run that a person had typed."""

from dataclasses import replace
from pathlib import Path

import pytest
import typer

from desk.app import app
from desk.commands import run
from desk.web.running import command
from graph.asked import Asked
from inscape.project import Project
from tests.runs import Inscape

# Each option of `run`, but for those that only say how a person is told and asked.
TYPED = (
    *(
        "--target",
        "7",
        "--teacher",
        "openai:t@http://localhost:1/v1",
        "--critic",
        "openai:a,rehearsal",
    ),
    *("--scout", "openai:s", "--templates", "monologue,meta-awareness", "--passages", "own.md"),
    *("--concurrency", "3", "--batch", "--timeout", "9.5", "--max-usd", "0", "--max-calls", "40"),
    *("--train", "model", "--iterations", "3", "--allow-rehearsal", "--ocr", "--ray", "auto"),
)
ASIDE = {"for_model", "review", "resume", "preview", "yes", "json", "password_env", "books"}


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> "list[Asked]":
    """What a command line came to mean, at the point where it would be carried out."""
    asked: list[Asked] = []
    monkeypatch.setattr(run, "_carry_out", lambda here, found, json: asked.append(found))
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "own.md", "model"):
        (tmp_path / name).touch()
    return asked


def test_every_option_is_among_them() -> None:
    words = typer.main.get_command(app).commands["run"].params  # type: ignore[attr-defined]
    options = {one.name: one.opts for one in words if one.name not in ASIDE}
    said = {name for name, spelled in options.items() if set(spelled) & set(TYPED)}
    assert options.keys() - said == {"project", "debug"}


@pytest.mark.parametrize(
    "words", [TYPED, ("--target", "2"), ("--target", "2", "--no-batch", "--ray")], ids=len
)
def test_the_same_is_asked_again_from_anywhere(
    typed: "list[Asked]", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    inscape = Inscape(tmp_path / "project")
    assert inscape("run", "a.txt", *words).code == 0
    again = command(typed[0].as_json(), Project(tmp_path / "project"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert inscape(*again[3:]).code == 0
    first, second = typed
    assert second.train == (first.train and first.train.but({"base": str(tmp_path / "model")}))
    paths = {"books": [tmp_path / "a.txt"], "train": second.train}
    paths["highlights"] = first.highlights and tmp_path / first.highlights
    assert second == replace(first, **paths)
    assert second.settings.model_dump() == first.settings.model_dump()


def test_what_was_written_down_before_these_were_is_understood(tmp_path: Path) -> None:
    asked = {"said": {"target": 5}, "passages": None, "ocr": False, "books": ["b"]}
    assert command(asked, Project(tmp_path))[-3:] == ["--target=5", "--", "b"]
