"""Who computes does so one a round of the event loop."""

import asyncio

from graph.turns import QUIET, Turns


async def test_between_two_turns_everyone_else_has_a_round() -> None:
    turns, log, going = Turns(), list[str](), True

    async def compute(name: str) -> None:
        await turns.take()
        log.append(name)

    def beat() -> None:
        log.append(".")
        if going:
            asyncio.get_running_loop().call_soon(beat)

    beat()
    await asyncio.gather(*(compute(name) for name in "abcde"))
    going = False
    said = "".join(log)
    assert said.replace(".", "") == "abcde", "first come, first served"
    assert all(f"{one}{other}" not in said for one, other in ("ab", "bc", "cd", "de"))


async def test_who_is_cancelled_takes_no_turn_and_leaves_none_waiting() -> None:
    turns, log = Turns(), list[int]()

    async def compute(number: int) -> None:
        await turns.take()
        log.append(number)

    tasks = [asyncio.create_task(compute(number)) for number in range(4)]
    await asyncio.sleep(0)
    assert turns.wanted
    for number in (0, 2):
        tasks[number].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert log == [1, 3]
    await asyncio.wait_for(turns.take(), 5)


async def test_a_turn_is_wanted_until_nobody_has_taken_one_for_a_moment() -> None:
    turns = Turns()
    assert not turns.wanted
    for _ in range(3):
        await asyncio.wait_for(turns.take(), 5)
        assert turns.wanted, "the next of the crowd may come at once"
        await asyncio.sleep(2 * QUIET)
        assert not turns.wanted
