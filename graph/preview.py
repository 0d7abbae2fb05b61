"""What a run would do and cost, found out without sending anything or writing to the project."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from agents.choice import Taken
from agents.scout import Scout
from corpus.embed import Embedder
from graph.asked import Asked, Checked, check
from graph.estimating import Estimate, Work, least, most
from graph.leaning import taken
from graph.library import Workers, studied, together
from graph.reading import highlights
from graph.scouting import already_read, candidate
from graph.studying import HowRead, Study, study
from graph.typical import Typical
from graph.vectors import Vector
from inscape.errors import BookError
from inscape.progress import Counts, Progress
from memory.records import RatedPassage
from memory.store import Store


@dataclass(frozen=True)
class Preview:
    """`least`: every first draft is kept. `most`: half are, after all the revisions allowed.
    `rich` of the `passages` may be chosen: they are rich enough and not used up, or a person's own;
    `room`: the examples that they may still give."""

    target: int
    accepted: int
    waiting: int
    passages: int
    rich: int
    room: int
    least: Estimate
    most: Estimate
    batch: bool = False

    def lines(self) -> list[str]:
        """For a person."""
        missing = max(0, self.target - self.accepted - self.waiting)
        enough = "" if self.room >= missing else f", and {missing} are missing"
        return [
            f"{self.accepted} of {self.target} examples are there, {self.waiting} wait for you.",
            f"{self.rich} of {self.passages} passages to choose from, "
            f"which give {self.room} examples at most{enough}.",
            self._work() if self.most.calls else "No model is to be asked for anything.",
            "Nothing has been sent.",
        ]

    def _work(self) -> str:
        least, most = self.least, self.most
        money = "at a price nobody has told me"
        if least.usd is not None and most.usd is not None:
            money = f"${least.usd:.2f} to ${most.usd:.2f}"
            money += " by batches, at half price" if self.batch else ""
        tokens = (least.input_tokens + least.output_tokens, most.input_tokens + most.output_tokens)
        return (
            f"{least.assignments} to {most.assignments} assignments, "
            f"{least.calls} to {most.calls} calls, {tokens[0]:,} to {tokens[1]:,} tokens, {money}."
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "target": self.target,
            "accepted": self.accepted,
            "escalated": self.waiting,
            "passages": self.passages,
            "rich": self.rich,
            "room": self.room,
            "least": self.least._asdict(),
            "most": self.most._asdict(),
            "batch": self.batch,
        }


def preview(asked: Asked, progress: Progress) -> Preview:
    """Reads the books as the run would (what else could be said of them), asks no model, leaves
    nothing but what was read in the person's cache."""
    checked, past = check(asked), _past(asked)
    scout = Scout(checked.library, Embedder(asked.settings.embedder))
    shelf = _shelf(checked, scout, progress)
    room = _room(checked, scout, shelf, past.taken)
    counts = past.counts
    missing = max(0, checked.target - counts.accepted - counts.escalated)
    work = Work(
        wanted=min(missing, sum(room.values())),
        unread=_unread(shelf.passages, asked.settings.limits.richness, past.read),
        before=counts,
    )
    typical = _typical(checked, shelf.passages)
    return Preview(
        target=checked.target,
        accepted=counts.accepted,
        waiting=counts.escalated,
        passages=len(shelf.passages),
        rich=len(room),
        room=sum(room.values()),
        least=asyncio.run(least(checked, typical, work)),
        most=asyncio.run(most(checked, typical, work)),
        batch=asked.settings.batch,
    )


class _Past(NamedTuple):
    """What the project has come to, without what is still planned; `read`: passages that a model
    has scouted."""

    counts: Counts
    taken: Sequence[Taken]
    read: Collection[str]


def _past(asked: Asked) -> _Past:
    if not asked.project.exists:
        return _Past(Counts(), [], set())
    with Store.of(asked.project) as store:
        now = store.counts()
        counts = Counts(now.accepted, now.escalated, now.rejected, now.failed)
        settled = [one for one in taken(store) if one.outcome != "pending"]
        return _Past(counts, settled, already_read(store))


class _Shelf(NamedTuple):
    """By passage id."""

    rated: dict[str, RatedPassage]
    vectors: dict[str, Vector]

    @property
    def passages(self) -> list[RatedPassage]:
        return list(self.rated.values())


def _shelf(checked: Checked, scout: Scout, progress: Progress) -> _Shelf:
    """A person's own passages first: where one is in a book too, it stays theirs."""
    asked = checked.asked
    own = [highlights(asked.highlights, scout, progress)] if asked.highlights else []
    books = _books(checked, scout, progress)
    shelf = _Shelf({}, {})
    for highlighted, one in [*((True, one) for one in own), *((False, one) for one in books)]:
        for passage, rating, vector in zip(one.passages, one.ratings, one.vectors, strict=True):
            rated = (rating.richness, rating.phenomena, rating.templates)
            shelf.rated.setdefault(passage.id, RatedPassage(passage, *rated, highlighted))
            shelf.vectors.setdefault(passage.id, vector)
    return shelf


def _books(checked: Checked, scout: Scout, progress: Progress) -> list[Study]:
    asked = checked.asked
    if asked.ray is None:
        how = HowRead(asked.ocr, asked.password)
        return [study(path, scout, how, progress) for path in asked.books]
    workers = Workers(asked.ray, checked.library, asked.settings.embedder, asked.ocr)
    found = [one for _, one in studied(asked.books, workers, progress)]
    unread = [one for one in found if isinstance(one, BookError)]
    if unread:
        raise together(unread, len(found))
    return [one for one in found if not isinstance(one, BookError)]


def _room(checked: Checked, scout: Scout, shelf: _Shelf, past: Sequence[Taken]) -> dict[str, int]:
    limits = checked.asked.settings.limits
    return scout.room(
        [candidate(one, shelf.vectors) for one in shelf.passages],
        taken=past,
        templates=checked.templates,
        cap_per_passage=limits.per_passage,
        floor=limits.richness,
    )


def _unread(passages: Sequence[RatedPassage], floor: float, read: Collection[str]) -> int:
    """Those that a model would read closely; a person's own are no exception."""
    rich = [one for one in passages if (one.richness or 0.0) >= floor]
    return sum(one.passage.id not in read for one in rich)


def _typical(checked: Checked, passages: Sequence[RatedPassage]) -> Typical:
    one = sorted(passages, key=lambda one: one.passage.words)[len(passages) // 2]
    return Typical(checked.library, checked.templates, one.passage, one.phenomena[:1])
