"""Where writing to a provider's cache costs extra, the first call with a beginning goes ahead.

Anthropic takes a quarter more for a beginning that is put into its cache, and finds it there only
once an answer has begun: a dozen calls that set out together would all pay for putting it there.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

_KEPT = 240.0
"""Seconds after its last use in which a beginning is surely found; providers keep it for 300."""


class Warming:
    """Of one model: one call at a time for each beginning that its cache does not hold."""

    def __init__(self, kept: float = _KEPT) -> None:
        self._kept = kept
        self._used: dict[str, float] = {}
        self._first: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, beginning: str) -> AsyncIterator[None]:
        """Wait until the beginning is in the cache, or go ahead; who fails lets the next go."""
        if not self._holds(beginning):
            first = self._first.setdefault(beginning, asyncio.Lock())
            async with first:
                if not self._holds(beginning):
                    yield
                    self._used[beginning] = time.monotonic()
                    return
        yield
        self._used[beginning] = time.monotonic()

    def _holds(self, beginning: str) -> bool:
        used = self._used.get(beginning)
        return used is not None and time.monotonic() - used < self._kept
