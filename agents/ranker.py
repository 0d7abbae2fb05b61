"""How rich in inner experience a passage is, without a language model.

A small kernel ranker fitted by bench/fit_ranker.py; ranker.md says on what, and how well it does.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from agents.evidence import SIGNS, Evidence, Floats, gather
from corpus.sentences import Span

HOME = Path(__file__).with_name("ranker.npz")
LAYERS = (2, 3, 4, 5)
"""Hidden layers of the bundled model. Style and voice live in the middle, topic at the end."""
LAST = 6
LAYER_WEIGHT = 1.3
SIGN_WEIGHT = 0.06
WIDTH = 0.3
FEWEST_TOLD = 8
"""Words: a rate of fewer would be noise."""
WORDS = SIGNS.index("words")
SPOKEN = SIGNS.index("spoken")


class Seen(Protocol):
    """What `Embedder.encode_with_spans` gives: a vector a text, and layers a span."""

    @property
    def vectors(self) -> Floats: ...

    @property
    def layers(self) -> Floats: ...


class Encoder(Protocol):
    def encode_with_spans(
        self,
        texts: Sequence[str],
        spans: Sequence[Sequence[Span]],
        layers: Sequence[int] = ...,
    ) -> Seen: ...


class Look(NamedTuple):
    """One row a passage; `sentences` are the last layer's, and `owner` says whose each is."""

    richness: Floats
    vectors: Floats
    sentences: Floats
    owner: NDArray[np.intp]


class Weights(NamedTuple):
    """Everything fitted, as it lies in ranker.npz."""

    layer_mean: Floats
    layer_axes: Floats
    sign_mean: Floats
    sign_scale: Floats
    landmarks: Floats
    pull: Floats
    calibration: Floats

    @classmethod
    def load(cls, path: Path = HOME) -> Self:
        with np.load(path, allow_pickle=False) as data:
            return cls(*(data[name].astype(np.float32) for name in cls._fields))

    def margin(self, layers: Floats, signs: Floats) -> Floats:
        """A sum over likenesses to landmarks: a word of feeling means one thing in a story and
        another in an essay."""
        near = kernel(self.place(layers, signs), self.landmarks)
        return np.asarray(near @ self.pull[:-1] + self.pull[-1])

    def place(self, layers: Floats, signs: Floats) -> Floats:
        seen = (layers - self.layer_mean) @ self.layer_axes
        return np.hstack([seen, (signs - self.sign_mean) * self.sign_scale])

    def richness(self, margin: Floats) -> Floats:
        slope, shift = self.calibration
        return np.asarray(1 / (1 + np.exp(-(slope * margin + shift))), np.float32)


def kernel(left: Floats, right: Floats) -> Floats:
    squares = (left**2).sum(1)[:, None] + (right**2).sum(1) - 2 * left @ right.T
    return np.asarray(np.exp(-WIDTH * np.maximum(squares, 0)))


def passage_layers(evidence: Evidence, layers: Floats) -> Floats:
    """Each passage's sentences, averaged by their words, one layer after the other."""
    words = evidence.counts[:, WORDS, None]
    flat = layers.reshape(len(layers), -1) * words
    starts = _starts(evidence)
    return np.asarray(np.add.reduceat(flat, starts) / np.add.reduceat(words, starts))


def passage_signs(evidence: Evidence) -> Floats:
    """Rates a word, of all and of what is told rather than spoken; share of talk; rhythm.

    Square roots of the rates, so that a rare sign still tells.
    """
    counts, starts = evidence.counts, _starts(evidence)
    words, spoken = counts[:, WORDS], counts[:, SPOKEN]
    total = np.add.reduceat(words, starts)
    number = np.bincount(evidence.owner, minlength=len(starts))
    mean = total / number
    square = np.add.reduceat(words**2, starts) / number
    rhythm = [
        np.add.reduceat(spoken * words, starts) / total,
        np.log(mean),
        np.log(np.maximum.reduceat(words, starts)),
        np.sqrt(np.maximum(square - mean**2, 0)) / mean,
        np.log(total),
    ]
    rates = np.sqrt(np.add.reduceat(counts[:, :WORDS], starts) / total[:, None])
    told = np.add.reduceat(counts[:, : WORDS + 1] * (1 - spoken)[:, None], starts)
    told_rates = np.sqrt(told[:, :WORDS] / np.maximum(told[:, WORDS:], FEWEST_TOLD))
    return np.hstack([rates, told_rates, np.stack(rhythm, 1)])


def _starts(evidence: Evidence) -> NDArray[np.intp]:
    return np.searchsorted(evidence.owner, np.arange(len(evidence.spans)))


class Ranker:
    """Rates passages by their words and by what the bundled model makes of their sentences."""

    def __init__(self, encoder: Encoder, weights: Weights | None = None) -> None:
        self.encoder = encoder
        self.weights = weights or Weights.load()

    def look(self, texts: Sequence[str], evidence: Evidence | None = None) -> Look:
        """`evidence` is what `gather` says of the texts, where that is known already."""
        evidence = evidence or gather(texts)
        seen = self.encoder.encode_with_spans(texts, evidence.spans, layers=(*LAYERS, LAST))
        layers = passage_layers(evidence, seen.layers[:, :-1])
        margin = self.weights.margin(layers, passage_signs(evidence))
        return Look(self.weights.richness(margin), seen.vectors, seen.layers[:, -1], evidence.owner)
