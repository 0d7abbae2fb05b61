"""Where a provider charges for filling its cache, one call a beginning goes ahead of the others."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from agents.together import together
from desk.panel import critic_of
from graph.warming import Warming
from inscape.errors import ModelRefusedCall
from inscape.settings import Price, Settings
from memory.store import Store
from memory.tables import CallRow
from tests.critic_parts import LIBRARY, long_enough
from tests.stub.fixtures import Server


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


async def test_outside_a_run_too_only_one_call_pays_for_the_cache(
    stub: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in stub.env.items():
        monkeypatch.setenv(name, value)
    stub.control(latency=0.05, cache_least=1)
    settings = Settings(prices={"stub": Price(input=1, output=5, cache_write=1.25)})
    template, drafts = LIBRARY.template("1"), [long_enough(f"The cup {n}.") for n in range(4)]
    with Store.open(tmp_path / "memory.db") as store:
        async with critic_of(["anthropic:stub"], settings, LIBRARY, store) as critic:
            await together(critic.judge(one.spoken, one, template, None) for one in drafts)
        with store._reading() as connection:
            cached = sorted(connection.scalars(select(CallRow.cached_tokens)))
    assert cached[0] == 0 and len(cached) == 4
    assert cached[1] == cached[3] > 0
