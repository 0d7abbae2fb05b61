"""One piece of work a round of the event loop, so that calls come and go between any two."""

import asyncio
from collections import deque

QUIET = 0.01
"""Seconds: answers of one crowd come closer together than this, those of slow models seldom."""


class Turns:
    """A queue for whoever is about to compute for some milliseconds, first come, first served.

    Answers come in crowds. Would each be read as it comes, the next calls would leave, and the
    other answers be noticed, only when all of them are read; so one is read a round.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._moving = False
        self._last = -QUIET

    @property
    def wanted(self) -> bool:
        """Whether somebody waits, or did a moment ago: in a crowd the next is not far."""
        return bool(self._waiting) or asyncio.get_running_loop().time() - self._last < QUIET

    async def take(self) -> None:
        """Wait for a turn; it ends where the caller next waits for anything."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        if not self._moving:
            self._moving = True
            loop.call_soon(self._next, loop)
        await turn

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # whoever was cancelled needs none
                turn.set_result(None)
                self._last = loop.time()
                loop.call_soon(self._next, loop)
                return
        self._moving = False
