"""The scout finds where a book thinks and feels, and picks what the teacher is to write from."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import NamedTuple

import numpy as np

from agents import ranker, taste
from agents.choice import Candidate, Choice, Rating, Taken, Wish, choose, room
from agents.close_reading import CloseReader
from agents.evidence import SIGNS_FILE, Evidence, Floats, gather
from agents.kinds import Kinds
from agents.models.base import Model
from agents.ranker import Look, Ranker
from corpus.embed import BUNDLED, Embedder
from corpus.passage import Passage
from inscape.errors import PromptError
from prompts.library import Library, Template

__all__ = ["Candidate", "Choice", "Rating", "Scout", "Studied", "Taken"]

Progress = Callable[[int, int], None]

FLOOR = 0.35
CHUNK = 256
"""Passages seen at a time: what the model says of their sentences is large, and let go again."""
NAMED = 0.1
"""Below it a passage is said to show no phenomenon at all."""


class Studied(NamedTuple):
    """Ratings and, from the same pass where it can be, each passage's vector."""

    ratings: list[Rating]
    vectors: Floats


class Scout:
    """Without a model the ranking is the machine's alone; with one, the best are read closely.

    The ranker was fitted to the bundled embedding model and always looks through that; another
    `embedder` gives the vectors by which passages are told apart.
    """

    def __init__(self, library: Library, embedder: Embedder, model: Model | None = None) -> None:
        self.library, self.embedder = library, embedder
        self.ranker = Ranker(embedder if embedder.name == BUNDLED else Embedder())
        self.reader = CloseReader(library, model) if model else None

    @cached_property
    def version(self) -> str:
        """Changes with whatever changes a rating: weights, signs, phenomena."""
        files = [ranker.HOME.read_bytes(), SIGNS_FILE.read_bytes()]
        kinds = [one.model_dump_json().encode() for one in self.library.phenomena]
        return hashlib.sha256(b"".join([*files, *kinds])).hexdigest()[:12]

    def rate(
        self,
        passages: Sequence[Passage],
        progress: Progress | None = None,
    ) -> list[Rating]:
        """Nothing is needed but the passages; `study` gives their vectors as well."""
        return self.study(passages, progress).ratings

    def study(self, passages: Sequence[Passage], progress: Progress | None = None) -> Studied:
        """One pass over the texts, some hundreds at a time; words are counted one chunk ahead."""
        ratings: list[Rating] = []
        vectors = []
        starts = range(0, len(passages), CHUNK)
        chunks = [[one.text for one in passages[at : at + CHUNK]] for at in starts]
        for texts, evidence in zip(chunks, _one_ahead(gather, chunks), strict=True):
            look = self.ranker.look(texts, evidence)
            ratings += self._ratings(look)
            vectors.append(self._vectors(look, texts))
            if progress:
                progress(len(ratings), len(passages))
        return Studied(ratings, np.concatenate(vectors) if vectors else self.embedder.encode([]))

    def _vectors(self, look: Look, texts: Sequence[str]) -> Floats:
        ours = self.ranker.encoder is self.embedder
        return look.vectors if ours else self.embedder.encode(texts)

    def choose(
        self,
        candidates: Sequence[Candidate],
        *,
        n: int,
        taken: Sequence[Taken],
        templates: Sequence[Template],
        cap_per_passage: int,
        floor: float = FLOOR,
        gaps: Mapping[str, float] | None = None,
        template_gaps: Mapping[str, float] | None = None,
    ) -> list[Choice]:
        """The richest as this project sees it by now, spread; fewer than `n` if no more is rich."""
        names = [one.id for one in templates]
        wish = Wish(n, names, cap_per_passage, floor, gaps or {}, template_gaps or {})
        worth = taste.worth(candidates, taken, self.taste(taken))
        return choose(candidates, worth, taken, wish)

    def room(
        self,
        candidates: Sequence[Candidate],
        *,
        taken: Sequence[Taken],
        templates: Sequence[Template],
        cap_per_passage: int,
        floor: float = FLOOR,
    ) -> dict[str, int]:
        """What `choose` has to choose from: each passage with how many examples it may give."""
        wish = Wish(0, [one.id for one in templates], cap_per_passage, floor)
        worth = taste.worth(candidates, taken, self.taste(taken))
        return room(candidates, worth, taken, wish)

    def taste(self, taken: Sequence[Taken]) -> taste.Taste:
        """What has been learned from outcomes so far, as numbers to be shown."""
        return taste.learn(taken)

    async def read_closely(
        self, passages: Sequence[Passage], ratings: Mapping[str, Rating]
    ) -> dict[str, Rating]:
        """The model's ratings by passage id; the machine's where it has none or cannot be read."""
        machine = {one.id: ratings[one.id] for one in passages}
        if self.reader is None:
            return machine
        return {**machine, **await self.reader.read(passages, machine)}

    def named(self, words: Sequence[str]) -> tuple[str, ...]:
        """Ids of the phenomena that a person named by id or name; unknown words are passed over."""
        found = []
        for word in words:
            try:
                found.append(self.library.phenomenon(word).id)
            except PromptError:
                continue
        return tuple(dict.fromkeys(found))

    def templates_for(self, phenomena: Sequence[str]) -> tuple[str, ...]:
        """Each phenomenon's own templates, those that suit the first ones first."""
        merit: dict[str, float] = {}
        for rank, kind in enumerate(phenomena):
            for place, template in enumerate(self.library.phenomenon(kind).templates):
                merit[template] = merit.get(template, 0.0) + 1 / ((1 + rank) * (1 + place))
        return tuple(sorted(merit, key=lambda name: -merit[name]))

    @cached_property
    def _kinds(self) -> Kinds:
        return Kinds(self.library.phenomena, self.ranker.encoder)

    def _ratings(self, look: Look) -> list[Rating]:
        named = self._kinds.name(self._kinds.near(look.sentences, look.owner))
        return [
            Rating(richness, kinds if richness >= NAMED else (), self.templates_for(kinds))
            for richness, kinds in zip(look.richness.tolist(), named, strict=True)
        ]


def _one_ahead(
    work: Callable[[Sequence[str]], Evidence], chunks: Sequence[Sequence[str]]
) -> Iterator[Evidence]:
    """Each chunk's result; the next is in the making, for the network leaves a processor idle."""
    with ThreadPoolExecutor(1) as pool:
        pending = None
        for chunk in chunks:
            following = pool.submit(work, chunk)
            if pending:
                yield pending.result()
            pending = following
        if pending:
            yield pending.result()
