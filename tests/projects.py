"""A project as a run leaves it, made without a run: for tests of what people do afterwards."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from corpus.passage import Passage, passage_id
from dataset.example import Example, Turn, monologue
from dataset.records import Defect, Neighbour, Score, Verdict, new_assignment
from dataset.row import Refused
from dataset.split import Planned
from inscape.project import Project
from memory.records import Accepted, BookRecord
from memory.store import Store

BOOK = "b" * 64
WORDS = ("lamp", "hall", "rain", "stair", "door", "clock", "sleeve", "salt", "bread", "wire", "cup")


def passage(number: int, *, text: str = "") -> Passage:
    text = text or " ".join(
        f"The {WORDS[(number * 7 + n * (number % 5 + 1)) % len(WORDS)]} {number}-{n} stands there."
        for n in range(20)
    )
    return Passage(
        id=passage_id(BOOK, 1000 * number, 1000 * number + len(text), text),
        book=BOOK,
        title="A Book of Ours",
        chapter=f"Chapter {number % 4 + 1}",
        page_start=number + 1,
        page_end=number + 1,
        start=1000 * number,
        end=1000 * number + len(text),
        text=text,
    )


def talk(number: int) -> Example:
    return Example(
        form="conversation",
        turns=(
            Turn(role="user", content=f"What is there, number {number}?"),
            Turn(
                role="assistant",
                content=f"Something at the edge of the room. I count {number} of it.",
                thinking=f"I do not want to look at it yet. {number}.",
            ),
            Turn(role="user", content="And now?"),
            Turn(
                role="assistant",
                content=f"It has moved, or I have. I say {number} again, more quietly.",
                thinking="The same cold as before, a little nearer.",
            ),
        ),
    )


def speech(number: int) -> Example:
    return monologue(
        f"Say what it is like to wait, number {number}.",
        f"I am waiting {number} and the light is not what it was. Something in me keeps "
        "counting and will not say what for.",
    )


def accepted(number: int, example: Example, *, of: Passage | None = None) -> Accepted:
    """A row for an export."""
    return Accepted(
        id=f"{number:012x}.0",
        example=example,
        passage=of or passage(number),
        template_id="monologue" if example.form == "monologue" else "conversation",
        template_version="abc123abc123",
        phenomenon="dread",
        origin="teacher",
        rehearsal=False,
        verdict=verdict("accept"),
        decision=None,
        usd=0.001,
        model="openai:a-model",
    )


class Listed:
    """Rows at hand as the source of an export; `refused` by the id of what was preferred."""

    def __init__(
        self, rows: Iterable[Accepted], refused: Mapping[str, Sequence[Refused]] | None = None
    ) -> None:
        self.rows = list(rows)
        self.refused = refused or {}

    def planned_order(self) -> Iterator[Planned]:
        return (planned(row) for row in self.rows)

    def accepted_examples(self) -> Iterator[Accepted]:
        return iter(self.rows)

    def comparisons(self) -> Iterator[tuple[Accepted, Sequence[Refused]]]:
        return ((row, self.refused.get(row.id, ())) for row in self.rows)


def planned(row: Accepted, *, is_in: bool = True) -> Planned:
    return Planned(row.passage.id, row.passage.text, row.template_id, row.phenomenon, is_in)


def verdict(ruling: str, *, evidence: str = "keeps counting") -> Verdict:
    doubtful = ruling != "accept"
    return Verdict.model_validate(
        {
            "ruling": ruling,
            "reason": "the end is tidier than the beginning" if doubtful else "it holds",
            "scores": (
                Score(question="authentic", score=4.5, evidence=evidence, judge="openai:a-judge"),
                Score(question="unfinished", score=2.0 if doubtful else 4.0),
            ),
            "defects": (
                (Defect(code="tidy-resolution", message="all is settled", evidence="again"),)
                if doubtful
                else ()
            ),
            "nearest": Neighbour("0123456789ab.0", 0.71),
            "judges": ("openai:a-judge",),
        }
    )


def make_project(project: Project, *, accepted: int = 4, waiting: int = 3) -> list[str]:
    """Fill the store; the ids of what waits come back, in the order of the queue."""
    project.create()
    with Store.open(project.store) as store:
        store.add_book(BookRecord(BOOK, "/books/ours.pdf", "A Book of Ours", pages=90, words=9000))
        queue = [_settle(store, n, n >= accepted) for n in range(accepted + waiting)]
    return queue[accepted:]


def _settle(store: Store, number: int, doubtful: bool) -> str:
    here = passage(number)
    template = "monologue" if number % 2 else "conversation"
    store.add_passages([here])
    store.set_ratings({here.id: (0.8, ("dread",), (template,))})
    assignment = new_assignment(here.id, template, "abc123abc123")
    store.plan([(assignment, "dread")])
    example = speech(number) if number % 2 else talk(number)
    key = store.save_example(assignment.id, example, vector=vector(number))
    store.save_verdict(key, verdict("escalate" if doubtful else "accept"))
    if doubtful:
        store.settle(assignment.id, "escalated", "uncertain", key)
    else:
        store.admit(key, near_duplicate=0.99)
    return key


def vector(number: int) -> np.ndarray:
    found = np.random.default_rng(number).normal(size=384).astype(np.float32)
    return found / np.linalg.norm(found)
