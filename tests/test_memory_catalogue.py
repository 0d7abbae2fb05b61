"""What the desk asks of the memory: searching, filtering, and deciding only on what was shown."""

import pytest

from dataset.records import Decision
from inscape.errors import Overtaken, ProjectError
from memory.catalogue import Filter
from memory.store import Store
from tests.memory_parts import assignments, book, drafted, example, passage, planned, verdict
from tests.stores import Place

ALL = ("status", "verdict", "defect", "template", "phenomenon", "book")


@pytest.fixture
def store(place: Place):
    """Four examples: two waiting, one accepted, one rejected; and one that failed without any."""
    with place.open() as found:
        ids = planned(found, 5)
        drafts = drafted(found, ids[:4])
        found.save_verdict(drafts[2], verdict("accept", 5.0))
        found.settle(ids[0], "escalated", "uncertain", drafts[0])
        found.settle(ids[1], "escalated", "uncertain", drafts[1])
        found.admit(drafts[2], near_duplicate=0.99)
        found.settle(ids[3], "rejected", "poor", drafts[3])
        found.settle(ids[4], "failed", "refusal")
        yield found


def numbers(store: Store, **wanted: str) -> list[int]:
    """Which of the five a filter lets through, by their place in the plan."""
    order = [assignment.id for assignment in assignments(5)]
    found = [order.index(entry.assignment_id) for entry in store.entries(Filter(**wanted))]
    assert len(found) == store.count(Filter(**wanted))
    return found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [4, 3, 2, 1, 0]),
        ({"status": "escalated"}, [1, 0]),
        ({"verdict": "rejected"}, [3]),
        ({"defect": "tense"}, [3, 1, 0]),
        ({"defect": "tense", "status": "escalated"}, [1, 0]),
        ({"defect": "no-such"}, []),
        ({"template": "monologue"}, [4, 3, 2, 1, 0]),
        ({"template": "conversation"}, []),
        ({"phenomenon": "dread"}, [4, 3, 2, 1, 0]),
        ({"book": book().sha256}, [4, 3, 2, 1, 0]),
        ({"book": "other"}, []),
        ({"text": "awake"}, [3, 2, 1, 0]),
        ({"text": "I am 2 and"}, [2]),
        ({"text": "awa slo"}, []),
        ({"text": "slowly awa"}, [3, 2, 1, 0]),
        ({"text": 'AND " OR NEAR( *'}, []),
    ],
)
def test_a_filter_lets_through_what_it_says(store, wanted, found):
    assert numbers(store, **wanted) == found


def test_pages_follow_on_one_another(store):
    wanted = Filter()
    every = store.entries(wanted)
    assert store.entries(wanted, limit=2) + store.entries(wanted, limit=9, offset=2) == every
    assert every[0].example is None
    assert every[1].verdict == store.verdict(every[1].example_id or "")


def test_a_defect_that_a_later_verdict_no_longer_names_is_gone(store):
    waiting = store.waiting()[0].example_id
    assert store.defects() == {"tense": 3}
    store.save_verdict(waiting, verdict("accept", 5.0))
    assert store.defects() == {"tense": 2}


def test_both_copies_can_be_made_anew(store):
    before = numbers(store, text="awake"), store.defects()
    store.repair()
    assert (numbers(store, text="awake"), store.defects()) == before


def test_coverage_adds_up(store):
    assert store.coverage() == {
        ("dread", "monologue"): {"accepted": 1, "escalated": 2, "rejected": 1, "failed": 1}
    }


def test_passages_come_richest_first(store):
    rated = {passage(n).id: (n / 10, ("dread", "joy")[n % 2 :], ()) for n in range(4)}
    store.set_ratings(rated)
    assert [one.richness for one in store.ranked_passages(limit=3)] == [0.3, 0.2, 0.1]
    assert [one.richness for one in store.ranked_passages(phenomenon="dread")] == [0.2, 0.0]
    assert store.count_passages(phenomenon="joy") == 4
    assert store.asked_of([passage(0).id]) == {passage(0).id: 1}


def test_the_queue_is_walked_both_ways(store):
    first, second = store.waiting()
    assert store.claim_beside("desk", -1, 1) == first
    assert store.claim_beside("desk", first.queued, 1) == second
    assert store.claim_beside("desk", second.queued, 1) is None
    assert store.claim_beside("desk", second.queued, -1) == first
    assert (store.place(first.queued), store.place(second.queued)) == ((1, 2), (2, 2))


def test_a_decision_on_what_is_no_longer_so_changes_nothing(store):
    key = store.waiting()[0].example_id
    store.decide(Decision(example_id=key, answer="accept"), shown="escalated")
    events = len(store.events())
    for answer in ("accept", "reject", "ignore"):
        with pytest.raises(Overtaken, match="decided elsewhere meanwhile: accept by 'person'"):
            store.decide(Decision(example_id=key, answer=answer), shown="escalated")
    assert len(store.events()) == events
    store.undo()
    store.decide(Decision(example_id=key, answer="reject"), shown="escalated")


def test_a_decision_on_an_earlier_draft_than_the_one_shown_is_refused(store):
    key = store.waiting()[0].example_id
    later = store.save_example(key.rpartition(".")[0], example(77))
    with pytest.raises(Overtaken):
        store.decide(Decision(example_id=later, answer="reject"), shown="escalated")


def test_a_rejection_is_explained_in_one_step(store):
    key = store.waiting()[0].example_id
    store.decide(Decision(example_id=key, answer="reject", by="Ann", blind=True))
    store.explain(key, "too tidy", "Ann")
    assert store.decisions() == [
        Decision(example_id=key, answer="reject", reason="too tidy", by="Ann", blind=True)
    ]
    with pytest.raises(Overtaken):
        store.explain(key, "stock phrases", "Ben")
    store.undo("Ann", of="Ann")
    assert store.decisions() == []
    with pytest.raises(ProjectError, match="no decision"):
        store.explain(key, "too tidy", "Ann")


def test_undoing_a_certain_decision_leaves_later_ones_of_others_alone(store):
    one, other = (item.example_id for item in store.waiting())
    store.decide(Decision(example_id=one, answer="accept", by="Ann"))
    store.decide(Decision(example_id=other, answer="accept", by="Ann"))
    store.undo("Ann", of="Ann", example_id=one)
    assert [item.example_id for item in store.waiting()] == [one]
    store.decide(Decision(example_id=one, answer="reject", by="Ben"))
    with pytest.raises(Overtaken, match="reject by 'Ben'"):
        store.undo("Ann", of="Ann", example_id=one)


def test_blind_decisions_are_counted_apart(store):
    one, other = (item.example_id for item in store.waiting())
    store.decide(Decision(example_id=one, answer="accept", blind=True))
    store.decide(Decision(example_id=other, answer="reject"))
    assert (store.agreement()["n"], store.agreement(blind=True)["n"]) == (2, 1)
