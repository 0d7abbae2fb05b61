"""What a run would do and cost, found out without sending or writing anything."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from agents.models import Price
from agents.models.base import Usage
from agents.models.prices import usd_of
from corpus.passage import Passage
from corpus.passages import cut_passages
from corpus.reader import read_book
from graph.asked import Asked, Checked, check
from graph.costs import round_price
from inscape.progress import Progress, Reading
from memory.records import Counts
from memory.store import Store
from prompts.library import Template

_CHARACTERS_A_TOKEN = 4
_TOKENS_A_WORD = 1.4
_ANSWER_WORDS = 350
_VERDICT_TOKENS = 400
_KEPT_AT_WORST = 0.5


class Estimate(NamedTuple):
    """One way the run may go. `usd` is None when a price is unknown."""

    assignments: int
    calls: int
    input_tokens: int
    output_tokens: int
    usd: float | None


@dataclass(frozen=True)
class Preview:
    """`least`: every first draft is kept. `most`: half are, after all the revisions allowed.
    `room`: the examples that so many passages may give."""

    target: int
    accepted: int
    waiting: int
    passages: int
    room: int
    least: Estimate
    most: Estimate
    batch: bool = False

    def lines(self) -> list[str]:
        """For a person."""
        least, most = self.least, self.most
        money = "at a price nobody has told me"
        if least.usd is not None and most.usd is not None:
            money = f"${least.usd:.2f} to ${most.usd:.2f}"
            money += " by batches, at half price" if self.batch else ""
        tokens = (least.input_tokens + least.output_tokens, most.input_tokens + most.output_tokens)
        enough = "" if self.room >= self.target else f", which give {self.room} examples at most"
        return [
            f"{self.accepted} of {self.target} examples are there, {self.waiting} wait for you.",
            f"{self.passages} passages to choose from{enough}.",
            f"{least.assignments} to {most.assignments} assignments, "
            f"{least.calls} to {most.calls} calls, {tokens[0]:,} to {tokens[1]:,} tokens, {money}.",
            "Nothing has been sent.",
        ]

    def as_json(self) -> dict[str, Any]:
        return {
            "target": self.target,
            "accepted": self.accepted,
            "escalated": self.waiting,
            "passages": self.passages,
            "room": self.room,
            "least": self.least._asdict(),
            "most": self.most._asdict(),
            "batch": self.batch,
        }


def preview(asked: Asked, progress: Progress) -> Preview:
    """Reads the books (what else could be said of them), asks no model, leaves no file behind."""
    checked = check(asked)
    counts = _counts(asked)
    passages = _passages(asked, progress)
    missing = max(0, checked.target - counts.accepted - counts.escalated)
    tokens = _tokens(checked, passages)
    revisions = asked.settings.verdicts.max_revisions
    return Preview(
        target=checked.target,
        accepted=counts.accepted,
        waiting=counts.escalated,
        passages=len(passages),
        room=len(passages) * asked.settings.limits.per_passage,
        least=_estimate(checked, tokens, missing, 1),
        most=_estimate(checked, tokens, math.ceil(missing / _KEPT_AT_WORST), 1 + revisions),
        batch=asked.settings.batch,
    )


class _Tokens(NamedTuple):
    """Of one teacher's call and one judge's."""

    taught: Usage
    judged: Usage


def _estimate(checked: Checked, tokens: _Tokens, assignments: int, drafts: int) -> Estimate:
    taught = assignments * drafts
    calls = {checked.teacher: (taught, tokens.taught)}
    asking = [spec for spec in checked.critics if spec != "rehearsal"]
    bills = [
        (round_price(spec, checked.asked.settings), count, usage)
        for spec, (count, usage) in calls.items()
    ] + [(round_price(spec, checked.asked.settings), taught, tokens.judged) for spec in asking]
    return Estimate(
        assignments=assignments,
        calls=sum(count for _, count, _ in bills),
        input_tokens=sum(count * usage.input for _, count, usage in bills),
        output_tokens=sum(count * usage.output for _, count, usage in bills),
        usd=_sum([_cost(*bill) for bill in bills]),
    )


def _cost(known: Price | None, count: int, usage: Usage) -> float | None:
    usd = usd_of(known, usage)
    return None if usd is None else count * usd


def _sum(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return round(sum(known), 4) if len(known) == len(parts) else None


def _tokens(checked: Checked, passages: Sequence[Passage]) -> _Tokens:
    """Means over the templates, from the prompts as they would be sent for a typical passage."""
    passage = sorted(passages, key=lambda one: one.words)[len(passages) // 2]
    prompts = [_prompt(checked, template, passage) for template in checked.templates]
    taught = sum(map(len, prompts)) // len(prompts) // _CHARACTERS_A_TOKEN
    answer = math.ceil(_ANSWER_WORDS * _TOKENS_A_WORD)
    return _Tokens(Usage(taught, answer), Usage(taught + answer, _VERDICT_TOKENS))


def _prompt(checked: Checked, template: Template, passage: Passage) -> str:
    system, user = checked.library.assignment(template, passage=passage.text)
    return system + user


def _passages(asked: Asked, progress: Progress) -> list[Passage]:
    found: list[Passage] = []
    for path in asked.books:
        told = partial(_tell, progress, path.name)
        book = read_book(path, password=asked.password, ocr=asked.ocr, progress=told)
        found += cut_passages(book)
    return found


def _tell(progress: Progress, book: str, page: int, pages: int) -> None:
    progress(Reading(book, page, pages))


def _counts(asked: Asked) -> Counts:
    if not asked.project.exists:
        return Counts()
    with Store.of(asked.project) as store:
        return store.counts()
