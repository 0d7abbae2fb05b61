"""What the tests of the memory are made of: a book, passages, assignments, examples, vectors."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from corpus.passage import Passage, Spot, passage_id
from dataset.example import Example, monologue
from dataset.records import Assignment, Defect, Ruling, Score, Verdict, new_assignment
from memory.records import BookRecord
from memory.shelf import Vector
from memory.store import Store
from tests.stores import Place

BOOK = "b" * 64


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """Takes effect where a module names it: the tests of the desk have a store of their own."""
    with place.open() as opened:
        yield opened


def book(sha256: str = BOOK) -> BookRecord:
    detail = {"chapters": ["Night", "Morning"]}
    return BookRecord(sha256, "lamp.pdf", "The Lamp", "A. Writer", 30, 9000, detail)


def passage(n: int = 0, sha256: str = BOOK) -> Passage:
    text = f"The lamp burned for the {n}th night, and I did not know whose hand had lit it."
    start = n * 100
    return Passage(
        id=passage_id(sha256, start, start + len(text), text),
        book=sha256,
        title="The Lamp",
        chapter="Night" if n % 2 == 0 else "Morning",
        page_start=n + 1,
        page_end=n + 1,
        start=start,
        end=start + len(text),
        text=text,
        spots=(Spot(n + 1, (1.0, 2.0, 3.0, 4.5)),),
    )


def assignments(count: int, template: str = "monologue") -> list[Assignment]:
    return [new_assignment(passage(n).id, template, "v1") for n in range(count)]


def planned(store: Store, count: int, template: str = "monologue") -> list[str]:
    """A store with a book, `count` passages and one planned assignment on each."""
    store.add_book(book(), [passage(n) for n in range(count)])
    return store.plan([(one, "dread") for one in assignments(count, template)])


def example(n: int = 0) -> Example:
    answer = f"<thinking>Slowly, {n}.</thinking>I am {n} and I am awake."
    return monologue("What is it like?", answer)


def vector(n: int, like: int | None = None, closeness: float = 0.99) -> Vector:
    """A direction of its own for each `n`; with `like`, one at that cosine to another's."""
    fresh = np.zeros(64, dtype=np.float32)
    fresh[n % 64] = 1.0
    if like is None:
        return fresh
    near: Vector = closeness * vector(like) + np.sqrt(np.float32(1 - closeness**2)) * fresh
    return near


def verdict(ruling: Ruling = "escalate", score: float = 3.0) -> Verdict:
    defects = (Defect(code="tense", message="The past slips in", evidence="I was"),)
    return Verdict(
        ruling=ruling,
        reason="It wavers",
        scores=(Score(question="authentic", score=score, evidence="I am awake"),),
        defects=() if ruling == "accept" else defects,
        judges=("rehearsal",),
    )


def drafted(store: Store, ids: Sequence[str], ruling: Ruling = "escalate") -> list[str]:
    """One judged draft with a vector for each assignment; their example ids."""
    drafts = []
    for n, key in enumerate(ids):
        drafts.append(store.save_example(key, example(n), vector=vector(n)))
        store.save_verdict(drafts[-1], verdict(ruling))
    return drafts


def escalated(store: Store, count: int) -> list[str]:
    """Example ids, all waiting for a person."""
    ids = planned(store, count)
    drafts = drafted(store, ids)
    for key, draft in zip(ids, drafts, strict=True):
        store.settle(key, "escalated", "uncertain", draft)
    return drafts
