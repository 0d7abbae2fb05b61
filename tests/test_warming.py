"""Where a provider charges for filling its cache, one call a beginning goes ahead of the others."""

import asyncio

import pytest

from graph.warming import Warming
from inscape.errors import ModelRefusedCall


class Line:
    """Who is under way at the same time, by beginning."""

    def __init__(self, warming: Warming) -> None:
        self.warming, self.under_way, self.most = warming, 0, 0

    async def call(self, beginning: str, fails: bool = False) -> None:
        async with self.warming.turn(beginning):
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            await asyncio.sleep(0.01)
            self.under_way -= 1
            if fails:
                raise ModelRefusedCall("no")


async def test_the_first_goes_alone_and_the_others_together() -> None:
    line = Line(Warming())
    first = asyncio.create_task(line.call("one"))
    others = [asyncio.create_task(line.call("one")) for _ in range(5)]
    await first
    assert line.most == 1
    await asyncio.gather(*others)
    assert line.most == 5


async def test_two_beginnings_do_not_wait_for_each_other() -> None:
    line = Line(Warming())
    await asyncio.gather(line.call("one"), line.call("another"))
    assert line.most == 2


async def test_when_the_first_fails_the_next_goes_ahead() -> None:
    line = Line(Warming())
    first = asyncio.create_task(line.call("one", fails=True))
    others = [asyncio.create_task(line.call("one")) for _ in range(3)]
    with pytest.raises(ModelRefusedCall):
        await first
    await asyncio.gather(*others)
    assert line.most == 2


async def test_what_the_provider_has_forgotten_is_put_there_once_more() -> None:
    line = Line(Warming(kept=0.0))
    await line.call("one")
    await asyncio.gather(*(line.call("one") for _ in range(4)))
    assert line.most == 1
