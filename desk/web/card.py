"""One waiting example as the review shows it: values for a template, nothing drawn here."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from corpus.passage import Passage
from dataset.example import Example
from dataset.records import Score, Verdict
from desk.comparing import Change, Quoted, changes, quoted
from desk.web.desk import Desk
from memory.records import Draft, Waiting
from prompts.library import Question


class Told(NamedTuple):
    """What one side says, cut where the critic's quotes begin and end."""

    role: str
    thinking: list[Quoted]
    content: list[Quoted]
    state: tuple[tuple[str, str], ...]
    input: str


class Asked(NamedTuple):
    """A question of the rubric, with what the judges gave it and where they saw it."""

    question: Question
    scores: list[tuple[Score, int]]


class Compared(NamedTuple):
    """The text of another example and how this one departs from it."""

    title: str
    example_id: str
    changes: list[Change]


def evidence_of(verdict: Verdict | None) -> list[str]:
    """Every quote of a verdict, in the order defects then scores; a place may be empty."""
    if verdict is None:
        return []
    return [*(one.evidence for one in verdict.defects), *(one.evidence for one in verdict.scores)]


def told(example: Example, quotes: Sequence[str]) -> list[Told]:
    found = []
    for number, turn in enumerate(example.turns):
        shown = quotes if turn.role == "assistant" else ()
        found.append(
            Told(
                turn.role,
                quoted(turn.thinking or "", shown),
                quoted(turn.content, shown),
                tuple((turn.state or {}).items()),
                example.input if number == 0 else "",
            )
        )
    return found


def asked(questions: Sequence[Question], verdict: Verdict | None) -> list[Asked]:
    """All the questions, in the rubric's order; the number is the quote's among the evidence."""
    scores = verdict.scores if verdict else ()
    first = len(verdict.defects) if verdict else 0
    return [
        Asked(one, [(s, n) for n, s in enumerate(scores, first) if s.question == one.id])
        for one in questions
    ]


def card(desk: Desk, item: Waiting) -> dict[str, Any]:
    quotes = evidence_of(item.verdict)
    at, total = desk.store.place(item.queued)
    return {
        "item": item,
        "at": at,
        "total": total,
        "told": told(item.example, quotes),
        "questions": asked(desk.library.rubric.questions, item.verdict),
        "pages": pictured(desk, item.passage),
    }


def pictured(desk: Desk, passage: Passage) -> list[tuple[int, int]]:
    """Pages with a picture, and how far down in percent the passage begins on each."""
    return [(page, _how_far(passage, page)) for page in desk.pictures.pages(passage)]


def _how_far(passage: Passage, page: int) -> int:
    """A book page is about 800 points high; near enough to scroll the passage into sight."""
    tops = [spot.rect[1] for spot in passage.spots if spot.page == page]
    return min(95, round(min(tops, default=0.0) / 8))


def comparisons(desk: Desk, item: Waiting) -> list[Compared]:
    """With the nearest accepted example, and of each draft with the one before it."""
    drafts = desk.bench.drafts(item.example_id)
    found = [
        Compared("Revised", after.example_id, _between(before, after))
        for before, after in pairwise(drafts)
    ]
    near = item.verdict.nearest if item.verdict else None
    if near is not None and (known := desk.store.known_example(near.id)) is not None:
        title = f"Nearest accepted, cosine {near.cosine:.2f}"
        said = list(changes(known.spoken, item.example.spoken))
        found.insert(0, Compared(title, near.id, said))
    return found


def _between(before: Draft, after: Draft) -> list[Change]:
    return list(changes(before.example.spoken, after.example.spoken))
