"""Batches of one model, through the real SDK clients, over HTTP to the stub; and their upkeep."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from agents.models import Clients, open_model
from agents.models.base import Message, Request
from agents.models.batches import Batches, batches_of
from graph import waiting
from graph.batching import Batching, Deferred
from graph.budget import Budget
from graph.gateway import Gateway
from graph.halt import Halt, Halted
from graph.waiting import Waiting
from inscape.errors import ModelError, ModelRefusedCall, ModelUnavailable, SettingsError
from inscape.progress import Event
from memory.store import Store
from tests.stub.fixtures import KEY, Server

ANTHROPIC, OPENAI = "anthropic:claude-sonnet-5-5", "openai:gpt-5-mini"
BOTH = pytest.mark.parametrize("spec", [ANTHROPIC, OPENAI])
SCHEMA = {
    "type": "object",
    "properties": {"mood": {"type": "string"}},
    "required": ["mood"],
    "additionalProperties": False,
}


def asked(n: int, *, schema: bool = True) -> Request:
    said = (Message("user", f"How is number {n}?"),)
    more = {"schema": SCHEMA, "schema_name": "diary"} if schema else {}
    return Request("teach", "You keep a diary. " * 40, said, temperature=0.5, **more)


@pytest.fixture
async def clients() -> AsyncIterator[Clients]:
    async with Clients() as clients:
        yield clients


@pytest.fixture
def batches(stub: Server, clients: Clients, spec: str) -> Batches:
    return batches_of(open_model(spec, keys=stub.keys, timeout=5.0, clients=clients))


async def ended(batches: Batches, batch_id: str) -> None:
    while not (await batches.look(batch_id)).ended:
        await asyncio.sleep(0.01)


@BOTH
async def test_an_item_has_the_body_of_an_ordinary_call(stub: Server, batches: Batches) -> None:
    await batches.adapter.ask(asked(1))
    (body,) = stub.bodies
    item = batches.item("m-0", asked(1))
    assert item.get("params", item.get("body")) == body
    assert {"temperature", "model", "messages"} <= set(body)


@BOTH
async def test_answers_come_by_their_number_at_half_the_price(
    stub: Server, batches: Batches
) -> None:
    batch = await batches.create("m", [asked(n) for n in range(5)])
    results = await batches.results(batch, "m")
    by_number = {one.number: one.reply for one in results}
    assert sorted(by_number) == [0, 1, 2, 3, 4]
    assert [one.number for one in results] != sorted(by_number), "they come in no order"
    price, reply = batches.adapter.line.price, by_number[3]
    assert price and reply and reply.usd and reply.text.startswith("{")
    usage = reply.usage
    fresh = (usage.input - usage.cached) * price.input + usage.cached * price.cache_read
    assert reply.usd == pytest.approx((fresh + usage.output * price.output) / 2e6)


@BOTH
async def test_what_has_no_answer_says_why(stub: Server, batches: Batches) -> None:
    for missing in ("errored", "expired", "canceled"):
        stub.control(batch_missing={missing: 1.0})
        batch = await batches.create(missing, [asked(0), asked(1)])
        results = await batches.results(batch, missing)
        assert [(one.reply, one.missing) for one in results] == [(None, missing)] * 2
        assert all(one.why for one in results)


@BOTH
async def test_a_batch_is_found_again_by_its_mark_among_others_of_its_size(
    stub: Server, batches: Batches
) -> None:
    stub.control(batch_seconds=0.3)
    since = await batches.create("earlier", [asked(0), asked(1)])
    assert await batches.newest() == since
    await batches.create("others", [asked(2), asked(3)])
    ours = await batches.create("ours", [asked(4), asked(5)])
    await batches.create("others-too", [asked(6), asked(7)])
    if batches.spec == ANTHROPIC:
        first = await batches.find("ours", 2, since)
        assert first.id == "" and first.maybe, "nothing tells before it has ended"
        await ended(batches, ours)
    assert (await batches.find("ours", 2, since)).id == ours
    await asyncio.sleep(0.35)
    assert (await batches.find("earlier", 2, since)) == ("", None), "older than the intent"
    assert (await batches.find("nobody's", 2, since)) == ("", None)


@BOTH
async def test_a_server_without_batches_is_told_from_one_that_is_down(
    stub: Server, batches: Batches
) -> None:
    assert await batches.newest() == ""
    stub.control(batches=False)
    with pytest.raises(SettingsError, match="No batches are taken where"):
        await batches.newest()


@BOTH
async def test_a_batch_nobody_knows_is_an_error_that_shows_no_key(
    stub: Server, batches: Batches
) -> None:
    with pytest.raises(ModelRefusedCall, match="batch_of_another") as error:
        await batches.look("batch_of_another")
    assert KEY not in str(error.value) and "--resume never" in error.value.hint


@BOTH
async def test_a_part_that_items_were_turned_down_for_is_left_out_next_time(
    stub: Server, batches: Batches
) -> None:
    part = "output_config" if batches.spec == ANTHROPIC else "response_format"
    stub.control(unsupported=[part], unsupported_error="schema")
    batch = await batches.create("m", [asked(0), asked(1)])
    for one in await batches.results(batch, "m"):
        batches.adapter.learn(one.why)
    body = batches.adapter.as_sent(asked(0))
    assert part not in body and body["temperature"] == 0.5
    again = await batches.create("n", [asked(0)])
    assert (await batches.results(again, "n"))[0].reply


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
