"""The ledger: sent before it is sent, answered before it is read, paid once."""

import json

import pytest

from inscape.errors import ProjectError
from memory.ledger import Recorded, request_key
from memory.records import Spent
from memory.store import Store
from tests import memory_parts
from tests.memory_parts import planned
from tests.stores import Place

store = memory_parts.store

REQUEST = {"purpose": "teach", "system": "s", "messages": [["user", "Wake \ud800"]], "nonce": 0}
KEY = request_key("openai:m", REQUEST)
ANSWER = Recorded("It \x00 \udfff wakes – ✨", "end_turn", 10, 4, 2, 0.25, "m-1", "req-1")


def send(store: Store, key: str = KEY) -> int:
    return store.ledger.sent(key, spec="openai:m", purpose="teach", request=REQUEST)


def test_the_key_depends_on_model_and_content_and_not_on_order() -> None:
    turned = dict(reversed(list(REQUEST.items())))
    assert request_key("openai:m", turned) == KEY
    assert request_key("openai:n", REQUEST) != KEY
    assert request_key("openai:m", {**REQUEST, "nonce": 1}) != KEY


def test_an_answer_comes_back_to_the_byte(store: Store) -> None:
    assert store.ledger.lookup(KEY) is None
    assert send(store) == 1
    assert store.ledger.lookup(KEY) is None
    assert store.ledger.answered(KEY, ANSWER) == ANSWER
    assert store.ledger.lookup(KEY) == ANSWER
    assert store.ledger.spent() == Spent(1, 1, 0, 10, 4, 2, 0.25, 0)


def test_a_request_in_flight_at_a_crash_is_sent_again(store: Store) -> None:
    send(store)
    assert send(store) == 2
    store.ledger.answered(KEY, ANSWER)
    assert store.ledger.spent().calls == 2
    assert store.ledger.spent().answered == 1


def test_what_another_process_sends_again_takes_no_answer_away(store: Store) -> None:
    send(store)
    store.ledger.answered(KEY, ANSWER)
    assert send(store) == 2
    assert store.ledger.lookup(KEY) == ANSWER
    store.ledger.failed(KEY, "the line broke")
    assert store.ledger.lookup(KEY) == ANSWER


def test_a_failed_call_can_be_tried_again(store: Store) -> None:
    send(store)
    store.ledger.failed(KEY, "429 \x00 \ud800")
    assert store.ledger.lookup(KEY) is None
    send(store)
    store.ledger.answered(KEY, ANSWER)
    assert store.ledger.lookup(KEY) == ANSWER
    assert store.ledger.spent() == Spent(2, 1, 1, 10, 4, 2, 0.25, 0)


def test_the_first_of_two_answers_stands_and_both_are_counted(store: Store) -> None:
    send(store)
    send(store)
    store.ledger.answered(KEY, ANSWER)
    stands = store.ledger.answered(KEY, Recorded("another", "end_turn", 10, 9, 0, 0.5))
    assert stands.text == ANSWER.text
    store.ledger.failed(KEY, "late timeout")
    found = store.ledger.lookup(KEY)
    assert found is not None and (found.text, found.usd) == (ANSWER.text, 0.75)
    assert store.ledger.spent() == Spent(2, 1, 1, 20, 13, 2, 0.75, 0)
    assert store.check() == []


def test_an_answer_without_a_price_is_counted_as_such(store: Store) -> None:
    send(store)
    store.ledger.answered(KEY, Recorded("x"))
    assert (store.ledger.spent().usd, store.ledger.spent().unpriced) == (0.0, 1)


def test_an_answer_to_what_was_never_sent_is_refused(store: Store) -> None:
    for late in (lambda: store.ledger.answered(KEY, ANSWER), lambda: store.ledger.failed(KEY, "x")):
        with pytest.raises(ProjectError, match="not in the ledger"):
            late()
    assert store.ledger.spent() == Spent()


def test_sums_are_seen_by_others(store: Store, place: Place) -> None:
    (key,) = planned(store, 1)
    store.ledger.sent("k1", spec="m", purpose="teach", request={}, assignment_id=key)
    store.ledger.answered("k1", Recorded("x", input_tokens=7, usd=1.0))
    store.ledger.sent("k2", spec="m", purpose="judge", request={}, assignment_id=key)
    with place.open() as another:
        assert another.ledger.spent() == store.ledger.spent() == Spent(2, 1, 0, 7, 0, 0, 1.0, 0)


def test_the_request_is_kept_whole(store: Store, place: Place) -> None:
    send(store)
    with place.raw() as connection:
        kept = connection.exec_driver_sql("SELECT request FROM calls").scalar_one()
    assert json.loads(kept) == REQUEST
