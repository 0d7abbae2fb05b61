"""Starting the last run again from the desk, and stopping it: a process of its own."""

import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from typing import IO, Any

from graph.holding import is_held
from inscape.errors import ProjectError
from inscape.project import Project
from memory.store import Store

# Of the last run: not to start anew each time, and nobody sits at a terminal.
_LEFT_OUT = ("resume", "review")
_BESIDE = ("passages", "ocr", "ray", "train", "iterations", "allow_rehearsal")  # no settings
PATIENCE = 20.0  # seconds for the calls in flight to end


class Runner:
    """The same command as before, as the memory remembers it; the store is where they meet."""

    def __init__(self, project: Project, store: Store) -> None:
        self._project, self._store = project, store
        self._child: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        self._starting = threading.Lock()

    @property
    def going(self) -> bool:
        return self.ours or is_held(self._project) or bool(self._store.holder())

    @property
    def ours(self) -> bool:
        """Whether it is the desk's own run, which it may stop."""
        return self._child is not None and self._child.poll() is None

    @property
    def can_start(self) -> bool:
        return self._store.recall("asked") is not None and not self.going

    @property
    def complaint(self) -> str:
        """What the desk's last run said when it could not go on."""
        if self._said is None or self._child is None or self._child.poll() != 1:
            return ""
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""

    def start(self) -> None:
        """Raises ProjectError when there is nothing to go on with, or a run is going."""
        with self._starting:
            self._start()

    def _start(self) -> None:
        asked = self._store.recall("asked")
        if asked is None:
            raise ProjectError(
                "It is not known how this run was started", hint="Start it with inscape run"
            )
        if self.going:
            raise ProjectError("A run is working on this project already")
        self.close()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  # read when the child has ended
        self._child = subprocess.Popen(
            command(asked, self._project),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            start_new_session=True,  # Ctrl-C at the desk's terminal is passed on once, by `stop`
        )

    def stop(self) -> None:
        """Gently: calls in flight end and are kept."""
        if self._child is not None and self.ours:
            self._child.send_signal(signal.SIGINT)

    def close(self) -> bool:
        """Ask what is under way to end, and wait for it a while. False when it is still at its
        last calls: they are kept, and then it ends by itself."""
        self.stop()
        if self._said is not None:
            self._said.close()
        try:
            return self._child is None or self._child.wait(PATIENCE) is not None
        except subprocess.TimeoutExpired:
            return False


def command(asked: Mapping[str, Any], project: Project) -> list[str]:
    """What a person would type to go on."""
    words = [sys.executable, "-m", "inscape", "--project", str(project.root), "run", "--json"]
    said = {name: value for name, value in asked["said"].items() if name not in _LEFT_OUT}
    beside = {name: asked.get(name) for name in _BESIDE}
    said |= {name: value for name, value in beside.items() if value not in (None, False)}
    words += [_option(name, value) for name, value in said.items() if not isinstance(value, dict)]
    return [*words, "--", *asked["books"]]


def _option(name: str, value: Any) -> str:
    name = name.replace("_", "-")
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    return f"--{name}={','.join(value) if isinstance(value, list) else value}"
