"""Slots, gate and budget: what may be under way at one time."""

import asyncio
import contextlib

import pytest

from graph.budget import Budget
from graph.gate import Gate
from graph.halt import Halt, Halted
from graph.slots import Slots
from inscape.errors import BudgetReached, ModelUnavailable
from inscape.progress import Counts


async def test_a_slot_goes_to_the_urgent_before_the_early() -> None:
    slots, order = Slots(1), []

    async def call(name: str, urgency: int) -> None:
        async with slots.take(urgency):
            order.append(name)

    async with slots.take(3):
        names = [("teach 1", 3), ("teach 2", 3), ("judge", 0)]
        waiting = [asyncio.create_task(call(*name)) for name in names]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert order == ["judge", "teach 1", "teach 2"]


async def test_never_more_calls_than_slots_and_a_cancelled_one_frees_its_place() -> None:
    slots, most = Slots(3), 0

    async def call() -> None:
        nonlocal most
        async with slots.take(1):
            most = max(most, slots.in_flight)
            await asyncio.sleep(0.001)

    tasks = [asyncio.create_task(call()) for _ in range(30)]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert most == 3
    assert slots.in_flight == 0
    async with slots.take(1):
        assert slots.in_flight == 1


@pytest.mark.parametrize("knee", [6, 20])
async def test_the_width_settles_at_what_the_server_bears(knee: int) -> None:
    """A server that turns away what is beyond its knee: all it can do is asked of it, not more."""
    slots, under_way, widths, refused = Slots(64), 0, [], 0

    async def call() -> None:
        nonlocal under_way, refused
        async with slots.take(1):
            while True:
                sending = slots.sending()
                under_way += 1
                try:
                    if under_way <= knee:
                        await asyncio.sleep(0.002)
                        slots.succeeded()
                        widths.append(slots.width)
                        return
                    refused += 1
                finally:
                    under_way -= 1
                slots.shrink(sending)
                await asyncio.sleep(0.004)

    await asyncio.gather(*(call() for _ in range(1500)))
    later = sorted(widths[500:])
    assert 0.7 * knee <= later[0] and later[-1] <= knee + 1
    assert sum(later) / len(later) >= 0.8 * knee
    assert refused < 0.15 * 1500


async def test_the_width_falls_by_a_quarter_and_grows_back_slowly() -> None:
    slots = Slots(16)
    slots.shrink(slots.sending())
    assert slots.width == 12
    for _ in range(11):
        slots.succeeded()
    assert slots.width == 12
    slots.succeeded()
    assert slots.width == 13
    for _ in range(1000):
        slots.succeeded()
    assert slots.width == 16
    for _ in range(100):
        slots.shrink(slots.sending())
    assert slots.width == 1


async def test_all_that_were_under_way_when_a_server_balked_are_one_reason_to_give_way() -> None:
    slots = Slots(16)
    under_way = [slots.sending() for _ in range(16)]
    for one in under_way:
        slots.shrink(one)
    assert slots.width == 12
    slots.shrink(slots.sending())
    assert slots.width == 9


async def test_the_gate_lets_in_only_as_many_as_are_wanted() -> None:
    gate = Gate(3, 16, Counts(accepted=1))
    assert await gate.enter()
    assert await gate.enter()
    third = asyncio.create_task(gate.enter())
    await asyncio.sleep(0)
    assert not third.done()
    await gate.leave(kept=False)
    assert await third
    fourth = asyncio.create_task(gate.enter())
    await gate.leave(kept=True)
    await gate.leave(kept=True)
    assert await fourth is False


async def test_the_gate_keeps_twice_the_concurrency_under_way() -> None:
    gate = Gate(100, 2, Counts())
    for _ in range(4):
        assert await gate.enter()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(gate.enter(), 0.02)


async def test_who_stands_aside_leaves_room_at_the_models_but_counts_towards_the_target() -> None:
    gate = Gate(5, 2, Counts())
    for _ in range(4):
        assert await gate.enter()
    async with gate.aside():
        assert await gate.enter()
        sixth = asyncio.create_task(gate.enter())
        await asyncio.sleep(0)
        assert not sixth.done()  # five are wanted, and five are under way
        await gate.leave(kept=True)
    await gate.leave(kept=False)
    assert await sixth


async def test_who_stood_aside_takes_up_room_again_afterwards() -> None:
    gate = Gate(100, 1, Counts())
    for _ in range(2):
        assert await gate.enter()
    async with gate.aside():
        assert await gate.enter()
    await gate.leave(kept=True)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(gate.enter(), 0.02)


async def test_not_more_than_eight_times_the_concurrency_are_under_way() -> None:
    gate = Gate(100, 1, Counts())
    async with contextlib.AsyncExitStack() as waiting:
        for _ in range(8):
            assert await gate.enter()
            await waiting.enter_async_context(gate.aside())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(gate.enter(), 0.02)


async def test_a_budget_of_calls_ends_at_its_last_call() -> None:
    budget = Budget(usd=0, calls=8, max_usd=None, max_calls=10)
    for _ in range(2):
        async with budget.room(0.0):
            pass
    with pytest.raises(BudgetReached, match="10 calls"):
        async with budget.room(0.0):
            pass


async def test_a_budget_of_dollars_is_never_exceeded_even_by_calls_side_by_side() -> None:
    budget, spent = Budget(usd=0.5, calls=0, max_usd=1.0, max_calls=None), 0.5

    async def call() -> None:
        nonlocal spent
        async with budget.room(0.2):
            await asyncio.sleep(0.001)
            budget.spend(0.15)
            spent += 0.15

    done = await asyncio.gather(*(call() for _ in range(6)), return_exceptions=True)
    refused = [error for error in done if isinstance(error, BudgetReached)]
    assert spent == pytest.approx(0.95)
    assert len(refused) == 3


async def test_a_call_waits_for_money_that_calls_in_flight_may_give_back() -> None:
    budget = Budget(usd=0, calls=0, max_usd=1.0, max_calls=None)
    async with budget.room(0.9):
        second = asyncio.create_task(_pay(budget, 0.5))
        await asyncio.sleep(0)
        assert not second.done()
    await second


async def _pay(budget: Budget, usd: float) -> None:
    async with budget.room(usd):
        budget.spend(usd)


async def test_the_first_reason_to_stop_wins_and_cuts_waiting_short() -> None:
    halt = Halt()
    sleeper = asyncio.create_task(halt.sleep(60))
    await asyncio.sleep(0)
    error = ModelUnavailable("no answer")
    halt.say("interrupted", error)
    halt.say("budget")
    with pytest.raises(Halted):
        await sleeper
    assert (halt.stop, halt.error) == ("interrupted", error)
