"""What the documentation tells people to type, found in its pages and carried out."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import typer
from typer.testing import CliRunner

from desk.app import app
from tests.runs import ROOT
from tests.training import needs_training

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
FENCE = re.compile(r"(?ms)^```(\w*)\n(.*?)^```$")
SPAN = re.compile(r"`(inscape [^`]+)`")
SHELLS = ("sh", "bash", "shell", "console")
COMMANDS = ("inscape", "make", "export", "unset", "pip", "git", "python", "echo", "head", ".")

NOT_RUN = {
    "make test": "installs and runs these very tests",
    "make train-setup": "installs packages",
    "make bench": "measures for minutes",
    "git clone": "needs the network",
    "pip install": "installs packages",
    ". .venv/bin/activate": "the tests run in an environment already",
    "python -m bench.": "measures for minutes",
    "python bench/": "measures for minutes",
    "inscape desk": "serves until Ctrl-C; the tests of the desk drive it",
}
TINY = "needs the network and a large model; the tutorial does it with a tiny one"
NOT_RUN |= {
    "inscape export --format preference": "needs rejections; tests/test_export_preference.py",
    "inscape train --base unsloth/": TINY,
    "inscape train --stage dpo": "tests/test_training.py does it",
    "inscape examine --critic": "tests/test_examining.py does it, on a tiny model",
    "inscape chat --compare": TINY,
    "inscape run book.pdf --target 200": "trains for rounds; tests/test_loop.py does it",
}
TRAINING = ("inscape train", "inscape examine", "inscape chat")
SCRIPTING = (ROOT / "docs" / "scripting.md").read_text(encoding="utf-8")


class Typed(NamedTuple):
    page: str
    line: str

    def __str__(self) -> str:
        return f"{self.page}: {self.line}"


def typed(page: Path) -> list[Typed]:
    """Every command of a page's fenced blocks, in order: those marked as shell, and unmarked ones
    that begin like one."""
    text = page.read_text(encoding="utf-8")
    return [
        Typed(page.name, line)
        for kind, block in FENCE.findall(text)
        if kind in SHELLS or (not kind and block.startswith(tuple(f"{c} " for c in COMMANDS)))
        for line in _lines(block)
    ]


def mentioned(page: Path) -> list[Typed]:
    """The commands that a page's sentences name, in `…`."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return [Typed(page.name, " ".join(span.split())) for span in SPAN.findall(text)]


def told_keys(command: str) -> set[str]:
    """The keys of a command's JSON, as docs/scripting.md lists them below `### `command``."""
    part = SCRIPTING.partition(f"\n### `{command}`\n")[2].partition("\n#")[0]
    return set(re.findall(r"(?m)^\| `(\w+)` \| ", part))


def _lines(block: str) -> Iterator[str]:
    for line in block.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words:
            yield line.partition("  #")[0].strip()


def words_of(line: str) -> list[str]:
    """The words after `inscape`, of the last command of a pipe."""
    words = shlex.split(line, comments=True)
    return words[len(words) - words[::-1].index("inscape") :]


def runnable(page: Path) -> Iterator[str]:
    for found in typed(page):
        trains = any(f"| {one}" in f"| {found.line}" for one in TRAINING)
        if not found.line.startswith(tuple(NOT_RUN)) and (can_train() or not trains):
            yield found.line


def parse(words: list[str]) -> str:
    """The command's name, read as the command line itself would, up to where it would begin.

    Raises for a wrong option.
    """
    command, names = typer.main.get_command(app), list[str]()
    context = command.make_context("inscape", list(words), obj=None)
    while isinstance(command, typer.core.TyperGroup):
        rest = [*context._protected_args, *context.args]
        if not rest:
            break
        name, command, rest = command.resolve_command(context, rest)
        names.append(name)
        context = command.make_context(name, rest, parent=context)
    return " ".join(names)


def options_of(words: list[str]) -> set[str]:
    """Every option that the command these words begin with knows."""
    command = typer.main.get_command(app)
    context = command.make_context("inscape", ["--project", "."])
    found = {option for param in command.params for option in param.opts}
    while words and isinstance(command, typer.core.TyperGroup):
        assert words[0] in command.commands, f"no command {words[0]!r}"
        command, words = command.get_command(context, words[0]), words[1:]
        found = {option for param in command.params for option in param.opts} | {"-h", "--help"}
    return found


class Shell:
    """Just enough of one to type a page's commands; `stand_ins` take the place of what a stranger
    has and a test has not."""

    def __init__(self, env: Mapping[str, str], stand_ins: Mapping[str, str]) -> None:
        self.env: dict[str, str | None] = dict(env)
        self.stand_ins = stand_ins

    def type(self, line: str) -> str:
        """What it prints. Fails the test when the command fails."""
        for written, here in self.stand_ins.items():
            line = line.replace(written, here)
        said, _, piped = line.rpartition("|")
        words = shlex.split(piped, comments=True)
        match words:
            case ["export", assignment]:
                return self._export(*assignment.split("=", 1))
            case ["unset", name]:
                self.env[name] = None
                return ""
            case ["make", "demo"]:
                return self._inscape(_demo(), "")
            case ["inscape", *rest]:
                return self._inscape(rest, self._system(shlex.split(said)) if said else "")
            case _:
                return self._system(words)

    def _export(self, name: str, value: str) -> str:
        if value != "…":
            self.env[name] = value
        return ""

    def _inscape(self, words: list[str], heard: str) -> str:
        done = CliRunner(env=self.env).invoke(app, words, input=heard)
        assert done.exit_code == 0, (words, done.stdout, done.stderr, done.exception)
        return done.stdout

    def _system(self, words: list[str]) -> str:
        if words[0] == "python":
            words = [sys.executable, *words[1:]]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def _demo() -> list[str]:
    """What `make demo` runs once everything is installed."""
    lines = subprocess.run(
        ["make", "--dry-run", "demo"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.replace("\\\n", " ")
    run = next(line for line in lines.splitlines() if "/inscape " in line)
    return shlex.split(run)[1:]


def can_train() -> bool:
    return not needs_training.args[0]
