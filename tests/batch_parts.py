"""What the tests of batches share: models that lead to the stub, and what is asked of them."""

from collections.abc import AsyncIterator

import pytest

from agents.models import Clients, open_model
from agents.models.base import Message, Request
from agents.models.batches import Batches, batches_of
from tests.stub.fixtures import Server

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
