"""How rich in inner experience a passage is, and of which kinds, without a language model.

A small linear ranker fitted by bench/fit_ranker.py; ranker.md says on what, and how well it does.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from agents.evidence import SIGNS, Evidence, Floats, gather

Progress = Callable[[int, int], None]

HOME = Path(__file__).with_name("ranker.npz")
LAYERS = (2, 3, 4, 5, 6)
"""Hidden layers of the bundled model; the last is compared with anchors, the others are fitted."""
WORDS = SIGNS.index("words")
SPEECH = SIGNS.index("speech")
PLAIN = -1
"""The kind of an anchor that shows none."""
CHUNK = 256
"""Passages embedded at a time: their sentences' layers are large and are let go again."""


class Layers(Protocol):
    """What `Embedder.encode_with_spans` gives."""

    @property
    def vectors(self) -> Floats: ...

    @property
    def layers(self) -> Floats: ...


class Encoder(Protocol):
    def encode_with_spans(
        self,
        texts: Sequence[str],
        spans: Sequence[Sequence[tuple[int, int]]],
        layers: Sequence[int] = ...,
    ) -> Layers: ...


class Look(NamedTuple):
    """One row a passage. `kinds` has one column for each phenomenon that was asked about."""

    richness: Floats
    kinds: Floats
    vectors: Floats


class Weights(NamedTuple):
    """Everything fitted, as it lies in ranker.npz."""

    sign_mean: Floats
    sign_scale: Floats
    sentence: Floats
    passage_mean: Floats
    passage_scale: Floats
    passage: Floats
    calibration: Floats

    @classmethod
    def load(cls, path: Path = HOME) -> Self:
        with np.load(path, allow_pickle=False) as data:
            return cls(*(data[name] for name in cls._fields))


def sentence_signs(evidence: Evidence) -> Floats:
    """Rates a word (square roots, so that a rare sign still tells), length, share of speech."""
    counts = evidence.counts
    words = counts[:, WORDS]
    rates = np.sqrt(counts / np.maximum(words, 4)[:, None])
    rates[:, WORDS] = np.log(words)
    rates[:, SPEECH] = counts[:, SPEECH]
    return rates


def sentence_features(weights: Weights, evidence: Evidence, layers: Floats) -> Floats:
    signs = (sentence_signs(evidence) - weights.sign_mean) * weights.sign_scale
    return np.hstack([layers[:, :-1].reshape(len(layers), -1), signs])


def passage_features(scores: Floats, evidence: Evidence) -> Floats:
    """What a passage's sentences come to, and its own rates."""
    bounds = np.searchsorted(evidence.owner, np.arange(len(evidence.spans) + 1))
    rows = [
        _passage(scores[start:end], evidence.counts[start:end])
        for start, end in zip(bounds[:-1], bounds[1:], strict=True)
    ]
    return np.array(rows, np.float32)


def _passage(scores: Floats, counts: Floats) -> Floats:
    words, speech = counts[:, WORDS], counts[:, SPEECH]
    total = words.sum()
    best = np.sort(scores)[::-1]
    rates = np.sqrt(counts[:, :WORDS].sum(0) / total)
    spread = [
        (speech * words).sum() / total,
        np.log(words.mean()),
        np.log(words.max()),
        words.std() / words.mean(),
        np.log(total),
    ]
    evidence = [
        (scores * words).sum() / total,
        best.mean(),
        best[: -(-len(best) // 2)].mean(),
        best[: -(-len(best) // 4)].mean(),
        best[0],
    ]
    return np.array([*evidence, *rates, *spread], np.float32)


class Ranker:
    """Rates passages by their text and the bundled embedding model's view of their sentences."""

    def __init__(self, encoder: Encoder, weights: Weights | None = None) -> None:
        self.encoder = encoder
        self.weights = weights or Weights.load()

    def look(
        self,
        texts: Sequence[str],
        anchors: "Anchors | None" = None,
        progress: Progress | None = None,
    ) -> Look:
        """Longest first inside a chunk is the encoder's business; chunks keep the order given."""
        parts = []
        for start in range(0, len(texts), CHUNK):
            parts.append(self._chunk(texts[start : start + CHUNK], anchors))
            if progress:
                progress(min(start + CHUNK, len(texts)), len(texts))
        if not parts:
            return Look(*(np.zeros((0, *shape), np.float32) for shape in ((), (0,), (0,))))
        return Look(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _chunk(self, texts: Sequence[str], anchors: "Anchors | None") -> Look:
        evidence = gather(texts)
        seen = self.encoder.encode_with_spans(texts, evidence.spans, layers=LAYERS)
        weights = self.weights
        features = sentence_features(weights, evidence, seen.layers)
        scores = features @ weights.sentence[:-1] + weights.sentence[-1]
        features = (
            passage_features(scores, evidence) - weights.passage_mean
        ) * weights.passage_scale
        margin = features @ weights.passage[:-1] + weights.passage[-1]
        slope, shift = weights.calibration
        kinds = anchors.near(seen.layers[:, -1], evidence.owner, len(texts)) if anchors else None
        return Look(
            richness=(1 / (1 + np.exp(-(slope * margin + shift)))).astype(np.float32),
            kinds=np.zeros((len(texts), 0), np.float32) if kinds is None else kinds,
            vectors=seen.vectors,
        )


class Anchors:
    """Sentences that show each phenomenon, against all others and against plain ones."""

    def __init__(self, vectors: Floats, kinds: Sequence[int], count: int) -> None:
        self.vectors = vectors
        self.kinds = np.asarray(kinds)
        self.count = count

    def near(self, sentences: Floats, owner: NDArray[np.intp], passages: int) -> Floats:
        """For each passage, the best sentence's nearness to each kind above its nearness to all."""
        cosines = sentences @ self.vectors.T
        common = cosines.mean(1)
        near = np.full((passages, self.count), -1.0, np.float32)
        for kind in range(self.count):
            own = np.sort(cosines[:, self.kinds == kind], axis=1)[:, -3:].mean(1) - common
            np.maximum.at(near[:, kind], owner, own)
        return near
