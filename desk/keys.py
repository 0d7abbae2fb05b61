"""Single keys from a terminal, by name: letters as they are, and `up`, `page-down`, `undo` …"""

import os
import select
import shutil
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

NAMES = {
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1b[C": "right",
    "\x1b[D": "left",
    "\x1bOA": "up",
    "\x1bOB": "down",
    "\x1bOC": "right",
    "\x1bOD": "left",
    "\x1b[5~": "page-up",
    "\x1b[6~": "page-down",
    "\x1b[H": "home",
    "\x1b[F": "end",
    "\x1b[1~": "home",
    "\x1b[4~": "end",
    "\x1b": "escape",
    "\r": "enter",
    "\n": "enter",
    " ": "space",
    "\x7f": "undo",
    "\x08": "undo",
    "\x1a": "undo",
    "\x03": "interrupt",
    "\x04": "q",
    "\x0c": "redraw",
}
PATIENCE = 0.05  # a lone Esc is told from the start of a sequence by nothing following it
LOOK = 0.5  # how often a changed window is noticed
DECIDING = ("a", "x", "e", "space")
TWICE = 0.25  # seconds in which nobody has looked at the next example


class Keys(Protocol):
    """Where keys come from: a terminal, or a list in a test."""

    def next(self) -> str:
        """The next key's name; `redraw` when the window changed; `q` when nobody is there."""
        ...


class Once:
    """Keys as they come, but a deciding one that comes twice by accident, or is held, comes once.

    Time is counted from when the next key is asked for: what the last one did is shown by then.
    """

    def __init__(self, keys: Keys, now: Callable[[], float] = time.monotonic) -> None:
        self._keys, self._now = keys, now
        self._decided = False

    def next(self) -> str:
        shown = self._now()
        while (key := self._keys.next()) in DECIDING:
            since, shown = shown, self._now()
            if not self._decided or shown - since >= TWICE:
                self._decided = True
                return key
        self._decided = self._decided and key == "redraw"
        return key


class TerminalKeys:
    """Keys of the terminal at standard input. Use inside `raw()`."""

    def __init__(self) -> None:
        self._fd = sys.stdin.fileno()
        self._pending = ""
        self._before = termios.tcgetattr(self._fd)
        self._size = shutil.get_terminal_size()

    @contextmanager
    def raw(self) -> Iterator[None]:
        """Keys one by one and unechoed, Ctrl+Z included; output is left as it is."""
        self._before = termios.tcgetattr(self._fd)
        now = termios.tcgetattr(self._fd)
        now[0] &= ~(termios.IXON | termios.ICRNL)
        now[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN)
        termios.tcsetattr(self._fd, termios.TCSADRAIN, now)
        try:
            yield
        finally:
            with suppress(termios.error):  # the terminal may have gone away
                termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

    @contextmanager
    def cooked(self) -> Iterator[None]:
        """Inside `raw()`: the terminal as it was, for another program to use."""
        raw = termios.tcgetattr(self._fd)
        termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)
        try:
            yield
        finally:
            termios.tcsetattr(self._fd, termios.TCSADRAIN, raw)

    def next(self) -> str:
        while not self._pending:
            if self._ready(LOOK):
                read = os.read(self._fd, 1024)
                if not read:
                    return "q"
                self._pending += read.decode("utf-8", "replace")
            elif self._size != (size := shutil.get_terminal_size()):
                self._size = size
                return "redraw"
        return self._take()

    def _ready(self, seconds: float) -> bool:
        return bool(select.select([self._fd], [], [], seconds)[0])

    def _take(self) -> str:
        """One key off what was typed; a sequence in pieces is waited for."""
        if self._pending == "\x1b" and self._ready(PATIENCE):
            self._pending += os.read(self._fd, 1024).decode("utf-8", "replace")
        for sequence in sorted(NAMES, key=len, reverse=True):
            if len(sequence) > 1 and self._pending.startswith(sequence):
                self._pending = self._pending[len(sequence) :]
                return NAMES[sequence]
        if self._pending.startswith(("\x1b[", "\x1bO")):
            return self._unknown_sequence()
        key, self._pending = self._pending[0], self._pending[1:]
        return NAMES.get(key, key)

    def _unknown_sequence(self) -> str:
        """A key we have no use for must not be read as the letters it is made of."""
        end = next((n for n, c in enumerate(self._pending[2:], 3) if "@" <= c <= "~"), None)
        self._pending = self._pending[end:] if end else ""
        return "other"
