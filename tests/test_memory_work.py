"""Books, assignments and drafts: what goes in comes out, and every assignment comes to an end."""

import numpy as np
import pytest

from dataset.example import Example, Turn
from inscape.errors import ProjectError
from memory.records import Counts, Taken
from memory.store import Store
from tests import memory_parts
from tests.memory_parts import (
    BOOK,
    assignments,
    book,
    drafted,
    example,
    passage,
    planned,
    vector,
    verdict,
)
from tests.stores import Place

store = memory_parts.store


def test_books_and_passages_come_back_as_they_went_in(store: Store) -> None:
    store.add_book(book(), [passage(0), passage(1)])
    assert store.books() == [book()]
    assert store.passage(passage(1).id) == passage(1)
    assert store.passage(passage(1).id).spots == passage(1).spots
    store.set_ratings({passage(1).id: (0.7, ("dread", "grief"), ("monologue",))})
    first, second = store.passages([BOOK])
    assert (first.passage, first.richness, first.highlighted) == (passage(0), None, False)
    assert (second.richness, second.phenomena, second.templates) == (
        0.7,
        ("dread", "grief"),
        ("monologue",),
    )
    assert store.passages(["another"]) == []


def test_reading_a_book_again_keeps_ratings_and_what_work_rests_on(store: Store) -> None:
    old = [passage(n) for n in range(3)]
    ratings = {old[0].id: (0.9, ["dread"], [])}
    store.add_book(book(), old, ratings=ratings, embedder="mini", vectors={old[2].id: vector(2)})
    store.plan([(assignments(2)[1], "dread")])
    store.add_book(book(), [old[0], passage(9)])
    kept = {rated.passage.id: rated.richness for rated in store.passages()}
    assert kept == {old[0].id: 0.9, old[1].id: None, passage(9).id: None}


def test_highlighted_passages_are_marked_even_when_known(store: Store) -> None:
    store.add_book(book(), [passage(0)])
    store.add_book(book(), [passage(0)], highlighted=True)
    assert store.rated_passage(passage(0).id).highlighted


def test_passage_vectors_are_kept_by_embedder(store: Store) -> None:
    store.add_book(book(), [passage(0)], embedder="mini", vectors={passage(0).id: vector(3)})
    found = store.passage_vectors("mini", [passage(0).id, "unknown"])
    assert list(found) == [passage(0).id]
    assert np.array_equal(found[passage(0).id], vector(3))
    assert store.passage_vectors("another", [passage(0).id]) == {}


def test_planning_twice_plans_once_and_keeps_the_order(store: Store) -> None:
    ids = planned(store, 5)
    store.plan([(one, "grief") for one in reversed(assignments(5))])
    assert store.planned() == ids == [one.id for one in assignments(5)]
    assert store.assignment(ids[0]).phenomenon == "dread"


def test_withdrawn_assignments_do_not_count_and_can_come_back(store: Store) -> None:
    ids = planned(store, 3)
    assert store.withdraw(ids[:2]) == 2
    assert store.planned() == ids[2:]
    assert store.counts() == Counts(planned=1)
    assert [one.passage_id for one in store.taken()] == [passage(2).id]
    assert store.plan([(assignments(1)[0], "dread")]) == ids[:1]
    assert store.planned() == [ids[0], ids[2]]


def test_every_end_has_a_reason_and_the_sums_add_up(store: Store) -> None:
    ids = planned(store, 4)
    drafts = drafted(store, ids)
    assert store.settle(ids[0], "failed", "unreadable")
    assert store.settle(ids[1], "rejected", "low-score", drafts[1])
    assert store.settle(ids[2], "escalated", "uncertain", drafts[2])
    counts = store.counts()
    assert counts == Counts(escalated=1, rejected=1, failed=1, planned=1)
    assert counts.assignments == 3
    assert store.by_template()["monologue"]["failed"] == 1
    assert store.by_phenomenon() == {
        "dread": {"accepted": 0, "escalated": 1, "rejected": 1, "failed": 1}
    }
    assert store.by_book()[BOOK]["rejected"] == 1
    assert store.reasons("failed") == {"unreadable": 1}
    with pytest.raises(ProjectError, match="without a reason"):
        store.settle(ids[3], "failed", "")


def test_the_first_word_on_an_assignment_stands(store: Store) -> None:
    (key,) = planned(store, 1)
    (draft,) = drafted(store, [key])
    assert store.settle(key, "rejected", "low-score", draft)
    assert not store.settle(key, "escalated", "uncertain", draft)
    assert store.assignment(key).reason == "low-score"
    assert not store.admit(draft, near_duplicate=0.9).accepted


def test_only_admission_accepts(store: Store) -> None:
    (key,) = planned(store, 1)
    (draft,) = drafted(store, [key], "accept")
    with pytest.raises(ProjectError, match="has not been admitted"):
        store.settle(key, "accepted", "", draft)
    assert store.admit(draft, near_duplicate=0.9).accepted
    assert not store.settle(key, "accepted", "", draft)
    assert store.counts().accepted == 1


def test_it_is_counted_how_often_an_assignment_was_taken_up(store: Store) -> None:
    (key,) = planned(store, 1)
    assert store.start(key) == 1
    assert store.start(key) == 2
    assert store.assignment(key).attempts == 2


def test_taken_counts_like_assignments_together(store: Store) -> None:
    ids = planned(store, 2)
    twice = assignments(1)[0].model_copy(update={"id": "second", "variant": 1})
    store.plan([(twice, "dread")])
    store.settle(ids[1], "failed", "unreadable")
    assert store.taken() == [
        Taken(passage(0).id, "monologue", "planned", "dread", False, 2),
        Taken(passage(1).id, "monologue", "failed", "dread", False, 1),
    ]
    assert store.template_versions() == {"monologue": {"v1": 1}}


def test_the_same_content_is_one_draft_and_new_content_a_new_revision(store: Store) -> None:
    (key,) = planned(store, 1)
    first = store.save_example(key, example(1), rehearsal=True)
    assert first == f"{key}.0"
    assert store.save_example(key, example(1)) == first
    second = store.save_example(key, example(2), origin="revision")
    assert second == f"{key}.1"
    assert store.example(second) == example(2)
    assert [(d.example_id, d.origin, d.rehearsal) for d in store.drafts(key)] == [
        (first, "teacher", True),
        (second, "revision", False),
    ]


def test_an_example_comes_back_to_the_letter(store: Store) -> None:
    (key,) = planned(store, 1)
    odd = Example(
        form="conversation",
        turns=(
            Turn(role="user", content="“Wake”\r\n\tup\x00 — 夢 🙂"),
            Turn(role="assistant", content=" x ", thinking="", state={"mood": "dim"}),
        ),
        system="Be.",
    )
    assert store.example(store.save_example(key, odd)) == odd


def test_the_last_verdict_holds_and_a_repeated_one_adds_nothing(store: Store) -> None:
    (key,) = planned(store, 1)
    draft = store.save_example(key, example())
    assert store.verdict(draft) is None
    store.save_verdict(draft, verdict("revise"))
    store.save_verdict(draft, verdict("revise"))
    store.save_verdict(draft, verdict("accept", 4.5))
    assert store.verdict(draft) == verdict("accept", 4.5)
    assert len(store.noted("verdict", draft)) == 2
    assert store.drafts(key)[0].verdict == verdict("accept", 4.5)


def test_vectors_of_another_size_or_without_direction_are_refused(store: Store) -> None:
    (key,) = planned(store, 1)
    with pytest.raises(ProjectError, match=f"of example '{key}.0' has no direction"):
        store.save_example(key, example(), vector=np.zeros(64, dtype=np.float32))
    assert store.drafts(key) == []
    draft = store.save_example(key, example(), vector=3 * vector(1))
    kept = store.vector(draft)
    assert kept is not None and np.allclose(kept, vector(1))
    with pytest.raises(ProjectError, match="vectors of 64 numbers, this one has 8"):
        store.save_example(key, example(1), vector=np.ones(8, dtype=np.float32))


@pytest.mark.parametrize("ask", ["example", "assignment", "passage", "item", "why"])
def test_an_unknown_id_is_named(store: Store, ask: str) -> None:
    with pytest.raises(ProjectError, match="'nowhere'") as caught:
        getattr(store, ask)("nowhere")
    assert caught.value.hint


def test_what_a_run_remembers_is_any_json(store: Store, place: Place) -> None:
    assert store.recall("fingerprint") is None
    store.remember("fingerprint", {"target": 5, "books": ["a"]})
    store.remember("fingerprint", {"target": 6, "books": ["a"]})
    store.note("run-stopped", "run-1", stop="target")
    with place.open() as again:
        assert again.recall("fingerprint") == {"target": 6, "books": ["a"]}
        (event,) = again.events(kind="run-stopped")
        assert (event.subject, event.detail) == ("run-1", {"stop": "target"})


def test_what_is_kept_is_counted_no_further_than_asked(store: Store) -> None:
    drafts = drafted(store, planned(store, 5), "accept")
    assert store.kept(3) == 0
    store.admit(drafts[0], near_duplicate=0.9)
    store.settle(drafts[1].rpartition(".")[0], "escalated", "uncertain", drafts[1])
    store.settle(drafts[2].rpartition(".")[0], "rejected", "low-score", drafts[2])
    assert [store.kept(most) for most in (0, 1, 2, 3)] == [0, 1, 2, 2]
