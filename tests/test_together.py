"""Calls side by side: when the run is stopped, those in flight end and their answers are kept."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agents.choice import Rating
from agents.close_reading import BATCH, CloseReader
from agents.critic import Critic, Policy
from agents.examining.comparing import Comparer, Pair
from agents.models.base import Model, Reply, Request
from graph.budget import Budget
from graph.gateway import Gateway
from graph.halt import Halt, Halted
from memory.store import Store
from tests.critic_parts import LIBRARY, long_enough
from tests.memory_parts import passage

AT_ONCE = 2
SHORT, LONG = 0.01, 0.2
PROBES = LIBRARY.probes.inner


class Server:
    """Answers the first call soon and every later one late; says when all its places are taken."""

    def __init__(self) -> None:
        self.asked = 0
        self.full = asyncio.Event()

    async def answer(self) -> Reply:
        self.asked += 1
        wait = SHORT if self.asked == 1 else LONG
        if self.asked == AT_ONCE:
            self.full.set()
        await asyncio.sleep(wait)
        return Reply("Well.", "end_turn", usd=0.1)


class Slow:
    """One of the server's models."""

    is_rehearsal = False

    def __init__(self, server: Server, spec: str) -> None:
        self._server, self.spec = server, spec

    async def ask(self, request: Request) -> Reply:
        return await self._server.answer()


def comparer(*models: Model) -> Comparer:
    return Comparer(Critic(models, LIBRARY, Policy()), LIBRARY, seed=0)


def read_closely(models: list[Model]) -> Awaitable[object]:
    some = [passage(n) for n in range(2 * BATCH + 1)]
    return CloseReader(LIBRARY, models[0]).read(some, {one.id: Rating(0.5) for one in some})


def judge(models: list[Model]) -> Awaitable[object]:
    critic = Critic(models, LIBRARY, Policy())
    return critic.judge("a.0", long_enough(), LIBRARY.template("1"), None)


def compare_by_a_panel(models: list[Model]) -> Awaitable[object]:
    return comparer(*models).compare(Pair(PROBES[0], "I wait.", "I look."))


def compare_many(models: list[Model]) -> Awaitable[object]:
    pairs = [Pair(probe, "I wait.", "I look.") for probe in PROBES[:3]]
    return comparer(models[0]).compare_all(pairs, lambda done: None)


@pytest.mark.parametrize("work", [read_closely, judge, compare_by_a_panel, compare_many])
async def test_who_is_stopped_hears_of_it_when_the_last_call_in_flight_is_paid_and_kept(
    work: Callable[[list[Model]], Awaitable[object]], tmp_path: Path
) -> None:
    halt, server = Halt(), Server()
    budget = Budget(usd=0, calls=0, max_usd=None, max_calls=None)
    with Store.open(tmp_path / "memory.db") as store:
        gateway = Gateway(store.ledger, halt, budget, concurrency=AT_ONCE)
        slow = [gateway.over(Slow(server, f"slow:{n}"), lambda request: 0.0) for n in range(3)]
        working = asyncio.ensure_future(work(slow))
        await server.full.wait()
        halt.say("interrupted")
        with pytest.raises(Halted):
            await working
        spent = store.ledger.spent()
    assert (spent.calls, spent.answered) == (AT_ONCE, AT_ONCE)
    assert spent.usd == pytest.approx(0.2)
