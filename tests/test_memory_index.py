"""Beyond so many accepted examples a bound says which could be near; nothing near is missed."""

from collections.abc import Iterator

import numpy as np
import pymupdf  # noqa: F401  before FAISS: SWIG made both, and the first one's types are the last one's too
import pytest

from dataset.records import Decision
from memory.shelf import Vector
from memory.shortlist import Shortlist
from memory.store import Store
from tests.memory_parts import example, planned
from tests.stores import Place

FEW, MANY, DIMENSION = 40, 160, 192
LIKE = 0.9


def texts(count: int, seed: int = 0) -> Vector:
    """As texts lie: most of their length along few directions, and each in company."""
    rng = np.random.default_rng(seed)
    fading = (1 / np.sqrt(1 + np.arange(DIMENSION))).astype(np.float32)
    groups = rng.standard_normal((8, DIMENSION)).astype(np.float32)
    own = rng.standard_normal((count, DIMENSION)).astype(np.float32)
    return unit((groups[rng.integers(8, size=count)] + own) * fading)


def unit(vectors: Vector) -> Vector:
    made: Vector = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return made


def beside(vectors: Vector, cosine: float, seed: int) -> Vector:
    """One near each of them, in a direction that nothing was learned of."""
    noise = np.random.default_rng(seed).standard_normal(vectors.shape).astype(np.float32)
    noise = unit(noise - (noise * vectors).sum(1, keepdims=True) * vectors)
    return cosine * vectors + np.float32(np.sqrt(1 - cosine**2)) * noise


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    with place.open(flat_up_to=FEW) as opened:
        yield opened


def admit(store: Store, made: Vector) -> list[str]:
    keys = planned(store, len(made))
    drafts = [store.save_example(key, example(n)) for n, key in enumerate(keys)]
    for draft, vector in zip(drafts, made, strict=True):
        assert store.admit(draft, vector, near_duplicate=1.1).accepted
    return drafts


def kind(store: Store) -> bool:
    found = store._index._list
    return found is not None and found.is_of_many


def test_one_grown_large_finds_what_comparing_with_each_would_find(store: Store) -> None:
    made = texts(MANY)
    drafts = admit(store, made)
    assert kind(store)
    for query in np.concatenate([beside(made[::5], 0.91, 1), texts(20, seed=2)]):
        cosines = made @ query
        near = store.nearest(query, surely=LIKE)
        assert near is not None
        if cosines.max() >= LIKE:
            assert (near.id, near.cosine) == (
                drafts[int(cosines.argmax())],
                pytest.approx(float(cosines.max()), abs=1e-6),
            )
        else:
            assert near.cosine < LIKE


def test_it_grows_large_by_itself_and_comes_back_so_from_its_file(place: Place) -> None:
    made = texts(MANY)
    with place.open(flat_up_to=FEW) as store:
        drafts = admit(store, made[:FEW])
        store.nearest(made[0])
        assert not kind(store)
        drafts += [_one_more(store, n, made[n]) for n in range(FEW, FEW + 20)]
        store.nearest(made[0])
        assert kind(store)
    index = place.folder / "vectors" / "accepted.faiss"
    written = index.read_bytes()
    with place.open(flat_up_to=FEW) as again:
        for n in (0, FEW - 1, FEW + 19):
            near = again.nearest(made[n])
            assert near is not None and near.id == drafts[n]
        assert kind(again)
        assert again.check() == []
    assert index.read_bytes() == written


def test_what_a_large_one_let_go_is_found_no_more(store: Store) -> None:
    made = texts(FEW + 20)
    drafts = admit(store, made)
    assert kind(store)
    store.decide(Decision(example_id=drafts[7], answer="reject"))
    near = store.nearest(made[7])
    assert near is None or near.id != drafts[7]
    store.undo()
    back = store.nearest(made[7])
    assert back is not None and back.id == drafts[7]


def test_a_crowd_that_only_seems_near_does_not_hide_what_is(place: Place) -> None:
    """All differ where nothing was learned: their bounds say 1, their cosines 0.7."""
    aside = np.arange(DIMENSION) >= DIMENSION - 100
    along = unit(np.where(aside, 0, texts(96)))
    noise = np.random.default_rng(3).standard_normal((90, DIMENSION)).astype(np.float32)
    crowd = 0.85 * along[0] + np.float32(0.527) * unit(np.where(aside, noise, 0))
    query, near = crowd[0], beside(crowd[:1], 0.905, 4)
    with place.open(flat_up_to=94) as store:
        drafts = admit(store, unit(np.concatenate([along[1:], crowd[1:], near])))
        found = store.nearest(query, surely=LIKE)
    assert found is not None and found.id == drafts[-1]


@pytest.mark.parametrize("seed", range(5))
def test_no_cosine_is_above_its_bound(seed: int) -> None:
    made, query = texts(300, seed), texts(1, seed + 100)[0]
    for sample in (texts(200, seed + 200), made):  # learned elsewhere, or here
        many = Shortlist.of_many(sample)
        many.add(list(range(300)), made)
        likely = many.likeliest(query, 300)
        assert sorted(likely.numbers) == list(range(300))
        assert (made[likely.numbers] @ query <= np.array(likely.bounds)).all()


def _one_more(store: Store, n: int, vector: Vector) -> str:
    draft = store.save_example(planned(store, n + 1)[-1], example(n))
    assert store.admit(draft, vector, near_duplicate=1.1).accepted
    return draft
