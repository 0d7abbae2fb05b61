"""Which phenomena a passage shows: its sentences against the anchors of each, without a model."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.evidence import Floats
from agents.ranker import HOME, Encoder
from prompts.library import Phenomenon

MOST = 3
CLOSE = 0.8
"""A phenomenon this far below the best is still named."""
ANCHORED = 0.8
USUAL = 0.6
"""How much nearness to anchors counts, and how much how often a phenomenon is met with at all."""


class Norms(NamedTuple):
    """How near rich passages are to each phenomenon's anchors, and how often they show it."""

    kind_ids: NDArray[np.str_]
    kind_mean: Floats
    kind_spread: Floats
    kind_share: Floats

    @classmethod
    def load(cls, path: Path = HOME) -> "Norms":
        with np.load(path, allow_pickle=False) as data:
            return cls(*(data[name] for name in cls._fields))

    def of(self, ids: Sequence[str]) -> tuple[Floats, Floats, Floats]:
        """Rows for these ids; a phenomenon of the user's own is taken to be like the average."""
        known = {str(name): row for row, name in enumerate(self.kind_ids)}
        rows = [known.get(name) for name in ids]

        def pick(column: Floats) -> Floats:
            usual = column.mean()
            return np.array([usual if row is None else column[row] for row in rows], np.float32)

        return pick(self.kind_mean), pick(self.kind_spread), pick(self.kind_share)


class Kinds:
    """The phenomena of a library, each with the middle of its anchors."""

    def __init__(
        self, phenomena: Sequence[Phenomenon], encoder: Encoder, norms: Norms | None = None
    ) -> None:
        self.ids = [one.id for one in phenomena]
        anchors = [anchor for one in phenomena for anchor in one.anchors]
        spans = [[(0, len(anchor))] for anchor in anchors]
        vectors = encoder.encode_with_spans(anchors, spans).vectors
        ends = np.cumsum([len(one.anchors) for one in phenomena])[:-1]
        self.middles = np.stack([part.mean(0) for part in np.split(vectors, ends)])
        self.mean, self.spread, self.share = (norms or Norms.load()).of(self.ids)

    def near(self, sentences: Floats, owner: NDArray[np.intp]) -> Floats:
        """For each passage and kind the better half of its sentences, above their mean nearness."""
        cosines = sentences @ self.middles.T
        cosines -= cosines.mean(1, keepdims=True)
        bounds = np.flatnonzero(np.diff(owner)) + 1
        return np.stack([_better_half(part) for part in np.split(cosines, bounds)])

    def name(self, near: Floats) -> list[tuple[str, ...]]:
        """The phenomena of each passage, the likeliest first: one at least, three at most."""
        merit = ANCHORED * (near - self.mean) / self.spread + USUAL * np.log(self.share)
        named = []
        for row in merit:
            order = np.argsort(-row, kind="stable")[:MOST]
            named.append(tuple(self.ids[at] for at in order if row[at] >= row[order[0]] - CLOSE))
        return named


def _better_half(scores: Floats) -> Floats:
    kept = -(-len(scores) // 2)
    return np.asarray(np.sort(scores, axis=0)[-kept:].mean(0))
