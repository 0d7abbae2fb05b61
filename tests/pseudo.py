"""A real pseudo-terminal with the real command in it."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Terminal:
    """`inscape` with `words`, on a terminal of 80 by 30."""

    def __init__(self, *words: str, **environment: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 80, 0, 0))
        inherited = {
            k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "inscape", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env={**inherited, "TERM": "xterm", **environment},
            start_new_session=True,
            close_fds=True,
        )
        os.close(slave)
        self.seen = ""

    def wait_for(self, text: str, seconds: float = 110) -> None:
        until = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < until, f"{text!r} never came; seen: {self.seen[-2000:]}"
            if select.select([self.master], [], [], 0.2)[0]:
                read = self._read()
                assert read, f"it ended before {text!r} came; seen: {self.seen[-2000:]}"
                self.seen += read

    def _read(self) -> str:
        """Nothing once the other side has gone: Linux says that with an error."""
        try:
            return os.read(self.master, 65536).decode("utf-8", "replace")
        except OSError:
            return ""

    def press(self, keys: str, then: str) -> None:
        """Type, and wait for what must come of it."""
        self.seen = ""
        os.write(self.master, keys.encode())
        self.wait_for(then)

    def close(self) -> int:
        """Its exit code, once it has ended."""
        try:
            return self.process.wait(timeout=30)
        finally:
            self.process.kill()
            os.close(self.master)
