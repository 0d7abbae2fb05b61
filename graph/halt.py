"""How a run is stopped gently: no new call is sent, calls in flight end and are kept."""

import asyncio
import contextlib

from inscape.errors import InscapeError
from inscape.progress import Stop


class Halted(InscapeError):
    """The run is being stopped; the assignment stays planned and is taken up by the next run."""


class Halt:
    """The first reason to stop wins. `error` is raised again when the graph has come to rest."""

    def __init__(self) -> None:
        self.stop: Stop | None = None
        self.error: InscapeError | None = None
        self.said = asyncio.Event()

    def say(self, stop: Stop, error: InscapeError | None = None) -> None:
        if self.stop is None:
            self.stop = stop
            self.error = error
            self.said.set()

    def check(self) -> None:
        if self.stop is not None:
            raise Halted("The run is stopping")

    async def sleep(self, seconds: float) -> None:
        """Wait, but not longer than until somebody says stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.said.wait(), seconds)
        self.check()
