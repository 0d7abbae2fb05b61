"""Batches under way: handed in once, looked for when in doubt, read once, within the budget."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.models.base import Message, Request
from agents.models.batches import Batches
from graph import waiting
from graph.batching import Batching, Deferred
from graph.budget import Budget
from graph.gateway import Gateway
from graph.halt import Halt, Halted
from graph.waiting import Waiting
from inscape.errors import ModelError, ModelRefusedCall, ModelUnavailable
from inscape.progress import Event
from memory.store import Store
from tests.batch_parts import ANTHROPIC, BOTH, OPENAI, asked
from tests.stub.fixtures import Server


class Desk:
    """What a run has for batches, over a real store."""

    def __init__(self, store: Store, batches: Batches, **budget: float | None) -> None:
        self.events: list[Event] = []
        self.halt = Halt()
        limits = {"max_usd": None, "max_calls": None, **budget}
        self.gateway = Gateway(
            store.ledger,
            self.halt,
            Budget(usd=0, calls=0, **limits),
            concurrency=2,  # type: ignore[arg-type]
        )
        self.waiting = Waiting(
            store.batches, self.gateway, lambda spec: batches, self.events.append
        )
        self.batching = Batching(self.gateway, self.waiting)
        self.model = self.batching.over(batches.adapter, lambda request: 1.0)
        self.store = store

    async def ask(self, *numbers: int) -> list[str]:
        """All of them, in as many waves as it takes."""

        async def wave() -> list[str]:
            got = await asyncio.gather(
                *(self.model.ask(asked(n)) for n in numbers), return_exceptions=True
            )
            for one in got:
                if isinstance(one, BaseException):
                    raise one
            return [one.text for one in got if not isinstance(one, BaseException)]

        return await self.batching.in_waves(wave)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "memory.db") as opened:
        yield opened


@BOTH
async def test_an_answer_that_was_lost_on_its_way_makes_no_second_batch(
    stub: Server, batches: Batches, store: Store
) -> None:
    stub.control(batch_script=["lost"], batch_seconds=0.3)
    desk = Desk(store, batches)
    assert len(await desk.ask(0, 1, 2)) == 3
    assert stub.accounts["batches"] == 1 and set(stub.accounts["charged"].values()) == {1}
    assert store.ledger.spent().calls == 3


@BOTH
async def test_a_batch_that_never_was_is_made_anew_after_a_while(
    stub: Server, batches: Batches, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "GRACE", 0.6)
    stub.control(batch_script=["500"])
    desk = Desk(store, batches)
    assert len(await desk.ask(0, 1)) == 2
    assert stub.accounts["items"] == [2]
    assert store.ledger.spent().calls == 2, "what was not taken does not count"


@pytest.mark.parametrize("spec", [OPENAI])
async def test_within_the_grace_nothing_is_handed_in_again(
    stub: Server, batches: Batches, store: Store
) -> None:
    stub.control(batch_script=["500"])
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(Desk(store, batches).ask(0, 1), 1)
    assert stub.accounts["batches"] == 0
    (intent,) = store.batches.open_batches()
    assert intent.remote == "" and intent.size == 2


@pytest.mark.parametrize("spec", [OPENAI])
async def test_a_server_that_takes_no_batch_three_times_pauses_the_run(
    stub: Server, batches: Batches, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "GRACE", 0.0)
    stub.control(batch_script=["500"] * 9)
    desk = Desk(store, batches)
    with pytest.raises(Halted):
        await desk.ask(0)
    assert isinstance(desk.halt.error, ModelUnavailable) and desk.gateway.paused
    assert store.batches.open_batches() == []


@pytest.mark.parametrize("spec", [OPENAI])
async def test_a_call_that_three_batches_left_without_an_answer_is_given_up(
    stub: Server, batches: Batches, store: Store
) -> None:
    desk = Desk(store, batches)
    await desk.ask(9)
    stub.control(batch_missing={"expired": 1.0})
    with pytest.raises(ModelRefusedCall, match="in 3 batches"):
        await desk.ask(0)
    assert stub.accounts["items"] == [1, 1, 1, 1]
    spent = store.ledger.spent()
    assert (spent.calls, spent.answered, spent.failed) == (4, 1, 3)
    assert store.check() == []


@pytest.mark.parametrize("spec", [OPENAI])
async def test_a_first_batch_of_errors_alone_stops_the_run(
    stub: Server, batches: Batches, store: Store
) -> None:
    stub.control(batch_missing={"errored": 1.0})
    desk = Desk(store, batches)
    with pytest.raises(Halted):
        await desk.ask(0, 1)
    assert "answered nothing in its first batch" in str(desk.halt.error)
    assert stub.accounts["batches"] == 1


@BOTH
async def test_a_first_batch_that_teaches_what_to_leave_out_does_not(
    stub: Server, batches: Batches, store: Store
) -> None:
    part = "output_config" if batches.spec == ANTHROPIC else "response_format"
    stub.control(unsupported=[part], unsupported_error="schema")
    assert len(await Desk(store, batches).ask(0, 1)) == 2
    assert stub.accounts["items"] == [2, 2]


@pytest.mark.parametrize("spec", [OPENAI])
async def test_answers_that_are_not_there_yet_are_waited_for(
    stub: Server, batches: Batches, store: Store
) -> None:
    """Else what was paid for would be taken for missing, and asked again."""
    stub.control(batch_late=1)
    desk = Desk(store, batches)
    assert len(await desk.ask(0, 1)) == 2
    assert stub.accounts["batches"] == 1
    assert any("not there yet" in getattr(event, "text", "") for event in desk.events)


@BOTH
async def test_no_more_is_handed_in_than_the_budget_permits(
    stub: Server, batches: Batches, store: Store
) -> None:
    """A call may cost $1, and costs far less: what was held back for it is free again."""
    desk = Desk(store, batches, max_usd=3.5)
    assert len(await desk.ask(*range(8))) == 8
    assert stub.accounts["items"] == [3, 3, 2]
    counted = Desk(store, batches, max_calls=10)
    with pytest.raises(Halted):
        await counted.ask(*range(20))
    assert counted.halt.stop == "budget"
    assert stub.accounts["items"] == [3, 3, 2, 2]


@pytest.mark.parametrize("spec", [OPENAI])
async def test_the_providers_limits_divide_what_is_handed_in(
    stub: Server, batches: Batches, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "most_requests", 4)
    assert len(await Desk(store, batches).ask(*range(10))) == 10
    assert stub.accounts["items"] == [4, 4, 2]
    monkeypatch.setattr(batches, "most_bytes", 3 * batches.size(asked(10)))
    assert len(await Desk(store, batches).ask(*range(10, 17))) == 7
    assert stub.accounts["items"][3:] == [3, 3, 1]


@pytest.mark.parametrize("spec", [OPENAI])
async def test_a_batch_that_is_turned_down_as_a_whole_is_said_and_charged_to_nobody(
    stub: Server, batches: Batches, store: Store
) -> None:
    stub.control(batch_script=["Enqueued token limit reached"])
    with pytest.raises(ModelError, match="Enqueued token limit reached"):
        await Desk(store, batches).ask(0)
    assert store.batches.open_batches() == [] and store.check() == []
    assert len(await Desk(store, batches).ask(0)) == 1


@pytest.mark.parametrize("spec", [ANTHROPIC])
async def test_what_is_no_rounds_work_is_asked_at_once(
    stub: Server, batches: Batches, store: Store
) -> None:
    request = Request("examine", "Which is better?", (Message("user", "A or B?"),))
    assert (await Desk(store, batches).model.ask(request)).text
    assert stub.accounts["batches"] == 0 and stub.stats["requests"] == 1
    with pytest.raises(Deferred):
        await Desk(store, batches).model.ask(asked(0))
