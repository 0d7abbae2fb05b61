"""The command line's manners: help, options anywhere, one line for an error, and its exit code."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from desk.app import Command, Commands, app
from desk.pace import Pace, clock, money
from desk.shown import command_line, one_line, visible
from inscape import __version__
from inscape.errors import BudgetReached, InscapeError
from inscape.progress import Counts
from inscape.project import Project
from tests.projects import make_project

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ("run", "status", "review", "why", "export", "read", "passages", "templates", "doctor")


def inscape(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "inscape", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **more},
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_is_everywhere(flag):
    runner = CliRunner()
    for words in ([], *([name] for name in COMMANDS), ["templates", "show"]):
        result = runner.invoke(app, [*words, flag])
        assert result.exit_code == 0, words
        assert "Usage: " in result.stdout and "-h, --help" in result.stdout


def test_help_lists_every_command():
    result = CliRunner().invoke(app, ["--help"])
    assert all(f"\n  {name} " in result.stdout for name in COMMANDS)


def test_no_arguments_show_the_help():
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 0
    assert result.stdout == CliRunner().invoke(app, ["--help"]).stdout


def test_the_version_is_said():
    assert CliRunner().invoke(app, ["--version"]).stdout == f"inscape {__version__}\n"


def test_help_comes_quickly_since_nothing_heavy_is_imported():
    heavy = ("torch", "numpy", "sqlalchemy", "langgraph", "pymupdf", "faiss", "anthropic", "openai")
    code = f"import sys, desk.app; print([name for name in {heavy!r} if name in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
    assert min(_seconds() for _ in range(3)) < 1.5  # half a second on a machine with nothing else


def _seconds() -> float:
    began = time.monotonic()
    inscape("--help")
    return time.monotonic() - began


@pytest.mark.parametrize("place", ["before", "after"])
def test_the_project_may_be_named_before_and_after_the_command(tmp_path, place):
    option = ["--project", str(tmp_path / "nowhere")]
    words = [*option, "status"] if place == "before" else ["status", *option]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    assert str(tmp_path / "nowhere") in result.stderr


def test_the_project_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("INSCAPE_PROJECT", str(tmp_path / "from-env"))
    result = CliRunner().invoke(app, ["status"])
    assert "from-env" in result.stderr


def test_an_unknown_option_is_wrong_usage():
    assert CliRunner().invoke(app, ["status", "--nonsense"]).exit_code == 2
    assert CliRunner().invoke(app, ["nonsense"]).exit_code == 2


def fragile(error: BaseException) -> typer.Typer:
    broken = typer.Typer(cls=Commands, rich_markup_mode=None)

    @broken.command(cls=Command)
    def go() -> None:
        raise error

    @broken.callback()
    def options() -> None:
        pass

    return broken


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InscapeError("It is broken", hint="Mend it"), 1, "Error: It is broken. Mend it\n"),
        (InscapeError("It is\nbroken"), 1, "Error: It is broken\n"),
        (InscapeError("\x1b[31mred", hint=""), 1, "Error: ‹U+001B›[31mred\n"),
        (BudgetReached("No more"), 12, "Error: No more\n"),
        (PermissionError(13, "Permission denied", "/etc/x"), 1, "Permission denied: '/etc/x'\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_error_is_one_line_and_a_code(error, code, line):
    result = CliRunner().invoke(fragile(error), ["go"])
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.endswith(line) and result.stderr.count("\n") <= 1


def test_a_missing_project_is_said_in_one_line_without_a_traceback(tmp_path):
    run = inscape("status", INSCAPE_PROJECT=str(tmp_path / "none"))
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1 and run.stderr.startswith("Error: There is no project at")
    assert not (tmp_path / "none").exists()


def test_what_nobody_expected_is_one_line_too_and_debug_shows_the_rest(tmp_path):
    (tmp_path / "memory.db").write_bytes(b"")
    code = "import desk.app, desk.here\ndesk.here.Here.store = property(lambda self: 1 / 0)\n"
    code += "desk.app.main()"
    base = [sys.executable, "-c", code, "status", "--project", str(tmp_path)]
    run = subprocess.run(base, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert "ZeroDivisionError" in run.stderr and "--debug" in run.stderr
    run = subprocess.run([*base, "--debug"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1 and "Traceback" in run.stderr


def test_templates_are_listed_and_shown():
    listed = CliRunner().invoke(app, ["templates", "list", "--json"])
    rows = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [row["number"] for row in rows] == sorted(row["number"] for row in rows)
    assert {"monologue", "conversation", "continuity"} <= {row["id"] for row in rows}
    by_number, by_id = (
        CliRunner().invoke(app, ["templates", "show", ref]).stdout for ref in ("1", "monologue")
    )
    assert by_number == by_id and "id: monologue" in by_id


def test_an_unknown_template_is_said_with_the_known_ones():
    result = CliRunner().invoke(app, ["templates", "show", "monolog"])
    assert result.exit_code == 1
    assert "'monolog'" in result.stderr and "monologue" in result.stderr


def test_a_template_file_is_checked(tmp_path):
    good = Path(ROOT, "prompts", "templates").glob("*.md")
    assert CliRunner().invoke(app, ["templates", "check", str(next(good))]).exit_code == 0
    bad = tmp_path / "bad.md"
    bad.write_text("---\nid: x\n---\nHello {{ nobody }}\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["templates", "check", str(bad)])
    assert result.exit_code == 1 and "bad.md" in result.stderr
    assert CliRunner().invoke(app, ["templates", "check"]).exit_code == 0


def test_what_a_terminal_would_obey_is_shown_instead():
    assert visible("a\x1b[2Jb\x07\u202ec\nd\te") == "a‹U+001B›[2Jb‹U+0007›‹U+202E›c\nd\te"
    assert one_line("a\n  b\tc") == "a b c"
    assert one_line("abcdef ghij", 8) == "abcdef…"


def test_the_command_is_repeated_as_it_was_typed():
    typed = ("run", "my book.pdf", "--target", "5")
    assert command_line(typed) == "inscape run 'my book.pdf' --target 5"


def test_the_estimate_follows_the_recent_rate():
    at = [0.0]
    pace = Pace(lambda: at[0])
    assert pace.times(10) == "0:00"
    for accepted in range(5):
        at[0] = 10.0 * accepted
        pace.mark(Counts(accepted=accepted))
    assert pace.per_minute == 6
    assert pace.remaining(10) == 60
    assert pace.times(10) == "0:40, about 1:00 left"
    assert pace.remaining(3) == 0


def test_times_and_sums_are_short():
    assert [clock(s) for s in (7, 760, 11100)] == ["0:07", "12:40", "3:05:00"]
    shown = [money(x) for x in (None, 0.0, 0.0042, 12.3)]
    assert shown == ["cost unknown", "$0.00", "$0.0042", "$12.30"]


def test_the_doctor_looks_at_everything_and_fails_only_for_what_stops_a_run(tmp_path):
    told = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
    checks = {check["name"]: check for check in told["checks"]}
    assert {"packages", "disk", "prompts", "embedding", "teacher", "critic", "GPU", "OCR"} <= set(
        checks
    )
    assert told["ok"] and checks["ANTHROPIC_API_KEY"]["detail"] == "not set"
    assert not (tmp_path / "project").exists()


def test_the_doctor_calls_for_a_key_that_a_chosen_model_needs():
    result = CliRunner().invoke(app, ["doctor", "--teacher", "anthropic:some-model"])
    assert result.exit_code == 1
    assert "✗ teacher: anthropic:some-model" in result.stdout
    assert "ANTHROPIC_API_KEY" in result.stdout
    assert CliRunner().invoke(app, ["doctor", "--teacher", "rehearsal"]).exit_code == 0


@pytest.mark.parametrize("spec", ["anthropic:stub-model", "openai:stub-model"])
def test_the_doctor_makes_one_tiny_call_to_each_chosen_model(stub, spec):
    words = ["doctor", "--json", "--teacher", spec, "--critic", f"{spec},rehearsal"]
    result = CliRunner(env=stub.env).invoke(app, words)
    told = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    assert result.exit_code == 0
    assert f"{spec} answered in" in told["teacher"]["detail"]
    assert stub.stats["requests"] == 2
    assert stub.env["OPENAI_API_KEY"] not in result.stdout + result.stderr


def test_the_doctor_says_when_a_server_is_not_there():
    spec = "openai:model@http://127.0.0.1:9/v1"
    result = CliRunner(env={"OPENAI_API_KEY": "x"}).invoke(app, ["doctor", "--teacher", spec])
    assert result.exit_code == 1 and "✗ teacher" in result.stdout
    assert "127.0.0.1:9" in result.stdout


def test_the_doctor_mends_sums_that_do_not_add_up(tmp_path):
    project = Project(tmp_path / "project")
    make_project(project)
    store = sqlite3.connect(project.store)
    store.execute("UPDATE spending SET usd = usd + 1")
    store.commit()
    store.close()
    first = CliRunner().invoke(app, ["doctor"]).stdout
    assert "1 of 1 faults mended" in first
    assert "references, sums and index agree" in CliRunner().invoke(app, ["doctor"]).stdout
