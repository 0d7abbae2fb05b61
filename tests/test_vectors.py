"""Vectors give way to the calls: none is begun while the event loop is behind."""

import asyncio
import time
from collections.abc import Sequence
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from corpus.beside import Beside
from graph.vectors import Vectors
from inscape.errors import EmbedderGone


class Noting:
    """Says of each text its length, fails as often as told, and knows when it was asked."""

    def __init__(self, failures: int = 0) -> None:
        self.asked: list[list[str]] = []
        self.failures = failures

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.append(list(texts))
        await asyncio.sleep(0.01)
        if self.failures:
            self.failures -= 1
            raise EmbedderGone.after(-9)
        return np.array([[len(text)] for text in texts], np.float32)


def over(embedder: Noting) -> Vectors:
    return Vectors(cast(Beside, embedder))


async def test_everyone_gets_the_row_of_their_own_text_and_each_is_asked_for_once() -> None:
    embedder = Noting()
    vectors = over(embedder)
    texts = ["a" * n for n in range(1, 30)]
    found = await asyncio.gather(*(vectors.begin(text) for text in [*texts, *texts]))
    assert [int(one[0]) for one in found] == [*range(1, 30), *range(1, 30)]
    assert sorted(text for batch in embedder.asked for text in batch) == sorted(texts)


async def test_while_the_loop_is_busy_nothing_is_embedded() -> None:
    embedder = Noting()
    vectors = over(embedder)
    coming = vectors.begin("later")
    for _ in range(20):
        time.sleep(0.05)  # another's work on the event loop
        await asyncio.sleep(0)
    assert embedder.asked == []
    assert int((await asyncio.wait_for(coming, 5))[0]) == 5


async def test_it_is_behind_only_while_many_wait() -> None:
    vectors = over(Noting())
    assert not vectors.behind
    coming = [vectors.begin("a" * n) for n in range(1, 40)]
    assert vectors.behind
    await asyncio.gather(*coming)
    assert not vectors.behind


async def test_what_failed_is_asked_for_anew() -> None:
    vectors = over(Noting(failures=1))
    with pytest.raises(EmbedderGone):
        await vectors.begin("once")
    assert int((await vectors.begin("once"))[0]) == 4
