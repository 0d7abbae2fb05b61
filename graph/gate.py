"""Lets an assignment begin only while more examples are wanted than are under way."""

import asyncio

from inscape.progress import Counts


class Gate:
    """Nothing is bought beyond the target: what is under way counts as if it would be kept.

    Twice as many assignments as calls may be under way, so that a call is always ready to go
    while another example is being embedded or stored.
    """

    def __init__(self, target: int, concurrency: int, counts: Counts) -> None:
        self._target = target
        self.most = 2 * concurrency
        self._kept = counts.accepted + counts.escalated
        self._under_way = 0
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

    @property
    def _has_room(self) -> bool:
        wanted = self._target - self._kept - self._deferred
        return self._under_way < min(self.most, wanted)
