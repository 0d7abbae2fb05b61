"""`run --batch`, with the real SDK clients over HTTP against a stub of both batch APIs."""

from pathlib import Path

import pytest

from tests.runs import ANTHROPIC, OPENAI, Inscape, adds_up
from tests.stub.fixtures import Server

BOTH = pytest.mark.parametrize("models", [OPENAI, ANTHROPIC], ids=["openai", "anthropic"])


@BOTH
def test_a_run_by_batches_reaches_the_target_and_asks_nothing_at_once(
    online: Inscape, stub: Server, small_book: Path, models: tuple[str, ...]
) -> None:
    done = online("run", small_book, "--target", "6", *models, "--batch", "--json")
    assert done.code == 0, done.err
    assert done.json["accepted"] == 6 and adds_up(done.json)
    assert stub.stats["requests"] == 0
    accounts = stub.accounts
    print(accounts, done.out, done.err)
    assert set(accounts["handed_in"].values()) == {1}
