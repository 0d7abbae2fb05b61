"""How tests run Inscape as a person does: whole commands, here or in processes of their own."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from desk.app import app
from tests.stub.fixtures import Server

ROOT = Path(__file__).resolve().parent.parent

REHEARSAL = ("--teacher", "rehearsal", "--critic", "rehearsal")
OPENAI = ("--teacher", "openai:stub", "--critic", "openai:stub")
ANTHROPIC = ("--teacher", "anthropic:stub", "--critic", "anthropic:stub")


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


class Inscape:
    """The command line on one project."""

    def __init__(self, project: Path, env: dict[str, str] | None = None) -> None:
        self.project = project
        self.env = {**os.environ, "INSCAPE_PROJECT": str(project), **(env or {})}

    def __call__(self, *arguments: str | Path) -> Ended:
        """In this process, which saves a test the seconds that the imports take."""
        return self.talk("", *arguments)

    def talk(self, typed: str, *arguments: str | Path) -> Ended:
        """The same with something on standard input."""
        runner = CliRunner(env=self.env)
        done = runner.invoke(app, list(map(str, arguments)), input=typed)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ended(done.exit_code, done.stdout, done.stderr)

    def apart(self, *arguments: str | Path) -> Ended:
        """In a process of its own."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=110)
        return Ended(process.returncode, out, err)

    def start(self, *arguments: str | Path) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.command(*arguments),
            env=self.env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def command(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "inscape", *map(str, arguments)]


def kill_after(runs: Inscape, stub: Server, asked: Sequence[str | Path], answered: int) -> None:
    """Start a run, and end it for good when the stub has answered so often."""
    process = runs.start(*asked)
    while stub.stats["answered"] < answered and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.communicate()


def adds_up(report: dict[str, Any]) -> bool:
    outcomes = ("accepted", "escalated", "rejected", "failed")
    return bool(sum(report[one] for one in outcomes) == report["assignments"])


def chapters(text: str, first: int, last: int) -> str:
    """Some chapters of our own novel."""
    parts = re.split(r"(?m)^(?=# )", text)
    return "".join(parts[first : last + 1])
