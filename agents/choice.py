"""Which passages to take next, with which template: the richest, but spread.

Greedy, one at a time, so that each pick sees all before it; the same input gives the same picks.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.evidence import Floats
from agents.nearness import nearest_cosines

Doubles = NDArray[np.float64]

LIVE = frozenset({"accepted", "escalated", "pending"})
OWN_FIRST = 100.0
SAMENESS = 0.35
CHAPTER_FADE = 0.5
BOOK_FADE = 0.7
GAP_PULL = 0.25
RANK_STEP = 0.1
MISFIT = 0.5
REPEAT = 3.0


class Rating(NamedTuple):
    """`richness` in [0, 1], 0.5 being clear inner experience; phenomena and templates best first.

    The last three are a language model's: a few words for what is lived through, the words that
    show it, and why it would rather leave the passage alone.
    """

    richness: float
    phenomena: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    core: str = ""
    evidence: str = ""
    refused: str = ""


class Candidate(NamedTuple):
    """A passage that may be taken. `own`: a person picked it, so it goes first, however rated."""

    passage_id: str
    book: str
    chapter: str
    rating: Rating
    vector: Floats
    own: bool = False


class Taken(NamedTuple):
    """What became of an assignment; `outcome` is "pending" while nobody has said."""

    passage_id: str
    template_id: str
    outcome: str
    phenomena: tuple[str, ...] = ()
    by_person: bool = False


class Choice(NamedTuple):
    passage_id: str
    template_id: str
    phenomenon: str
    variant: int


@dataclass(frozen=True)
class Wish:
    """What is asked for. `gaps` says which phenomena are wanted more than their share (0 to
    1), `template_gaps` which templates."""

    n: int
    templates: Sequence[str]
    cap_per_passage: int
    floor: float
    gaps: Mapping[str, float] = field(default_factory=dict)
    template_gaps: Mapping[str, float] = field(default_factory=dict)


def choose(
    candidates: Sequence[Candidate], worth: Doubles, taken: Sequence[Taken], wish: Wish
) -> list[Choice]:
    """`worth` is each candidate's richness as this project has come to see it.

    Fewer than `n` come back when no open passage above the floor is left.
    """
    table = _laid_out(candidates, worth, taken, wish)
    picks: list[Choice] = []
    while table and len(picks) < wish.n and (pick := table.pick()) is not None:
        picks.append(pick)
    return picks


def room(
    candidates: Sequence[Candidate], worth: Doubles, taken: Sequence[Taken], wish: Wish
) -> dict[str, int]:
    """The passages that are open, each with how often it can be picked while all picks are kept:
    together as many as `choose` would give without an end."""
    table = _laid_out(candidates, worth, taken, wish)
    return table.room() if table else {}


def _laid_out(
    candidates: Sequence[Candidate], worth: Doubles, taken: Sequence[Taken], wish: Wish
) -> "_Table | None":
    """None where there is nothing to pick."""
    met = {one.passage_id for one in taken}
    kept = [
        row
        for row, one in enumerate(candidates)
        if worth[row] >= wish.floor or one.own or one.passage_id in met
    ]
    if not kept or not wish.templates:
        return None
    return _Table([candidates[row] for row in kept], worth[kept], taken, wish)


class _Shares:
    """How much of the whole each group may have, and how much it has had.

    Shares go with the square root of what a group holds: a long book gets more than a short one,
    but not in proportion.
    """

    fair: Doubles

    def __init__(
        self, names: Sequence[str], mass: Doubles, expected: int, within: "_Shares | None" = None
    ) -> None:
        """Groups `within` others (the chapters of books) divide what those may have."""
        _, first, self.group = np.unique(np.array(names), return_index=True, return_inverse=True)
        held = np.sqrt(np.bincount(self.group, mass))
        outer = within.group[first] if within else np.zeros(len(held), int)
        whole = within.fair[outer] if within else float(expected)
        shared = np.bincount(outer, held)[outer]
        self.fair = np.maximum(1.0, whole * held / np.maximum(shared, 1e-9))
        self.used = np.zeros(len(held))

    def use(self, row: int) -> None:
        self.used[self.group[row]] += 1

    def fade(self, base: float) -> Doubles:
        return np.asarray((base ** (self.used / self.fair))[self.group])


class _Table:
    """The candidates as columns, and what is counted while picks are made."""

    def __init__(
        self, candidates: Sequence[Candidate], worth: Doubles, taken: Sequence[Taken], wish: Wish
    ) -> None:
        self.candidates, self.worth, self.wish = candidates, worth, wish
        self.expected = wish.n + sum(one.outcome in LIVE for one in taken)
        self.at = {one.passage_id: row for row, one in enumerate(candidates)}
        self.vectors = np.stack([one.vector for one in candidates])
        self.own = np.array([one.own for one in candidates])
        self.open = (worth >= wish.floor) | self.own
        mass = worth * self.open
        self.books = _Shares([one.book for one in candidates], mass, self.expected)
        chapters = [f"{one.book}\n{one.chapter}" for one in candidates]
        self.chapters = _Shares(chapters, mass, self.expected, within=self.books)
        self.kinds = sorted({kind for one in candidates for kind in one.rating.phenomena})
        self.shows = _shows(candidates, self.kinds)
        self.kind_uses: Counter[str] = Counter()
        self.template_uses: Counter[str] = Counter()
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.lives: Counter[str] = Counter()
        self.tries: Counter[str] = Counter()
        for one in taken:
            self._record(one)
        used = [row for key, row in self.at.items() if self.lives[key]]
        self.likeness = nearest_cosines(self.vectors, self.vectors[used]).astype(np.float64)

    def pick(self) -> Choice | None:
        rows = np.flatnonzero(self.open)
        if not len(rows):
            return None
        one = self.candidates[rows[np.argmax(self._appeal()[rows])]]
        template, phenomenon = self._template(one), self._phenomenon(one)
        choice = Choice(one.passage_id, template, phenomenon, self.pairs[one.passage_id, template])
        kinds = (phenomenon,) if phenomenon else ()
        self._record(Taken(one.passage_id, template, "pending", kinds))
        self._shun(one.vector)
        return choice

    def room(self) -> dict[str, int]:
        return {key: self._left(key) for key, row in self.at.items() if self.open[row]}

    def _record(self, one: Taken) -> None:
        self.pairs[one.passage_id, one.template_id] += 1
        self.tries[one.passage_id] += 1
        row = self.at.get(one.passage_id)
        if one.outcome in LIVE:
            self.lives[one.passage_id] += 1
            self.template_uses[one.template_id] += 1
            self.kind_uses.update(one.phenomena)
            if row is not None:
                self.books.use(row)
                self.chapters.use(row)
        if row is not None and self._left(one.passage_id) <= 0:
            self.open[row] = False

    def _shun(self, vector: Floats) -> None:
        # BLAS would start threads for each of these small products.
        near = np.einsum("ij,j->i", self.vectors, vector)
        np.maximum(self.likeness, near, out=self.likeness)

    def _left(self, passage_id: str) -> int:
        """One that only fails is given up too, after twice its cap."""
        cap = self.wish.cap_per_passage
        return min(cap - self.lives[passage_id], 2 * cap - self.tries[passage_id])

    def _appeal(self) -> Doubles:
        fade = self.chapters.fade(CHAPTER_FADE) * self.books.fade(BOOK_FADE)
        pull = 1 + GAP_PULL * self._pull()
        return self.own * OWN_FIRST + self.worth * fade * pull - SAMENESS * self.likeness

    def _pull(self) -> Doubles:
        """The need of each passage's neediest phenomenon."""
        if not self.kinds:
            return np.zeros(len(self.candidates))
        needs = np.array([self._need(kind) for kind in self.kinds])
        return np.asarray(np.where(self.shows, needs, -1.0).max(1))

    def _need(self, kind: str) -> float:
        """1 when nothing of it is there, 0 at its share, -1 at twice that; a gap adds to it."""
        share = self.expected / len(self.kinds)
        return 1 - min(2.0, self.kind_uses[kind] / share) + self.wish.gaps.get(kind, 0.0)

    def _phenomenon(self, one: Candidate) -> str:
        ranked = enumerate(one.rating.phenomena)
        scored = ((self._need(kind) - RANK_STEP * rank, kind) for rank, kind in ranked)
        return max(scored, key=lambda pair: pair[0], default=(0.0, ""))[1]

    def _template(self, one: Candidate) -> str:
        """Of those that fit, the one most below its share and not yet used with this passage."""
        fitting = [name for name in one.rating.templates if name in self.wish.templates]
        allowed = fitting if one.own and fitting else list(self.wish.templates)
        share = self.expected / len(self.wish.templates)

        def merit(name: str) -> float:
            rank = RANK_STEP * fitting.index(name) if name in fitting else MISFIT * bool(fitting)
            repeats = REPEAT * self.pairs[one.passage_id, name]
            wanted = self.wish.template_gaps.get(name, 0.0)
            return 1 - self.template_uses[name] / share + wanted - rank - repeats

        return max(allowed, key=merit)


def _shows(candidates: Sequence[Candidate], kinds: Sequence[str]) -> NDArray[np.bool_]:
    column = {kind: at for at, kind in enumerate(kinds)}
    shows = np.zeros((len(candidates), len(kinds)), bool)
    for row, one in enumerate(candidates):
        shows[row, [column[kind] for kind in one.rating.phenomena]] = True
    return shows
