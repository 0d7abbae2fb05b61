"""`run` from the command line: what it asks, what it says at the end, on a terminal and off it."""

import json
import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from desk.app import app
from tests.pseudo import ROOT, Terminal

REHEARSAL = ("--teacher", "rehearsal", "--critic", "rehearsal")


def inscape(*words: object, code: int = 0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
    return result


pytestmark = pytest.mark.timeout(400)  # the models of a run take their time on a busy machine


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """The beginning of our own novel: enough passages, and quickly read."""
    text = (ROOT / "examples" / "lamp-and-scale.txt").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("book") / "lamp-and-scale.txt"
    path.write_text(text[:16_000], encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> str:
    return str(tmp_path_factory.mktemp("made") / "project")


@pytest.fixture(scope="module")
def first(book, place):
    words = ["run", book, "--target", 5, *REHEARSAL, "--json", "--project", place]
    return inscape(*words)


def test_the_report_is_all_that_stdout_carries(first):
    told = json.loads(first.stdout)
    assert first.stdout.count("\n") == 1
    assert told["stop"] == "target" and told["accepted"] == told["target"] == 5
    settled = ("accepted", "escalated", "rejected", "failed")
    assert sum(told[name] for name in settled) == told["assignments"]
    assert {"calls", "calls_reused", "input_tokens", "usd", "rounds", "seconds"} <= set(told)
    assert "Rehearsal" in first.stderr and "5 of 5 accepted" in first.stderr
    assert "\x1b" not in first.stderr


def test_the_same_again_calls_nobody_and_says_what_to_do_next(first, book, place):
    words = ["run", book, "--target", 5, *REHEARSAL, "--project", place]
    result = inscape(*words)
    for said in (
        "Target reached: 5 of 5 accepted",
        "0 new calls",
        "This was a rehearsal",
        "From ",
        "inscape why",
        "inscape export --format alpaca --project",
        "inscape train --base MODEL --project",
        "anthropic:MODEL",
    ):
        assert said in result.stdout
    assert "\x1b" not in result.stdout + result.stderr


def test_what_was_made_can_be_looked_at(first, place):
    status = json.loads(inscape("status", "--json", "--project", place).stdout)
    assert status["accepted"] == 5 and status["stop"] == "target" and status["rehearsal"]
    assert "Rehearsal" in inscape("status", "--project", place).stdout
    out = json.loads(inscape("export", "--json", "--project", place).stdout)
    assert out["rehearsal"] == out["train"] + out["validation"] == 5
    manifest = json.loads(Path(out["out"], "manifest.json").read_text(encoding="utf-8"))
    story = inscape("why", manifest["rows"][0]["id"], "--project", place).stdout
    assert "REHEARSAL" in story and "lamp-and-scale" in story


def test_a_preview_says_what_it_would_take_and_makes_nothing(book, tmp_path):
    here = tmp_path / "none"
    words = ["run", book, "--target", 9, *REHEARSAL, "--preview", "--project", here]
    told = json.loads(inscape(*words, "--json").stdout)
    assert told["target"] == 9 and told["least"]["calls"] == 9
    assert "missing" not in inscape(*words).stdout
    more = inscape("run", book, "--target", 5000, *words[4:]).stdout
    assert f"which give {told['room']} examples at most, and 5000 are missing" in more
    assert not here.exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--target", "5"], 2, "Which book?"),
        (["BOOK", "--target", "5", "--for-model", "7b"], 2, "not both"),
        (["BOOK", "--target", "0"], 2, "--target"),
        (["BOOK", "--for-model", "8b"], 2, "--for-model"),
        (["BOOK", "--target", "5"], 1, "teacher"),
        (["BOOK", "--teacher", "rehearsal"], 1, "--target"),
        (["BOOK", "--target", "5", "--teacher", "openai:some-model"], 1, "OPENAI_API_KEY"),
        (["BOOK", "--target", "5", "--teacher", "magic"], 2, "'magic'"),
        (["missing.pdf", "--target", "5", *REHEARSAL], 1, "missing.pdf"),
        (["BOOK", "--target", "5", *REHEARSAL, "--templates", "haiku"], 1, "'haiku'"),
        (["BOOK", "--target", "5", *REHEARSAL, "--password-env", "NOPE"], 1, "'NOPE'"),
    ],
)
def test_what_cannot_be_run_is_said_and_leaves_nothing(
    book, tmp_path, monkeypatch, words, code, said
):
    monkeypatch.setenv("INSCAPE_PROJECT", str(tmp_path / "none"))
    result = inscape("run", *(book if w == "BOOK" else w for w in words), code=code)
    assert said in result.stderr and result.stdout == ""
    assert code == 2 or result.stderr.count("\n") == 1
    assert not (tmp_path / "none").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_project_that_cannot_be_written_is_said(book, tmp_path):
    tmp_path.chmod(0o500)
    words = ["run", book, "--target", 5, *REHEARSAL, "--project", tmp_path / "p"]
    assert "project" in inscape(*words, code=1).stderr


def test_a_project_that_is_a_file_is_said(book, tmp_path):
    (tmp_path / "p").write_text("a file", encoding="utf-8")
    words = ["run", book, "--target", 5, *REHEARSAL, "--project", tmp_path / "p"]
    assert inscape(*words, code=1).stderr.count("\n") == 1


def test_a_terminal_gets_a_live_display_and_the_same_ending(first, book, place):
    terminal = Terminal("run", str(book), "--target", "7", *REHEARSAL, "--project", place)
    terminal.wait_for("Getting ready")
    terminal.wait_for("of 7")
    terminal.wait_for("use a real teacher")
    assert "\x1b[" in terminal.seen and "7 of 7 accepted" in terminal.seen
    bare = re.sub(r"\x1b\[[\d;?]*\w", "", terminal.seen)
    assert re.search(r"(?m)^  (monologue|conversation|continuity|meta-awareness|comp\w+) +“", bare)
    terminal.wait_for("anthropic:MODEL")
    assert terminal.close() == 0
