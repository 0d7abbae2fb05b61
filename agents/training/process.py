"""A process of our own that reports JSON lines: started, listened to, and stopped gently."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

_LONGEST_LINE = 2**26
_PATIENCE = 60.0


class Process:
    """`python -m MODULE DIR` in a session of its own, so that Ctrl-C reaches only us.

    It works in DIR, where some libraries leave caches. Leaving the context ends it.
    """

    def __init__(self, module: str, root: Path) -> None:
        self._command = (sys.executable, "-m", module, str(root.resolve()))
        self._root = root
        self._running: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "Process":
        self._running = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=self._root,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            start_new_session=True,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            await asyncio.shield(self._end())

    @property
    def _process(self) -> asyncio.subprocess.Process:
        assert self._running is not None, "used outside its context"
        return self._running

    def stop(self) -> None:
        """Ask it to come to an end."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Until it closes its output."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            yield json.loads(line)

    async def next_event(self) -> dict[str, Any] | None:
        async for event in self.events():
            return event
        return None

    async def say(self, data: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._process.stdin.write((json.dumps(data, ensure_ascii=False) + "\n").encode())
            await self._process.stdin.drain()

    async def ended(self) -> int:
        return await self._process.wait()

    async def _end(self) -> None:
        self.stop()
        try:
            await asyncio.wait_for(self._process.wait(), _PATIENCE)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
