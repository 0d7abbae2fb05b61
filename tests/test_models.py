"""The adapters, through the real SDK clients, over HTTP to the stub."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from agents.models import Clients, Model, Price, open_model
from agents.models.base import Message, Request
from inscape.errors import InscapeError, MissingKey, ModelRefusedCall, ModelUnavailable
from inscape.keys import Keys
from tests.batch_parts import ANTHROPIC, BOTH, OPENAI, SCHEMA
from tests.stub.fixtures import KEY, Server

ASKED = Request("doctor", "You keep a diary. " * 40, (Message("user", "How is it?"),))
SHAPED = Request("doctor", ASKED.system, ASKED.messages, schema=SCHEMA, schema_name="diary")


@pytest.fixture
async def clients() -> AsyncIterator[Clients]:
    async with Clients() as clients:
        yield clients


class Opener:
    """Opens models that lead to the stub."""

    def __init__(self, stub: Server, clients: Clients) -> None:
        self.stub, self.clients = stub, clients

    def __call__(self, spec: str, timeout: float = 5.0, **options: Any) -> Model:
        options.setdefault("keys", self.stub.keys)
        return open_model(spec, timeout=timeout, clients=self.clients, **options)


@pytest.fixture
def opened(stub: Server, clients: Clients) -> Opener:
    return Opener(stub, clients)


@BOTH
async def test_the_answer_is_the_text_and_never_the_reasoning(opened: Opener, spec: str) -> None:
    opened.stub.control(script=[{"text": "It rains.\n\n “Still.”"}])
    reply = await opened(spec).ask(ASKED)
    assert (reply.text, reply.stop_reason) == ("It rains.\n\n “Still.”", "end_turn")
    assert reply.model == spec.partition(":")[2]
    assert reply.request_id.startswith("req_")


@BOTH
async def test_structured_output_is_asked_for_natively(opened: Opener, spec: str) -> None:
    reply = await opened(spec).ask(SHAPED)
    assert '"mood"' in reply.text
    body = opened.stub.bodies[0]
    if spec == ANTHROPIC:
        assert body["output_config"]["format"] == {"type": "json_schema", "schema": SCHEMA}
    else:
        wanted = {"name": "diary", "schema": SCHEMA, "strict": True}
        assert body["response_format"] == {"type": "json_schema", "json_schema": wanted}


async def test_the_stable_part_is_marked_for_the_cache(opened: Opener) -> None:
    await opened(ANTHROPIC).ask(ASKED)
    (block,) = opened.stub.bodies[0]["system"]
    assert block["cache_control"] == {"type": "ephemeral"}
    assert block["text"] == ASKED.system


@BOTH
@pytest.mark.parametrize("error", ["schema", "part", "unnamed"])
async def test_a_refused_schema_is_put_into_words_and_remembered(
    opened: Opener, spec: str, error: str
) -> None:
    part = "output_config" if spec == ANTHROPIC else "response_format"
    opened.stub.control(unsupported=[part], unsupported_error=error)
    model = opened(spec)
    assert '"mood"' in (await model.ask(SHAPED)).text
    assert opened.stub.stats["requests"] == 2
    assert '"mood"' in (await model.ask(SHAPED)).text
    assert opened.stub.stats["requests"] == 3
    assert part not in opened.stub.bodies[-1]


@BOTH
async def test_a_bad_request_is_not_blamed_on_the_schema_for_good(
    opened: Opener, spec: str
) -> None:
    opened.stub.control(script=["400", "400", "ok"])
    model = opened(spec)
    with pytest.raises(ModelRefusedCall, match="cannot be used"):
        await model.ask(SHAPED)
    await model.ask(SHAPED)
    assert {"output_config", "response_format"} & set(opened.stub.bodies[0])


@BOTH
async def test_a_refused_temperature_is_left_out(opened: Opener, spec: str) -> None:
    opened.stub.control(unsupported=["temperature"], unsupported_error="part")
    warm = Request("teach", ASKED.system, ASKED.messages, temperature=0.7)
    model = opened(spec)
    await model.ask(warm)
    await model.ask(warm)
    bodies = opened.stub.bodies
    assert [body.get("temperature") for body in bodies] == [0.7, None]
    assert opened.stub.stats["requests"] == 3


@pytest.mark.parametrize("refused", ["max_tokens", "max_completion_tokens"])
async def test_the_token_limit_goes_by_the_name_that_the_server_takes(
    opened: Opener, refused: str
) -> None:
    opened.stub.control(unsupported=[refused], unsupported_error="part")
    await opened(OPENAI).ask(ASKED)
    last = opened.stub.bodies[-1]
    assert last[({"max_tokens", "max_completion_tokens"} - {refused}).pop()] == 4096


async def test_a_server_without_a_system_role_gets_it_in_the_first_message(opened: Opener) -> None:
    opened.stub.control(unsupported=["system"], unsupported_error="role")
    await opened(OPENAI).ask(ASKED)
    (message,) = opened.stub.bodies[-1]["messages"]
    assert message["role"] == "user"
    assert message["content"] == f"{ASKED.system}\n\nHow is it?"


@BOTH
async def test_usage_and_cost_count_what_came_from_the_cache(opened: Opener, spec: str) -> None:
    model = opened(spec, prices={spec.partition(":")[2]: Price(1.0, 10.0, 0.1, 2.0)})
    opened.stub.control(script=[{"text": "x" * 400}, {"text": "x" * 400}])
    asked = replace(ASKED, system="You speak from inside. " * 200)
    first, second = await model.ask(asked), await model.ask(asked)
    stable = 1150 if spec == ANTHROPIC else 1152  # OpenAI keeps steps of 128, wherever they end
    assert first.usage.input == second.usage.input >= stable
    assert (first.usage.cached, second.usage.cached) == (0, stable)
    assert second.usage.output == 100
    fresh = second.usage.input - stable
    assert second.usd == pytest.approx((fresh + 0.1 * stable + 10.0 * 100) / 1e6)
    written = 2.0 if spec == ANTHROPIC else 1.0
    assert first.usd == pytest.approx((fresh + written * stable + 10.0 * 100) / 1e6)


async def test_a_model_without_a_price_costs_nobody_knows_what(opened: Opener) -> None:
    assert (await opened("openai:llama-of-our-own").ask(ASKED)).usd is None


@BOTH
@pytest.mark.parametrize(
    ("fault", "stop", "text"),
    [
        ("refusal-stop", "refusal", None),
        ("empty", "end_turn", ""),
        ("truncated", "max_tokens", None),
    ],
)
async def test_a_strange_ending_is_an_answer_too(
    opened: Opener, spec: str, fault: str, stop: str, text: str | None
) -> None:
    opened.stub.control(script=[fault])
    reply = await opened(spec).ask(ASKED)
    assert reply.stop_reason == stop
    assert text is None or reply.text == text


@BOTH
@pytest.mark.parametrize("status", ["429", "500", "503", "529"])
async def test_a_passing_fault_is_worth_another_try(opened: Opener, spec: str, status: str) -> None:
    opened.stub.control(script=[status, "ok"], retry_after="7")
    with pytest.raises(ModelUnavailable) as caught:
        await opened(spec).ask(ASKED)
    assert status in str(caught.value)
    assert caught.value.retry_after == (7.0 if status in ("429", "529") else None)
    assert opened.stub.stats["requests"] == 1, "retries belong to the layer above"


async def test_the_wish_to_wait_may_be_a_date(opened: Opener) -> None:
    opened.stub.control(script=["429"], retry_after="Wed, 21 Oct 2015 07:28:00 GMT")
    with pytest.raises(ModelUnavailable) as caught:
        await opened(OPENAI).ask(ASKED)
    assert caught.value.retry_after == 0.0


@BOTH
@pytest.mark.parametrize(
    ("fault", "hint"),
    [("401", "API_KEY"), ("403", "may use the model"), ("404", "name"), ("quota", "credit")],
)
async def test_a_final_no_says_what_to_do(opened: Opener, spec: str, fault: str, hint: str) -> None:
    opened.stub.control(script=[fault])
    with pytest.raises(ModelRefusedCall) as caught:
        await opened(spec).ask(ASKED)
    assert hint in caught.value.hint


@BOTH
async def test_no_error_and_no_log_holds_the_key(
    opened: Opener, spec: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    opened.stub.control(key="another")
    with pytest.raises(ModelRefusedCall) as caught:
        await opened(spec).ask(ASKED)
    error: BaseException | None = caught.value
    assert "***" in str(error), "the stub quotes the key that it was sent"
    while error is not None:
        assert KEY not in f"{error!r} {error} {error.__dict__}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert KEY not in caplog.text
    assert KEY not in repr(opened.stub.keys)


@BOTH
async def test_a_server_that_hangs_is_given_up_after_the_timeout(opened: Opener, spec: str) -> None:
    opened.stub.control(script=["hang"])
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match=r"within 0\.3 s") as caught:
        await opened(spec, timeout=0.3).ask(ASKED)
    assert caught.value.slow
    assert time.monotonic() - started < 2


@BOTH
@pytest.mark.parametrize("fault", ["reset", "html"])
async def test_a_broken_answer_is_worth_another_try(opened: Opener, spec: str, fault: str) -> None:
    opened.stub.control(script=[fault, "ok"])
    model = opened(spec)
    with pytest.raises(ModelUnavailable, match=r"127\.0\.0\.1"):
        await model.ask(ASKED)
    assert (await model.ask(ASKED)).text


@pytest.mark.parametrize(
    "spec", ["openai:m@http://127.0.0.1:9/v1", "anthropic:m@http://127.0.0.1:9"]
)
async def test_an_unreachable_server_is_named(clients: Clients, spec: str) -> None:
    model = open_model(spec, keys=Keys(), timeout=5, clients=clients)
    with pytest.raises(ModelUnavailable, match=r"http://127\.0\.0\.1:9.*: .*Connect call failed"):
        await model.ask(ASKED)


@BOTH
@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", b"Hi\r\n\r\n"]
)
async def test_a_lost_connection_is_not_taken_for_a_slow_server(
    clients: Clients, spec: str, said: bytes
) -> None:
    """A server that is slow is asked less at once; one that is gone is not."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(said)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        place = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        model = open_model(f"{spec}@{place}", keys=Keys(), timeout=5, clients=clients)
        with pytest.raises(ModelUnavailable, match=f"No connection to .* at {place}: .+") as caught:
            await model.ask(ASKED)
    assert not caught.value.slow


async def test_a_server_of_ones_own_needs_no_key(opened: Opener) -> None:
    spec = f"openai:local/model:7b@{opened.stub.url}/v1"
    model = opened(spec, keys=Keys())
    await model.ask(ASKED)
    assert model.spec == spec
    assert opened.stub.stats["keys"] == ["none"]


def test_a_missing_key_is_said_before_anything_is_sent() -> None:
    for spec, name in ((ANTHROPIC, "ANTHROPIC_API_KEY"), (OPENAI, "OPENAI_API_KEY")):
        with pytest.raises(MissingKey, match=name):
            open_model(spec, keys=Keys(), timeout=5)


def test_a_key_with_a_newline_in_it_is_refused_without_showing_it() -> None:
    with pytest.raises(MissingKey) as caught:
        open_model(OPENAI, keys=Keys(openai="sk-one\nsk-two"), timeout=5)
    assert "sk-" not in str(caught.value)


async def test_one_client_serves_every_model_of_a_server(opened: Opener) -> None:
    clients = [opened(spec).client for spec in (OPENAI, "openai:gpt-5", OPENAI)]  # type: ignore[attr-defined]
    assert clients[0] is clients[1] is clients[2]


async def test_an_answer_with_an_error_inside_is_an_error(opened: Opener) -> None:
    opened.stub.control(script=["error-inside", "error-inside"])
    with pytest.raises(ModelUnavailable, match="upstream"):
        await opened(OPENAI).ask(ASKED)


async def test_many_calls_at_once_share_what_one_has_found_out(opened: Opener) -> None:
    opened.stub.control(unsupported=["response_format"], latency=0.05)
    model = opened(OPENAI)
    await model.ask(SHAPED)
    await asyncio.gather(*(model.ask(SHAPED) for _ in range(5)))
    assert opened.stub.stats["requests"] == 7


def test_every_error_of_a_model_is_one_of_ours() -> None:
    for kind in (MissingKey, ModelRefusedCall, ModelUnavailable):
        assert issubclass(kind, InscapeError)
