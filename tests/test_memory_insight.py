"""Figures about the dataset: agreement with people, diversity, the export's rows, the story."""

import json

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from dataset.records import Answer, Decision, Ruling
from inscape.errors import ProjectError
from memory.ledger import Recorded
from memory.statistics import agreement, vendi
from memory.store import Store
from tests import memory_parts
from tests.memory_parts import (
    BOOK,
    drafted,
    escalated,
    example,
    passage,
    planned,
    vector,
    verdict,
)

store = memory_parts.store


def test_kappa_and_its_error_on_a_table_worked_by_hand() -> None:
    found = agreement(20, 5, 10, 15)
    assert (found.n, found.raw) == (50, 0.7)
    assert found.kappa == pytest.approx(0.4)
    # on paper: sqrt((0.10972 + 0.10188 - 0.01) / 50) / 0.5 = 0.126996
    error = 1.959964 * 0.126996
    assert found.interval == pytest.approx((0.4 - error, 0.4 + error), abs=1e-5)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    truth = np.array([0.45, 0.1, 0.15, 0.3])
    rows, columns = 0.55, 0.6
    chance = rows * columns + (1 - rows) * (1 - columns)
    kappa = (0.75 - chance) / (1 - chance)
    hits = 0
    for cells in rng.multinomial(200, truth, size=1000):
        low, high = agreement(*(int(cell) for cell in cells)).interval or (1.0, -1.0)
        hits += low <= kappa <= high
    assert 0.93 <= hits / 1000 <= 0.97


def test_kappa_is_that_of_others() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        cells = [int(cell) for cell in rng.integers(1, 30, size=4)]
        critic = [1] * (cells[0] + cells[1]) + [0] * (cells[2] + cells[3])
        people = [1] * cells[0] + [0] * cells[1] + [1] * cells[2] + [0] * cells[3]
        assert agreement(*cells).kappa == pytest.approx(cohen_kappa_score(critic, people))


def test_few_agreements_do_not_pass_for_certainty() -> None:
    found = agreement(2, 0, 0, 2)
    assert (found.raw, found.kappa) == (1.0, 1.0)
    assert found.interval is not None and found.interval[0] < 0.2 and found.interval[1] == 1.0
    many = agreement(200, 0, 0, 200)
    assert many.interval is not None and many.interval[0] > 0.95


def test_without_two_answers_there_is_no_kappa() -> None:
    assert agreement(0, 0, 0, 0)._asdict() == {"n": 0, "raw": None, "kappa": None, "interval": None}
    assert agreement(5, 0, 0, 0)[:3] == (5, 1.0, None)


def test_the_effective_number_of_items() -> None:
    axes = np.eye(8, dtype=np.float32)
    assert vendi(axes) == pytest.approx(8)
    assert vendi(np.repeat(axes[:1], 20, axis=0)) == pytest.approx(1)
    assert vendi(np.repeat(axes[:4], 5, axis=0)) == pytest.approx(4)
    uneven = np.repeat(axes[:2], [90, 10], axis=0)
    assert vendi(uneven) == pytest.approx(np.exp(-(0.9 * np.log(0.9) + 0.1 * np.log(0.1))))


CASES: list[tuple[Ruling, float, Answer, bool, bool]] = [
    ("accept", 4.5, "accept", True, True),
    ("escalate", 3.5, "accept", True, True),
    ("escalate", 2.0, "edit", False, False),
    ("reject", 1.5, "accept", False, True),
    ("accept", 4.5, "reject", True, False),
]


def test_agreement_sets_the_critic_beside_the_people(store: Store) -> None:
    ids = planned(store, len(CASES) + 2)
    drafts = [store.save_example(key, example(n), vector=vector(n)) for n, key in enumerate(ids)]
    assert store.agreement()["n"] == 0
    for n, (ruling, score, answer, *_) in enumerate(CASES):
        store.save_verdict(drafts[n], verdict(ruling, score))
        store.settle(ids[n], "escalated", "audit", drafts[n])
        edited = example(90 + n) if answer == "edit" else None
        decision = Decision(example_id=drafts[n], answer=answer)
        store.decide(decision, edited=edited, vector=vector(90 + n))
    for n in (len(CASES), len(CASES) + 1):
        store.save_verdict(drafts[n], verdict("reject"))
        store.settle(ids[n], "escalated", "audit", drafts[n])
    store.decide(Decision(example_id=drafts[-2], answer="ignore"))
    store.decide(Decision(example_id=drafts[-1], answer="accept"))
    store.undo()
    found = store.agreement()
    assert (found["n"], found["raw"]) == (5, pytest.approx(0.6))
    assert found["kappa"] == pytest.approx(
        cohen_kappa_score([c[3] for c in CASES], [c[4] for c in CASES])
    )
    json.dumps(found)


def test_diversity_is_of_what_is_accepted_now(store: Store) -> None:
    assert store.diversity() == {
        "n": 0,
        "effective_size": 0.0,
        "repeated_openings": 0.0,
        "sampled": 0,
    }
    drafts = drafted(store, planned(store, 4), "accept")
    for draft in drafts:
        store.admit(draft, near_duplicate=0.9)
    assert store.diversity()["effective_size"] == pytest.approx(4)
    store.decide(Decision(example_id=drafts[0], answer="reject"))
    assert store.diversity()["effective_size"] == pytest.approx(3)


def test_accepted_examples_come_with_their_whole_provenance(store: Store) -> None:
    ids = planned(store, 3)
    request = {"n": 1}
    store.ledger.sent("k", spec="openai:m", purpose="teach", request=request, assignment_id=ids[1])
    store.ledger.answered("k", Recorded("raw", usd=0.5))
    store.ledger.sent("j", spec="openai:j", purpose="judge", request=request, assignment_id=ids[1])
    store.ledger.answered("j", Recorded("raw", usd=0.25))
    draft = store.save_example(ids[1], example(1), raw_key="k", rehearsal=True, vector=vector(1))
    store.save_verdict(draft, verdict("accept"))
    store.admit(draft, near_duplicate=0.9)
    (row,) = store.accepted_examples()
    assert row.id == draft
    assert (row.example, row.passage, row.verdict) == (example(1), passage(1), verdict("accept"))
    assert (row.template_id, row.template_version, row.phenomenon) == ("monologue", "v1", "dread")
    assert (row.origin, row.rehearsal, row.decision) == ("teacher", True, None)
    assert (row.usd, row.model) == (0.75, "openai:m")


def test_the_export_reads_many_pages_in_the_order_of_the_plan(store: Store) -> None:
    ids = planned(store, 510)
    for n, key in reversed(list(enumerate(ids))):
        made = store.save_example(key, example(n), vector=np.float32([n + 1, 1, 0, 0]))
        store.admit(made, near_duplicate=2.0)
    assert [row.id for row in store.accepted_examples()] == [f"{key}.0" for key in ids]


def paid_on_the_second_try(store: Store, key: str) -> None:
    store.ledger.sent("k", spec="openai:m", purpose="teach", request={}, assignment_id=key)
    store.ledger.failed("k", "429 too many")
    store.ledger.sent("k", spec="openai:m", purpose="teach", request={}, assignment_id=key)
    store.ledger.answered("k", Recorded("raw \ud800", input_tokens=9, output_tokens=3, usd=0.5))


def test_the_story_of_an_example_is_whole_and_fit_for_json(store: Store) -> None:
    (key,) = planned(store, 1)
    paid_on_the_second_try(store, key)
    first = store.save_example(key, example(0), raw_key="k", vector=vector(0))
    store.save_verdict(first, verdict("revise"))
    second = store.save_example(key, example(1), origin="revision", vector=vector(1))
    store.save_verdict(second, verdict("escalate"))
    store.settle(key, "escalated", "uncertain", second)
    store.decide(Decision(example_id=second, answer="reject", reason="flat", by="ann"))
    store.undo("bob")
    store.decide(Decision(example_id=first, answer="accept", by="ann"))

    story = json.loads(json.dumps(store.why(second), ensure_ascii=False).encode())
    assert store.why(key) == {**store.why(second), "id": key}
    assert story["passage"]["page_start"] == 1
    assert story["passage"]["book"] == {
        "sha256": BOOK,
        "title": "The Lamp",
        "author": "A. Writer",
        "path": "lamp.pdf",
    }
    assert (story["assignment"]["template_id"], story["assignment"]["template_version"]) == (
        "monologue",
        "v1",
    )
    assert (story["assignment"]["status"], story["assignment"]["reason"]) == (
        "accepted",
        "approved",
    )
    (call,) = story["calls"]
    assert (call["attempts"], call["failures"], call["usd"]) == (2, 1, 0.5)
    assert call["reply"].startswith("raw")
    assert story["cost"] == {
        "calls": 2,
        "input_tokens": 9,
        "output_tokens": 3,
        "cached_tokens": 0,
        "usd": 0.5,
    }
    assert [draft["id"] for draft in story["drafts"]] == [first, second]
    assert [draft["verdicts"][0]["ruling"] for draft in story["drafts"]] == ["revise", "escalate"]
    rejected, approved = story["decisions"]
    assert (rejected["reason"], rejected["undone"]["by"]) == ("flat", "bob")
    assert (approved["example_id"], approved["undone"]) == (first, None)
    kinds = [event["kind"] for event in story["events"]]
    assert kinds == [
        *("draft", "verdict", "draft", "verdict"),
        *("escalated", "decision", "undo", "decision"),
    ]


def test_the_story_of_a_draft_that_never_was_is_refused(store: Store) -> None:
    (draft,) = escalated(store, 1)
    with pytest.raises(ProjectError, match="example"):
        store.why(draft.replace(".0", ".7"))
