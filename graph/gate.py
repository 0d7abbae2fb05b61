"""Lets an assignment begin only while more examples are wanted than are under way."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from inscape.progress import Counts


class Gate:
    """Nothing is bought beyond the target: what is under way counts as if it would be kept.

    Twice as many assignments as calls may be with the models, so that a call is always ready to go
    while another example is being stored. Those that wait for their vector stand aside, up to
    three times as many again: embedding falls behind fast models, and no call should wait for it.
    """

    def __init__(self, target: int, concurrency: int, counts: Counts) -> None:
        self._target = target
        self._most_busy = 2 * concurrency
        self._most = 4 * self._most_busy
        self._kept = counts.accepted + counts.escalated
        self._under_way = 0
        self._aside = 0
        self._deferred = 0
        self._moved = asyncio.Condition()

    @property
    def reached(self) -> bool:
        return self._kept >= self._target

    async def recount(self, counts: Counts, target: int) -> None:
        """At a round's start: decisions made elsewhere count too, and the target may have grown."""
        async with self._moved:
            self._target = target
            self._kept = counts.accepted + counts.escalated
            self._deferred = 0
            self._moved.notify_all()

    async def enter(self) -> bool:
        """Wait for a place; False when the target is reached, or all who might reach it wait for
        a batch."""
        async with self._moved:
            await self._moved.wait_for(
                lambda: self.reached or self._has_room or not self._under_way
            )
            if not self._has_room:
                return False
            self._under_way += 1
            return True

    async def leave(self, *, kept: bool, deferred: bool = False) -> None:
        """`deferred`: it waits for a batch, and keeps its place until the next recount."""
        async with self._moved:
            self._under_way -= 1
            self._kept += kept
            self._deferred += deferred
            self._moved.notify_all()

    @contextlib.asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """While nothing is asked of a model: somebody else may."""
        async with self._moved:
            self._aside += 1
            self._moved.notify_all()
        try:
            yield
        finally:
            self._aside -= 1

    @property
    def _has_room(self) -> bool:
        wanted = self._target - self._kept - self._deferred
        busy = self._under_way - self._aside
        return busy < self._most_busy and self._under_way < min(self._most, wanted)
