"""Batches of one model, through the real SDK clients, over HTTP to the stub."""

import asyncio

import pytest

from agents.models.batches import Batches
from inscape.errors import ModelRefusedCall, SettingsError
from tests.batch_parts import ANTHROPIC, BOTH, asked
from tests.stub.fixtures import KEY, Server


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
