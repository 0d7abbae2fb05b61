"""Examples turned into vectors off the event loop, a few at a time on each processor."""

import asyncio
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from corpus.embed import Embedder

Vector = NDArray[np.float32]

_KEPT = 512
_BATCH = 2
_AT_ONCE = 2


class Vectors:
    """Vectors by text; a small cache, because a draft is weighed first and admitted later."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._cache: OrderedDict[str, asyncio.Future[Vector]] = OrderedDict()
        self._wanted: list[str] = []
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def of(self, text: str) -> Vector:
        """The normalised vector of `text`, shape (dimension,)."""
        coming = self._cache.get(text)
        if coming is None:
            coming = self._cache[text] = asyncio.get_running_loop().create_future()
            self._wanted.append(text)
            async with self._turns:
                if not coming.done():
                    await self._encode()
        return await coming

    async def _encode(self) -> None:
        """Encode what has waited longest: each turn takes at least one, so none is left."""
        batch, self._wanted = self._wanted[:_BATCH], self._wanted[_BATCH:]
        if not batch:
            return
        coming = [self._cache[text] for text in batch]
        try:
            rows = await asyncio.to_thread(self._embedder.encode, batch)
        except BaseException:
            for text, one in zip(batch, coming, strict=True):
                del self._cache[text]
                one.cancel()
            raise
        for one, row in zip(coming, rows, strict=True):
            one.set_result(row)
        self._forget()

    def _forget(self) -> None:
        while len(self._cache) > _KEPT and next(iter(self._cache.values())).done():
            self._cache.popitem(last=False)
