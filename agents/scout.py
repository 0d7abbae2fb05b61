"""The scout finds where a book thinks and feels, and picks what the teacher is to write from."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from agents import taste
from agents.choice import Candidate, Choice, Rating, Taken, Wish, choose
from agents.close_reading import CloseReader
from agents.evidence import Floats
from agents.models.base import Model
from agents.ranker import PLAIN, Anchors, Encoder, Look, Ranker
from corpus.passage import Passage
from inscape.errors import PromptError
from prompts.library import Library, Template

__all__ = ["Candidate", "Choice", "Rating", "Scout", "Studied", "Taken"]

Progress = Callable[[int, int], None]

FLOOR = 0.35
NEAR = 0.06
MOST_KINDS = 3


class Studied(NamedTuple):
    """Ratings and, from the same pass, each passage's vector in the bundled model's space."""

    ratings: list[Rating]
    vectors: Floats


class Scout:
    """Without a model the ranking is the machine's alone; with one, the best are read closely."""

    def __init__(self, library: Library, embedder: Encoder, model: Model | None = None) -> None:
        self.library = library
        self.ranker = Ranker(embedder)
        self.reader = CloseReader(library, model) if model else None

    def rate(
        self,
        passages: Sequence[Passage],
        vectors: Floats | None = None,
        progress: Progress | None = None,
    ) -> list[Rating]:
        """Nothing is needed but the passages; `study` gives their vectors as well."""
        return self.study(passages, progress).ratings

    def study(self, passages: Sequence[Passage], progress: Progress | None = None) -> Studied:
        look = self.ranker.look([one.text for one in passages], self._anchors, progress)
        return Studied([self._rating(look, row) for row in range(len(passages))], look.vectors)

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
    ) -> list[Choice]:
        """Richness as this project has come to see it, spread; fewer than `n` when no more is rich."""
        wish = Wish(n, [one.id for one in templates], cap_per_passage, floor, gaps or {})
        worth = taste.worth(candidates, taken, self.taste(taken))
        return choose(candidates, worth, taken, wish)

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
    def _anchors(self) -> Anchors:
        kinds = self.library.phenomena
        told = [(anchor, at) for at, kind in enumerate(kinds) for anchor in kind.anchors]
        told += [(anchor, PLAIN) for anchor in self.library.plain_anchors]
        texts = [anchor for anchor, _ in told]
        spans = [[(0, len(text))] for text in texts]
        vectors = self.ranker.encoder.encode_with_spans(texts, spans).vectors
        return Anchors(vectors, [at for _, at in told], len(kinds))

    def _rating(self, look: Look, row: int) -> Rating:
        near = look.kinds[row]
        order = np.argsort(-near, kind="stable")[:MOST_KINDS]
        best = near[order[0]]
        kinds = tuple(self.library.phenomena[at].id for at in order if near[at] > best - NEAR)
        return Rating(float(look.richness[row]), kinds, self.templates_for(kinds))
