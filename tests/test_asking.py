"""At a terminal `run` asks for what nobody said; elsewhere it never does."""

import contextlib
import signal
import subprocess

import pytest
import typer
from typer.testing import CliRunner

from agents.models.nearby import nearby
from desk.app import app
from desk.asking import _dollars, _paths
from desk.examples import EXAMPLES
from inscape.errors import UsageError
from inscape.keys import Keys
from tests import docs
from tests.pseudo import Terminal
from tests.stub.fixtures import KEY, Server

pytestmark = pytest.mark.timeout(400)

BOOK, MODEL, MANY = "A number, or a path", "PROVIDER:MODEL [", "A number [50]"


def test_a_stranger_who_says_only_run_is_led_to_a_dataset(tmp_path) -> None:
    terminal = Terminal("run", "--project", str(tmp_path / "p"))
    terminal.wait_for(BOOK)
    assert "1  examples/lamp-and-scale.pdf" in terminal.seen
    terminal.press("nowhere.pdf\r", "There is no book at 'nowhere.pdf'")
    terminal.press("1\r", MODEL)
    assert "no key: export ANTHROPIC_API_KEY" in terminal.seen
    terminal.press("1\r", "ANTHROPIC_API_KEY is not set")
    terminal.press("rehearsal\r", MANY)
    terminal.press("none\r", "Not a number of examples: 'none'")
    terminal.press("3\r", "3 of 3 accepted")
    terminal.wait_for("use a real teacher")
    terminal.wait_for("anthropic:MODEL")
    assert terminal.close() == 0


def test_what_it_takes_is_shown_before_anything_is_sent(tmp_path, stub: Server) -> None:
    terminal = Terminal("run", "--project", str(tmp_path / "p"), "--target", "3", **stub.env)
    terminal.wait_for(BOOK)
    terminal.press("\r", MODEL)
    assert "the key in ANTHROPIC_API_KEY" in terminal.seen
    assert f"OPENAI_BASE_URL  {stub.url}/v1, stub, stub-large" in terminal.seen
    terminal.press("1\r", "Which model of Claude? [claude-sonnet-5-5]")
    terminal.press("\r", "in US dollars? [1]")
    assert "Nothing has been sent." in terminal.seen and "calls" in terminal.seen
    terminal.press("much\r", "Not a sum: 'much'")
    terminal.press("0.5\r", "Go on?")
    said = " ".join(terminal.seen.split())
    assert "examples/lamp-and-scale.pdf --teacher anthropic:claude-sonnet-5-5" in said
    assert "--max-usd 0.5" in said and KEY not in said
    terminal.press("n\r", "\n")
    assert terminal.close() == 0
    assert stub.stats["requests"] == 0 and not (tmp_path / "p").exists()


def interrupt(process: subprocess.Popen[bytes]) -> None:
    """Once more where it came in the instant before the prompt began to listen."""
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
            return


@pytest.mark.parametrize("way", ["Ctrl-C", "Ctrl-D"])
def test_who_leaves_at_a_question_has_left(tmp_path, way: str) -> None:
    terminal = Terminal("run", "--project", str(tmp_path / "p"))
    terminal.wait_for(f"{BOOK} ")
    if way == "Ctrl-C":
        interrupt(terminal.process)
    else:
        terminal.press("\x04", "\n")
    assert terminal.close() == 130


@pytest.mark.parametrize("flag", ["--json", "--yes"])
def test_a_script_is_not_asked_on_a_terminal_either(tmp_path, flag: str) -> None:
    terminal = Terminal("run", flag, "--project", str(tmp_path / "p"))
    terminal.wait_for("Which book? inscape run")
    assert terminal.close() == 2


async def test_servers_are_found_with_their_models_and_others_passed_over(stub: Server) -> None:
    usual = {"Ours": f"{stub.url}/v1", "Nobody": "http://127.0.0.1:9/v1", "Not one": stub.url}
    found = await nearby(Keys(openai_base_url=f"{stub.url}/v1/"), usual)
    assert [(one.name, one.spec(one.models[0])) for one in found] == [
        ("OPENAI_BASE_URL", "openai:stub"),
        ("Ours", f"openai:stub@{stub.url}/v1"),
    ]


def test_a_path_is_taken_as_a_file_manager_drops_it(tmp_path) -> None:
    book = tmp_path / "my book.pdf"
    book.touch()
    for dropped in (str(book), f"'{book}'", str(book).replace(" ", "\\ ")):
        assert _paths(dropped) == [book]
    assert [str(path) for path in _paths("a.pdf b.epub")] == ["a.pdf", "b.epub"]


def test_a_sum_is_a_sum() -> None:
    assert [_dollars(text) for text in ("5", "$2.50", "0")] == [5, 2.5, 0]
    for text in ("-1", "inf", "nan", "five"):
        with pytest.raises(UsageError):
            _dollars(text)


def test_every_help_ends_with_examples_that_the_command_line_understands() -> None:
    for command, lines in EXAMPLES.items():
        shown = CliRunner().invoke(app, [*command.split(), "--help"]).stdout
        assert "Examples:" in shown
        for line in lines:
            assert f"    {line}\n" in shown
            words = docs.words_of(line)
            assert " ".join(words).startswith(command) or not command
            docs.parse(words)


def test_no_command_is_without_examples() -> None:
    def names(group, before: str = ""):
        for name, command in group.commands.items():
            yield f"{before}{name}"
            yield from names(command, f"{name} ") if hasattr(command, "commands") else ()

    assert set(names(typer.main.get_command(app))) == set(EXAMPLES) - {""}


def test_the_shell_can_complete_commands_and_options(monkeypatch) -> None:
    assert "_inscape_completion" in _completed(monkeypatch, "source_bash", "inscape ")
    assert _completed(monkeypatch, "complete_bash", "inscape exp", 1).split() == ["export"]
    assert "--teacher" in _completed(monkeypatch, "complete_bash", "inscape run --te", 2)


def _completed(monkeypatch, what: str, words: str, at: int = 0) -> str:
    env = {"_INSCAPE_COMPLETE": what, "COMP_WORDS": words, "COMP_CWORD": str(at)}
    return CliRunner(env=env).invoke(app, [], prog_name="inscape").stdout


def test_a_book_that_is_not_there_is_said_before_anything_is_asked(tmp_path) -> None:
    terminal = Terminal("run", "nowhere.pdf", "--project", str(tmp_path / "p"))
    terminal.wait_for("There is no book at 'nowhere.pdf'")
    assert terminal.close() == 1
