"""Batches in the store, on a file and on a server: intent, id, and one reading of the results."""

from memory.batches import Batch, Ended, Wanted
from memory.ledger import Recorded, request_key
from memory.records import Spent
from memory.store import Store
from tests import memory_parts
from tests.memory_parts import planned

store = memory_parts.store

SPEC = "openai:m"
REQUESTS = [{"system": "s", "messages": [["user", f"Wake {n}"]], "nonce": 0} for n in range(3)]
KEYS = [request_key(SPEC, one) for one in REQUESTS]
WANTED = [Wanted(key, "teach", one) for key, one in zip(KEYS, REQUESTS, strict=True)]
ANSWER = Recorded("I wake.", "end_turn", 10, 4, 2, 0.25, "m-1", "req-1")


def intended(store: Store, mark: str = "mark") -> Batch:
    store.batches.intend(mark, SPEC, "batch-0", WANTED, 1.5)
    (batch,) = store.batches.open_batches()
    return batch


def test_an_intent_has_all_it_takes_to_find_the_batch_and_counts_no_call(store: Store) -> None:
    batch = intended(store)
    assert batch[:7] == ("mark", SPEC, "", "batch-0", 3, 0, 1.5)
    assert store.ledger.spent() == Spent()
    assert store.batches.was_batched() and store.check() == []


def test_calls_count_as_sent_once_when_the_id_is_known(store: Store) -> None:
    intended(store)
    for _ in range(2):
        store.batches.confirm("mark", "batch-1")
    assert store.batches.open_batches()[0].remote == "batch-1"
    assert store.ledger.spent().calls == 3 and store.check() == []


def test_results_are_read_once_and_what_is_not_among_them_has_no_answer(store: Store) -> None:
    intended(store)
    store.batches.confirm("mark", "batch-1")
    ended = {2: Ended(ANSWER), 0: Ended(None, "expired")}
    assert store.batches.collect("mark", ended)
    assert not store.batches.collect("mark", {0: Ended(ANSWER)}), "they were read"
    assert [store.ledger.lookup(key) for key in KEYS] == [None, None, ANSWER]
    assert store.ledger.spent() == Spent(3, 1, 2, 10, 4, 2, 0.25, 0)
    assert store.batches.missed(KEYS[0]) == (1, "expired")
    assert store.batches.missed(KEYS[1]) == (1, "nothing came back")
    assert store.batches.missed(KEYS[2])[0] == 0
    assert store.batches.open_batches() == [] and store.check() == []


def test_a_dropped_batch_leaves_its_calls_to_be_asked_again(store: Store) -> None:
    intended(store)
    store.batches.drop("mark")
    assert store.batches.open_batches() == [] and not store.batches.was_batched()
    intended(store, "again")
    store.batches.confirm("again", "batch-2")
    store.batches.collect("again", dict.fromkeys(range(3), Ended(ANSWER)))
    assert store.ledger.spent().answered == 3 and store.check() == []


def test_how_far_a_batch_was_is_remembered(store: Store) -> None:
    before = intended(store)
    store.batches.looked("mark", 2)
    (after,) = store.batches.open_batches()
    assert after.done == 2 and after.looked_at > before.looked_at


def test_calls_of_an_assignment_are_in_its_story(store: Store) -> None:
    (assignment,) = planned(store, 1)
    wanted = [Wanted(KEYS[0], "teach", REQUESTS[0], assignment)]
    store.batches.intend("mark", SPEC, "", wanted, 0.0)
    store.batches.confirm("mark", "batch-1")
    store.batches.collect("mark", {0: Ended(ANSWER)})
    assert [call["key"] for call in store.why(assignment)["calls"]] == [KEYS[0]]
