"""A round's assignments: what was left planned, then what the scout would take next."""

from collections.abc import Mapping, Sequence

from agents.scout import Candidate, Rating
from dataset.records import new_assignment
from graph import iterating
from graph.deps import Deps
from graph.leaning import taken
from graph.vectors import Vector
from memory.records import RatedPassage
from memory.store import Store

CLOSELY = 3
"""Passages read closely for one that is chosen."""
_READ = "read-closely"


async def choose(deps: Deps, books: Sequence[str], size: int) -> list[str]:
    """At most `size` ids of planned assignments, all on passages of `books`."""
    left = _left_over(deps, books)
    if len(left) < size:
        await _read_closely(deps, books, CLOSELY * size)
        left += _new(deps, books, size - len(left))
    return left[:size]


async def _read_closely(deps: Deps, books: Sequence[str], most: int) -> None:
    """Where a model scouts too, the richest passages it has not seen are read by it, once each."""
    if deps.scout.reader is None:
        return
    seen = already_read(deps.store)
    floor = deps.settings.limits.richness
    shelf = [one for one in deps.store.passages(books) if (one.richness or 0.0) >= floor]
    shelf.sort(key=lambda one: -(one.richness or 0.0))
    unread = [one for one in shelf[:most] if one.passage.id not in seen]
    ratings = {
        one.passage.id: Rating(one.richness or 0.0, one.phenomena, one.templates) for one in unread
    }
    read = await deps.scout.read_closely([one.passage for one in unread], ratings)
    deps.store.set_ratings(
        {key: (one.richness, one.phenomena, one.templates) for key, one in read.items()}
    )
    deps.store.remember(_READ, sorted(seen | read.keys()))


def already_read(store: Store) -> set[str]:
    """Ids of the passages that a model has been asked about."""
    return set(store.recall(_READ, []))


def _left_over(deps: Deps, books: Sequence[str]) -> list[str]:
    """Planned by a run that was stopped; what nobody asks for any more is withdrawn."""
    versions = {one.id: one.version for one in deps.asked.templates}
    current: list[str] = []
    outdated: list[str] = []
    for key in deps.store.planned():
        asked = deps.store.assignment(key).assignment
        same = versions.get(asked.template_id) == asked.template_version
        wanted = same and deps.store.passage(asked.passage_id).book in books
        (current if wanted else outdated).append(key)
    if outdated:
        deps.store.withdraw(outdated)
    return current


def _new(deps: Deps, books: Sequence[str], size: int) -> list[str]:
    shelf, wishes = deps.store.passages(books), iterating.wishes(deps)
    vectors = deps.store.passage_vectors(deps.embedder.name, [one.passage.id for one in shelf])
    choices = deps.scout.choose(
        [candidate(one, vectors) for one in shelf if one.richness is not None],
        n=size,
        taken=taken(deps.store),
        templates=deps.asked.templates,
        cap_per_passage=deps.settings.limits.per_passage,
        floor=deps.settings.limits.richness,
        gaps=wishes.phenomena,
        template_gaps=wishes.templates,
    )
    versions = {one.id: one.version for one in deps.asked.templates}
    return deps.store.plan(
        [
            (
                new_assignment(
                    one.passage_id, one.template_id, versions[one.template_id], one.variant
                ),
                one.phenomenon,
            )
            for one in choices
        ]
    )


def candidate(one: RatedPassage, vectors: Mapping[str, Vector]) -> Candidate:
    passage = one.passage
    return Candidate(
        passage.id,
        passage.book,
        passage.chapter,
        Rating(one.richness or 0.0, one.phenomena, one.templates),
        vectors[passage.id],
        own=one.highlighted,
    )
