"""A person's word: the queue, decisions, and taking them back any number of times."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from dataset.records import Answer, Decision
from inscape.errors import ProjectError
from memory.records import Decided
from memory.store import Store
from tests import memory_parts
from tests.memory_parts import drafted, escalated, example, passage, planned, vector, verdict
from tests.stores import Place

store = memory_parts.store


def decide(store: Store, draft: str, answer: Answer, by: str = "ann", **more: Any) -> Decided:
    return store.decide(Decision(example_id=draft, answer=answer, by=by), **more)


def queue(store: Store) -> list[str]:
    return [item.example_id for item in store.waiting()]


def test_an_item_waits_with_all_a_person_needs_to_decide(store: Store) -> None:
    drafts = escalated(store, 3)
    assert queue(store) == drafts
    assert [item.example_id for item in store.waiting(limit=1, offset=1)] == [drafts[1]]
    item = store.waiting()[0]
    assert (item.passage, item.example, item.verdict) == (passage(0), example(0), verdict())
    assert item.reasons == ("uncertain", "It wavers", "tense: The past slips in")
    assert store.item(drafts[2]).template_id == "monologue"


def test_approving_accepts_and_rejecting_rejects(store: Store) -> None:
    yes, no, _ = escalated(store, 3)
    assert decide(store, yes, "accept").status == "accepted"
    assert decide(store, no, "reject").status == "rejected"
    counts = store.counts()
    assert (counts.accepted, counts.rejected, counts.escalated) == (1, 1, 1)
    assert store.assignment(no.partition(".")[0]).reason == "rejected-by-person"


def test_an_item_passed_over_goes_to_the_end(store: Store) -> None:
    one, two, three = escalated(store, 3)
    decide(store, one, "ignore")
    assert queue(store) == [two, three, one]
    decide(store, two, "ignore")
    assert queue(store) == [three, one, two]
    store.undo()
    assert queue(store) == [two, three, one]
    store.undo()
    assert queue(store) == [one, two, three]


def test_an_edit_keeps_the_original_beside_it(store: Store) -> None:
    (draft,) = escalated(store, 1)
    done = decide(store, draft, "edit", edited=example(8), vector=vector(8))
    assert done.example_id == draft.replace(".0", ".1")
    assert [one.origin for one in store.drafts(done.assignment_id)] == ["teacher", "person"]
    (kept,) = store.accepted_examples()
    assert (kept.id, kept.example, kept.origin) == (done.example_id, example(8), "person")
    assert kept.decision == Decision(example_id=draft, answer="edit", by="ann")
    assert store.example(draft) == example(0)


def test_an_edit_that_changes_nothing_is_an_approval(store: Store) -> None:
    (draft,) = escalated(store, 1)
    done = decide(store, draft, "edit", edited=example(0))
    assert (done.example_id, done.decision.answer) == (draft, "accept")


def test_a_person_may_overrule_what_the_critic_accepted(store: Store) -> None:
    (key,) = planned(store, 1)
    (draft,) = drafted(store, [key], "accept")
    store.admit(draft, near_duplicate=0.9)
    decide(store, draft, "reject")
    assert (store.counts().accepted, store.nearest(vector(0))) == (0, None)
    store.undo()
    assert store.counts().accepted == 1
    near = store.nearest(vector(0))
    assert near is not None and near.id == draft


def test_a_persons_yes_wins_over_a_near_duplicate_and_records_it(store: Store) -> None:
    ids = planned(store, 2)
    first = store.save_example(ids[0], example(0), vector=vector(0))
    store.admit(first, near_duplicate=0.9)
    second = store.save_example(ids[1], example(1), vector=vector(1, like=0))
    store.settle(ids[1], "escalated", "near-duplicate", second)
    done = decide(store, second, "accept")
    assert done.status == "accepted"
    assert done.nearest is not None and done.nearest.id == first
    story = store.why(second)
    assert story["decisions"][0]["nearest_id"] == first
    assert story["decisions"][0]["nearest_cosine"] == pytest.approx(0.99, abs=1e-5)


def test_the_same_word_twice_is_one_decision(store: Store) -> None:
    (draft,) = escalated(store, 1)
    decide(store, draft, "accept", by="ann")
    assert decide(store, draft, "accept", by="bob").status == "accepted"
    assert len(store.decisions()) == 1


def test_another_persons_different_word_must_be_taken_back_first(store: Store) -> None:
    (draft,) = escalated(store, 1)
    decide(store, draft, "accept", by="ann")
    with pytest.raises(ProjectError, match="decided already: accept by 'ann'") as caught:
        decide(store, draft, "reject", by="bob")
    assert "--undo" in caught.value.hint
    decide(store, draft, "reject", by="ann")
    assert store.counts().rejected == 1
    store.undo("bob", of="ann")
    assert store.counts().accepted == 1


def test_what_is_not_settled_cannot_be_decided(store: Store) -> None:
    (key,) = planned(store, 1)
    (draft,) = drafted(store, [key])
    with pytest.raises(ProjectError, match="not ready to be decided: planned"):
        decide(store, draft, "accept")


def test_a_decision_needs_a_vector_from_somewhere(store: Store) -> None:
    (key,) = planned(store, 1)
    draft = store.save_example(key, example())
    store.settle(key, "escalated", "uncertain", draft)
    with pytest.raises(ProjectError, match="has no vector"):
        decide(store, draft, "accept")
    assert store.decisions() == []
    assert decide(store, draft, "accept", vector=vector(1)).status == "accepted"


def test_an_edit_and_only_an_edit_brings_an_example(store: Store) -> None:
    (draft,) = escalated(store, 1)
    with pytest.raises(ProjectError, match="only an edit"):
        decide(store, draft, "edit")
    with pytest.raises(ProjectError, match="only an edit"):
        decide(store, draft, "accept", edited=example(3))


def test_undo_goes_back_to_the_beginning_and_then_says_so(store: Store) -> None:
    drafts = escalated(store, 3)
    for draft in drafts:
        decide(store, draft, "accept")
    undone = [store.undo().decision.example_id for _ in drafts]
    assert undone == list(reversed(drafts))
    assert queue(store) == drafts
    with pytest.raises(ProjectError, match="no decision to take back"):
        store.undo()
    decide(store, drafts[0], "reject")
    assert store.undo().status == "escalated"


def test_undo_can_be_kept_to_ones_own_decisions(store: Store) -> None:
    one, two = escalated(store, 2)
    decide(store, one, "accept", by="ann")
    decide(store, two, "reject", by="bob")
    assert store.undo("ann", of="ann").decision.example_id == one
    assert store.counts().rejected == 1


def test_every_decision_and_undo_is_in_the_log(store: Store) -> None:
    (draft,) = escalated(store, 1)
    decide(store, draft, "accept", by="ann")
    store.undo("bob")
    log = [(event.kind, event.who) for event in store.events() if event.subject == draft]
    assert log == [
        ("draft", "teacher"),
        ("verdict", "critic"),
        ("decision", "ann"),
        ("undo", "bob"),
    ]


class Reviewing(RuleBasedStateMachine):
    """Two people decide and undo on four items; a list of what they said is the whole model."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.store = place.open()
        self.said: list[tuple[int, Answer, str, str | None]] = []
        self.edits = 0

    def teardown(self) -> None:
        assert self.store.check() == []
        self.store.close()

    @initialize()
    def begin(self) -> None:
        self.drafts = escalated(self.store, 4)

    @rule(n=st.integers(0, 3), answer=st.sampled_from(["accept", "reject", "ignore", "edit"]))
    def decide(self, n: int, answer: Answer) -> None:
        self._decide(n, answer, "ann")

    @rule(n=st.integers(0, 3), answer=st.sampled_from(["accept", "reject", "ignore", "edit"]))
    def another_decides(self, n: int, answer: Answer) -> None:
        self._decide(n, answer, "bob")

    def _decide(self, n: int, answer: Answer, by: str) -> None:
        last = next((s for s in reversed(self.said) if s[0] == n and s[1] != "ignore"), None)
        self.edits += 1
        edited = example(100 + self.edits) if answer == "edit" else None
        try:
            done = decide(self.store, self.drafts[n], answer, by, edited=edited, vector=vector(n))
        except ProjectError:
            assert last is not None and (last[2] != by or answer == "ignore")
            assert last[1] != answer or answer == "edit"
            return
        if last is not None and last[1] == answer and answer != "edit":
            return  # said already, by whomever
        assert last is None or (last[2] == by and answer != "ignore")
        self.said.append((n, answer, by, done.example_id if answer == "edit" else None))

    @precondition(lambda self: self.said)
    @rule(of=st.sampled_from([None, "ann", "bob"]))
    def undo(self, of: str | None) -> None:
        mine = [k for k, said in enumerate(self.said) if of in (None, said[2])]
        if not mine:
            with pytest.raises(ProjectError):
                self.store.undo(of=of)
            return
        n, answer, _, _ = self.said.pop(mine[-1])
        done = self.store.undo(of=of)
        assert (done.decision.example_id, done.decision.answer) == (self.drafts[n], answer)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = self.place.open()

    @invariant()
    def the_store_is_what_was_said(self) -> None:
        status: dict[int, tuple[str, str | None]] = {}
        order = list(range(4))
        for n, answer, _, edited in self.said:
            match answer:
                case "ignore":
                    order.remove(n)
                    order.append(n)
                case "accept":
                    status[n] = ("accepted", self.drafts[n])
                case "edit":
                    status[n] = ("accepted", edited)
                case "reject":
                    status[n] = ("rejected", self.drafts[n])
        waiting = [self.drafts[n] for n in order if n not in status]
        assert queue(self.store) == waiting
        accepted = {example_id for what, example_id in status.values() if what == "accepted"}
        assert {one.id for one in self.store.accepted_examples()} == accepted
        assert self.store.counts().rejected == sum(w == "rejected" for w, _ in status.values())

    @invariant()
    def the_index_knows_what_is_accepted(self) -> None:
        accepted = {one.id.partition(".")[0]: one.id for one in self.store.accepted_examples()}
        for n, draft in enumerate(self.drafts):
            near = self.store.nearest(vector(n))
            expected = accepted.get(draft.partition(".")[0])
            assert (near.id if near and near.cosine > 0.5 else None) == expected


def test_any_decisions_and_undos_in_any_order_end_right(places: Callable[..., Place]) -> None:
    few = settings(
        max_examples=8 if places().kind == "sqlite" else 3,  # the verbs are the same
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    reviewers: list[Reviewing] = []

    def sit_down() -> Reviewing:
        reviewers.append(Reviewing(places()))
        return reviewers[-1]

    run_state_machine_as_test(sit_down, settings=few)  # its invariants are the assertions
    assert len(reviewers) >= few.max_examples
