"""Vectors give way to the calls: none is begun while the run is busy."""

import asyncio
import gc
from collections.abc import Callable, Sequence
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


def over(embedder: Noting, busy: Callable[[], bool] = lambda: False) -> Vectors:
    return Vectors(cast(Beside, embedder), busy)


async def test_everyone_gets_the_row_of_their_own_text_and_each_is_asked_for_once() -> None:
    embedder = Noting()
    vectors = over(embedder)
    texts = ["a" * n for n in range(1, 30)]
    found = await asyncio.gather(*(vectors.begin(text) for text in [*texts, *texts]))
    assert [int(one[0]) for one in found] == [*range(1, 30), *range(1, 30)]
    assert sorted(text for batch in embedder.asked for text in batch) == sorted(texts)


async def test_while_the_run_is_busy_nothing_is_embedded() -> None:
    embedder, looks = Noting(), iter([True] * 20)
    coming = over(embedder, lambda: next(looks, False)).begin("later")
    await asyncio.wait_for(coming, 5)
    assert next(looks, None) is None, "it looked until nothing else was to be done"
    assert int(coming.result()[0]) == 5


async def test_a_busy_run_keeps_it_waiting() -> None:
    embedder = Noting()
    coming = over(embedder, lambda: True).begin("later")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(coming), 0.1)
    assert embedder.asked == []
    coming.cancel()


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


async def test_what_fails_is_told_to_whoever_waits_and_to_nobody_else() -> None:
    told: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: told.append(what))
    vectors = over(Noting(failures=2))
    vectors.begin("nobody waits for this")
    with pytest.raises(EmbedderGone):
        await vectors.begin("and somebody for this")
    del vectors
    gc.collect()
    assert told == []


async def test_whoever_leaves_leaves_nothing_under_way_and_nothing_begins_afterwards() -> None:
    embedder = Noting()
    async with over(embedder) as vectors:
        coming = [vectors.begin("a" * n) for n in range(1, 40)]
        await asyncio.wait(coming, return_when=asyncio.FIRST_COMPLETED)
    begun = len(embedder.asked)
    await asyncio.sleep(0.05)
    assert 1 <= len(embedder.asked) == begun < 20
    assert all(one.done() for one in coming) and coming[-1].cancelled()
