"""Examples turned into vectors beside the event loop, a few at a time on each processor."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from corpus.beside import AT_ONCE, Beside

Vector = NDArray[np.float32]

_KEPT = 512
_BATCH = 2
_AHEAD = 2 * AT_ONCE
"""Batches asked for at once: the next is there when one is done."""
_BEAT = 0.005
"""Seconds to a look at whether the run is busy."""


class Vectors:
    """Vectors by text; a small cache, because a draft is weighed first and admitted later.

    While the run is `busy` none is begun: the calls come first, vectors can wait. After the context
    none is begun either, and what was under way is dropped.
    """

    def __init__(self, embedder: Beside, busy: Callable[[], bool]) -> None:
        self._embedder = embedder
        self._busy = busy
        self._cache: OrderedDict[str, asyncio.Future[Vector]] = OrderedDict()
        self._wanted: list[str] = []
        self._working: set[asyncio.Task[Vector]] = set()
        self._looking = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._wanted.clear()
        for work in self._working:
            work.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
        for coming in self._cache.values():
            coming.cancel()

    async def load(self) -> None:
        """What the first text would wait for."""
        await self._embedder.load()

    def begin(self, text: str) -> asyncio.Future[Vector]:
        """The normalised vector of `text`, shape (dimension,), when it is there.

        Several may wait for the same one: it is theirs to read, not to cancel.
        """
        coming = self._cache.get(text)
        if coming is None:
            coming = self._cache[text] = asyncio.get_running_loop().create_future()
            self._wanted.append(text)
            self._go_on()
        return coming

    @property
    def behind(self) -> bool:
        """Whether so many texts wait that a new one would wait long."""
        return len(self._wanted) > _BATCH * _AHEAD

    def _go_on(self) -> None:
        """Soon, with what else is wanted by then."""
        if self._wanted and not self._looking:
            self._looking, loop = True, asyncio.get_running_loop()
            loop.call_later(_BEAT, self._look)

    def _look(self) -> None:
        self._looking = False
        if self._busy():
            self._go_on()
        else:
            self._start()

    def _start(self) -> None:
        while self._wanted and len(self._working) < _AHEAD:
            batch, self._wanted = self._wanted[:_BATCH], self._wanted[_BATCH:]
            work = asyncio.create_task(self._embedder.encode(batch))
            self._working.add(work)
            work.add_done_callback(partial(self._finish, batch))

    def _finish(self, batch: list[str], work: "asyncio.Task[Vector]") -> None:
        """Hand out the rows, or the error: then the next who wants one of the texts tries anew."""
        self._working.discard(work)
        coming = [self._cache[text] for text in batch]
        error = None if work.cancelled() else work.exception()
        for number, (text, one) in enumerate(zip(batch, coming, strict=True)):
            if work.cancelled() or error:
                del self._cache[text]
            if work.cancelled():
                one.cancel()
            elif error:
                one.set_exception(error)
                one.exception()  # is told to whoever waits; asyncio need not tell it if nobody does
            else:
                one.set_result(work.result()[number])
        self._forget()
        self._go_on()

    def _forget(self) -> None:
        while len(self._cache) > _KEPT and next(iter(self._cache.values())).done():
            self._cache.popitem(last=False)
