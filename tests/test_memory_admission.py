"""Admission: one atomic step, near-duplicates out, and an index that may be lost at any time."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from dataset.records import Decision
from inscape.errors import ProjectError
from memory.records import Admission
from memory.shelf import Vector
from memory.store import Store
from tests import memory_parts
from tests.memory_parts import (
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


def admitted(store: Store, count: int) -> list[str]:
    drafts = drafted(store, planned(store, count), "accept")
    assert all(store.admit(draft, near_duplicate=0.9).accepted for draft in drafts)
    return drafts


def files(folder: Path) -> tuple[Path, Path]:
    return folder / "vectors" / "accepted.faiss", folder / "vectors" / "accepted.json"


def test_a_near_duplicate_is_refused_and_nothing_changes(store: Store) -> None:
    ids = planned(store, 2)
    first = store.save_example(ids[0], example(0))
    second = store.save_example(ids[1], example(1))
    assert store.admit(first, vector(0), near_duplicate=0.95) == Admission(True, None)
    refused = store.admit(second, vector(1, like=0, closeness=0.96), near_duplicate=0.95)
    assert (refused.accepted, refused.reason) == (False, "near-duplicate")
    assert refused.nearest is not None and refused.nearest.id == first
    assert refused.nearest.cosine == pytest.approx(0.96, abs=1e-6)
    assert store.assignment(ids[1]).status == "planned"
    allowed = store.admit(second, vector(1, like=0, closeness=0.94), near_duplicate=0.95)
    assert allowed.accepted


def test_admitting_twice_is_admitting_once(store: Store) -> None:
    (draft,) = admitted(store, 1)
    assert store.admit(draft, near_duplicate=0.9).accepted
    assert store.counts().accepted == 1
    assert len(store.events(kind="accepted")) == 1


def test_who_is_admitted_waits_for_nobody_unless_a_look_is_wanted(store: Store) -> None:
    ids = planned(store, 2)
    drafts = [store.save_example(key, example(n)) for n, key in enumerate(ids)]
    store.admit(drafts[0], vector(0), near_duplicate=0.9)
    store.admit(drafts[1], vector(1), near_duplicate=0.9, reason="first-look", look=True)
    assert [item.example_id for item in store.waiting()] == [drafts[1]]


def test_what_has_no_direction_is_neither_admitted_nor_compared(store: Store) -> None:
    (draft,) = [store.save_example(key, example(0)) for key in planned(store, 1)]
    with pytest.raises(ProjectError, match="has no vector"):
        store.admit(draft, near_duplicate=0.9)
    for nothing in (np.zeros(64, np.float32), np.full(64, np.nan, np.float32)):
        with pytest.raises(ProjectError, match="no direction"):
            store.admit(draft, nothing, near_duplicate=0.9)
        with pytest.raises(ProjectError, match="no direction"):
            store.nearest(nothing)
    assert store.counts().accepted == 0


def test_only_one_draft_of_an_assignment_gets_in(store: Store) -> None:
    (draft,) = admitted(store, 1)
    key = draft.partition(".")[0]
    other = store.save_example(key, example(9), origin="revision", vector=vector(9))
    assert store.admit(other, near_duplicate=0.9).reason == "already-settled"
    assert [one.id for one in store.accepted_examples()] == [draft]


def test_a_passage_gives_no_more_than_its_cap(store: Store) -> None:
    store.add_book(book(), [passage(0)])
    one = assignments(1)[0]
    several = [one.model_copy(update={"id": f"v{n}", "variant": n}) for n in range(3)]
    ids = store.plan([(each, "dread") for each in several])
    drafts = drafted(store, ids, "accept")
    reasons = [store.admit(d, near_duplicate=0.9, cap_per_passage=2).reason for d in drafts]
    assert reasons == ["", "", "passage-cap"]


def test_what_waits_can_be_admitted_later_unless_a_person_spoke(store: Store) -> None:
    ids = planned(store, 3)
    drafts = drafted(store, ids)
    for key, draft in zip(ids, drafts, strict=True):
        store.settle(key, "escalated", "uncertain", draft)
    store.decide(Decision(example_id=drafts[1], answer="reject"))
    store.decide(Decision(example_id=drafts[2], answer="ignore"))
    found = [store.admit(draft, near_duplicate=0.9).accepted for draft in drafts]
    assert found == [True, False, True]


def test_the_nearest_leaves_out_the_assignments_own(store: Store) -> None:
    first, second = admitted(store, 2)
    query: Vector = vector(0) + 0.5 * vector(1)
    near = store.nearest(query)
    assert near is not None and near.id == first
    other = store.nearest(query, but=first.partition(".")[0])
    assert other is not None and other.id == second
    assert other.cosine == pytest.approx(0.5 / np.sqrt(1.25), abs=1e-6)


def test_the_nearest_of_many_is_the_nearest(store: Store) -> None:
    rng = np.random.default_rng(3)
    ids = planned(store, 120)
    made = rng.standard_normal((120, 48)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    for n, key in enumerate(ids):
        store.admit(store.save_example(key, example(n)), made[n], near_duplicate=1.1)
    for query in rng.standard_normal((20, 48)).astype(np.float32):
        cosines = made @ query / np.linalg.norm(query)
        near = store.nearest(query)
        assert near is not None
        assert near.id == f"{ids[int(cosines.argmax())]}.0"
        assert near.cosine == pytest.approx(float(cosines.max()), abs=1e-6)


def test_two_stores_on_one_file_see_each_others_admissions(store: Store, place: Place) -> None:
    ids = planned(store, 2)
    drafts = [store.save_example(key, example(n)) for n, key in enumerate(ids)]
    with place.open() as another:
        assert another.nearest(vector(0)) is None
        assert store.admit(drafts[0], vector(0), near_duplicate=0.9).accepted
        refused = another.admit(drafts[1], vector(1, like=0), near_duplicate=0.9)
        assert refused.reason == "near-duplicate"
        store.decide(Decision(example_id=drafts[0], answer="reject"))
        assert another.admit(drafts[1], vector(1, like=0), near_duplicate=0.9).accepted


def test_of_clones_admitted_by_many_threads_one_gets_in(store: Store) -> None:
    ids = planned(store, 12)
    drafts = [store.save_example(key, example(n)) for n, key in enumerate(ids)]
    found: list[Admission] = []
    threads = [
        threading.Thread(
            target=lambda d=draft, n=n: found.append(
                store.admit(d, vector(n + 1, like=0, closeness=0.97), near_duplicate=0.9)
            )
        )
        for n, draft in enumerate(drafts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.accepted for one in found) == 1
    assert len(found) == 12
    assert store.counts().accepted == 1
    assert store.check() == []


def test_exemplars_are_approved_ones_first_then_by_score(store: Store) -> None:
    ids = planned(store, 4)
    drafts = [store.save_example(key, example(n), vector=vector(n)) for n, key in enumerate(ids)]
    for draft, score in zip(drafts, (4.0, 4.6, 3.0, 4.8), strict=True):
        store.save_verdict(draft, verdict("accept", score))
    for draft in drafts[:2]:
        store.admit(draft, near_duplicate=0.9)
    store.settle(ids[2], "escalated", "uncertain", drafts[2])
    store.decide(Decision(example_id=drafts[2], answer="accept"))
    best = [store.example(one) for one in store.exemplars("monologue", 5)]
    assert best == [example(2), example(1), example(0)]
    assert [store.example(one) for one in store.exemplars("monologue", 1)] == [example(2)]
    assert store.exemplars("monologue", 5, rehearsal=True) == store.exemplars("other", 1) == []


def test_openings_count_what_is_in_and_forget_what_went_out(store: Store) -> None:
    drafts = admitted(store, 3)
    assert store.openings(at_least=1) == {"slowly 0": 1, "slowly 1": 1, "slowly 2": 1}
    assert store.openings() == {}
    store.decide(
        Decision(example_id=drafts[1], answer="edit"),
        edited=example(0).model_copy(update={"input": "Elsewhere"}),
        vector=vector(7),
    )
    assert store.openings() == {"slowly 0": 2}
    assert store.diversity()["repeated_openings"] == pytest.approx(2 / 3)
    store.undo()
    assert store.openings() == {}


def test_closing_writes_the_index_and_opening_reads_it(place: Place) -> None:
    with place.open() as store:
        drafts = admitted(store, 5)
        store.nearest(vector(0))
    index, stamp = files(place.folder)
    written = index.read_bytes()
    assert json.loads(stamp.read_text())["count"] == 5
    with place.open() as again:
        near = again.nearest(vector(3))
        assert near is not None and near.id == drafts[3]
        assert again.check() == []
    assert index.read_bytes() == written


@pytest.mark.parametrize("fault", ["cut", "flipped", "garbage", "no stamp", "no index", "stamp"])
def test_a_broken_index_is_built_anew_from_the_store(place: Place, fault: str) -> None:
    with place.open() as store:
        drafts = admitted(store, 5)
        store.nearest(vector(0))
    index, stamp = files(place.folder)
    whole = index.read_bytes()
    match fault:
        case "cut":
            index.write_bytes(whole[: len(whole) // 2])
        case "flipped":
            middle = len(whole) // 2
            index.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
        case "garbage":
            index.write_bytes(b"not an index")
        case "no stamp":
            stamp.unlink()
        case "no index":
            index.unlink()
        case "stamp":
            stamp.write_text('{"admission": 9}')
    with place.open() as again:
        assert [f.code for f in again.check()] == ([] if fault == "no index" else ["index"])
        for n, draft in enumerate(drafts):
            near = again.nearest(vector(n))
            assert near is not None and near.id == draft
    assert index.read_bytes() == whole


def test_an_index_older_than_the_store_catches_up(place: Place) -> None:
    with place.open() as store:
        drafts = admitted(store, 4)
        store.nearest(vector(0))
    index, stamp = files(place.folder)
    old = index.read_bytes(), stamp.read_bytes()
    with place.open() as store:
        store.decide(Decision(example_id=drafts[0], answer="reject"))
        (key,) = store.plan([(assignments(1, "conversation")[0], "dread")])
        late = store.save_example(key, example(50))
        store.admit(late, vector(50), near_duplicate=0.9)
    index.write_bytes(old[0])
    stamp.write_bytes(old[1])
    with place.open() as store:
        near, gone = store.nearest(vector(50)), store.nearest(vector(0))
        assert near is not None and (near.id, near.cosine) == (late, 1.0)
        assert gone is not None and gone.cosine < 0.5


def test_an_index_of_another_project_is_not_believed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with Store.open(tmp_path / name / "memory.db") as store:
            admitted(store, 4 if name == "one" else 2)
            store.nearest(vector(0))
    for left, right in zip(files(tmp_path / "one"), files(tmp_path / "two"), strict=True):
        right.write_bytes(left.read_bytes())
    with Store.open(tmp_path / "two" / "memory.db") as store:
        near = store.nearest(vector(3))
        assert near is not None and near.cosine < 0.5
        assert [finding.code for finding in store.check()] == ["index"]
    with Store.open(tmp_path / "two" / "memory.db") as store:
        assert store.check() == []


def test_an_index_that_cannot_be_written_costs_nothing_but_time(place: Place) -> None:
    (place.folder / "vectors").write_text("a file where the directory should be")
    with place.open() as store:
        drafts = admitted(store, 2)
        store.nearest(vector(0))
    with place.open() as store:
        near = store.nearest(vector(1))
        assert near is not None and near.id == drafts[1]


def test_a_vector_of_another_embedder_is_refused_at_admission(store: Store) -> None:
    admitted(store, 1)
    (key,) = store.plan([(assignments(1, "conversation")[0], "dread")])
    draft = store.save_example(key, example(5))
    with pytest.raises(ProjectError, match="vectors of 64 numbers, this one has 8"):
        store.admit(draft, np.ones(8, dtype=np.float32), near_duplicate=0.9)
    assert store.counts().accepted == 1
