"""A limit on calls in flight that serves the urgent first and adapts to what the server bears."""

import asyncio
import contextlib
import heapq
from collections.abc import AsyncIterator

_SHRINK = 0.75


class Slots:
    """A semaphore with priorities whose width falls on a 429 and rises after successes.

    Multiplicative decrease, additive increase, as in TCP congestion avoidance (RFC 5681): one cut
    for all that was sent before it, and one slot more when as many calls as there are went well.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.in_flight = 0
        self._most = width
        self._successes = 0
        self._sendings = 0
        self._cut = 0
        self._arrivals = 0
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    @contextlib.asynccontextmanager
    async def take(self, urgency: int) -> AsyncIterator[None]:
        """Hold one slot; a smaller `urgency` number goes first, then the earlier arrival."""
        if self.in_flight >= self.width or self._waiting:
            await self._queue(urgency)
        else:
            self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1
            self._wake()

    async def _queue(self, urgency: int) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._arrivals += 1
        heapq.heappush(self._waiting, (urgency, self._arrivals, turn))
        self._wake()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.in_flight -= 1
                self._wake()
            raise

    def _wake(self) -> None:
        while self._waiting and self.in_flight < self.width:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)

    def sending(self) -> int:
        """The number of one sending, which `shrink` is told when it was turned away."""
        self._sendings += 1
        return self._sendings

    def shrink(self, sending: int) -> None:
        if sending > self._cut:
            self._cut = self._sendings
            self.width = max(1, int(self.width * _SHRINK))
            self._successes = 0

    def succeeded(self) -> None:
        self._successes += 1
        if self._successes >= self.width and self.width < self._most:
            self.width += 1
            self._successes = 0
            self._wake()
