"""Two people at two desks: neither is shown what lies before the other."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from dataset.records import Decision
from memory.claims import AT_ONCE
from memory.store import Store
from tests import memory_parts
from tests.memory_parts import escalated
from tests.stores import Place
from tests.test_memory_processes import start

store = memory_parts.store


def test_what_one_desk_shows_no_other_is_given(store: Store) -> None:
    first, second, third = escalated(store, 3)
    mine, yours = store.claim_beside("mine", -1, 1), store.claim_beside("yours", -1, 1)
    assert mine is not None and yours is not None
    assert (mine.example_id, yours.example_id) == (first, second)
    assert mine == store.waiting()[0]
    assert store.claim("yours", first) is None
    assert store.claim("mine", first) == mine
    assert store.held_elsewhere("mine") == 1
    ahead = store.claim_beside("mine", mine.queued, 1)
    assert ahead is not None and ahead.example_id == third
    assert store.claim_beside("yours", yours.queued, 1) is None
    assert store.claim_beside("yours", 10**9, -1) == yours


def test_a_decision_and_a_closed_desk_set_free(store: Store) -> None:
    first, second = escalated(store, 2)
    store.claim("mine", first)
    store.claim("mine", second)
    store.decide(Decision(example_id=first, answer="accept", by="ann"))
    store.undo(of="ann")
    assert store.claim("yours", first) is not None
    assert store.claim("yours", second) is None
    store.release("mine")
    assert store.claim("yours", second) is not None
    assert store.held_elsewhere("yours") == 0


def test_passing_over_gives_it_to_the_next(store: Store) -> None:
    first, second = escalated(store, 2)
    store.claim("mine", first)
    store.decide(Decision(example_id=first, answer="ignore", by="ann"))
    after = store.claim_beside("yours", -1, 1)
    assert after is not None and after.example_id == second
    assert store.claim("yours", first) is not None


def test_a_desk_that_never_came_back_holds_nothing_for_long(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (draft,) = escalated(store, 1)
    assert store.claim("dead", draft) is not None
    assert store.claim("mine", draft) is None
    later = (datetime.now(UTC) + timedelta(minutes=11)).isoformat(timespec="microseconds")
    monkeypatch.setattr("memory.claims.now", lambda: later)
    assert store.held_elsewhere("mine") == 0
    assert store.claim("mine", draft) is not None


def test_who_walks_through_the_queue_keeps_only_the_last_few(store: Store) -> None:
    drafts = escalated(store, AT_ONCE + 2)
    for draft in drafts:
        assert store.claim("mine", draft) is not None
    got = [draft for draft in drafts if store.claim("yours", draft) is not None]
    assert got == drafts[:2]


def test_two_processes_work_off_a_queue_and_never_get_the_same_item(place: Place) -> None:
    with place.open() as store:
        drafts = escalated(store, 60)
    both = [start(place, "work_off") for _ in range(2)]
    said = [process.communicate(timeout=60)[0].splitlines() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(line.split()[1] for lines in said for line in lines) == sorted(drafts)
    with place.open() as store:
        assert store.counts().accepted == 60
        assert len(store.decisions()) == 60
        assert store.check() == []


def test_a_claim_and_a_decision_are_quick(store: Store) -> None:
    drafts = escalated(store, 40)
    taken = []
    for draft in drafts:
        began = time.perf_counter()
        item = store.claim_beside("mine", -1, 1)
        assert item is not None
        store.decide(Decision(example_id=draft, answer="reject"), shown="escalated")
        taken.append(time.perf_counter() - began)
    assert sorted(taken)[len(taken) // 2] < 0.05
