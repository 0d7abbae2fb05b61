"""Examples turned into vectors off the event loop, those that arrive together in one batch."""

import asyncio
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from corpus.embed import Embedder

Vector = NDArray[np.float32]

_KEPT = 512
_BATCH = 16


class Vectors:
    """Vectors by text; a small cache, because a draft is weighed first and admitted later."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._cache: OrderedDict[str, Vector] = OrderedDict()
        self._wanted: OrderedDict[str, None] = OrderedDict()
        self._busy = asyncio.Lock()

    async def of(self, text: str) -> Vector:
        """The normalised vector of `text`, shape (dimension,)."""
        if text not in self._cache:
            self._wanted[text] = None
        while text not in self._cache:
            async with self._busy:
                if text not in self._cache:
                    await self._encode(text)
        self._cache.move_to_end(text)
        return self._cache[text]

    async def _encode(self, text: str) -> None:
        """Encode what has gathered, `text` first: who waits behind the lock finds theirs done."""
        self._wanted.pop(text, None)
        others = list(self._wanted)[: _BATCH - 1]
        for other in others:
            del self._wanted[other]
        batch = [text, *others]
        rows = await asyncio.to_thread(self._embedder.encode, batch)
        for encoded, row in zip(batch, rows, strict=True):
            self._cache[encoded] = row
        while len(self._cache) > _KEPT:
            self._cache.popitem(last=False)
