"""Vectors of texts, and of the sentences in them each seen in its context: one pass for both."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from corpus.bundled import Vectors, unit_rows
from corpus.network import DIMENSION, LONGEST, Network, Tokens, processors, tokenize
from corpus.sentences import Span

_BATCH = 8192  # characters, padding and all: about two thousand tokens


class Spanned(NamedTuple):
    """`vectors`: one row a text. `layers`: one row a span, one column a layer.

    All are of length 1; a span without a token (beyond the network's window) is zero.
    """

    vectors: Vectors
    layers: Vectors


def encode_with_spans(
    network: Network,
    texts: Sequence[str],
    spans: Sequence[Sequence[Span]] = (),
    layers: Sequence[int] = (),
    *,
    longest: int = LONGEST,
) -> Spanned:
    """Mean-pool each text's tokens in the last layer, and each span's in the given `layers`.

    Layer 0 is the embeddings. `longest` is where a text is cut, in tokens.
    """
    owned = spans or [()] * len(texts)
    starts = np.concatenate([[0], np.cumsum([len(own) for own in owned])]).astype(int)
    out = Spanned(
        np.zeros((len(texts), DIMENSION), np.float32),
        np.zeros((starts[-1], len(layers), DIMENSION), np.float32),
    )

    def pooled(batch: list[int]) -> Vectors:
        tokens = tokenize([texts[at] for at in batch], longest)
        return network.pooled(tokens, _shares(tokens, [owned[at] for at in batch]))

    batches = list(_batches(texts))
    for batch, results in zip(batches, _side_by_side(pooled, batches), strict=True):
        for at, found in zip(batch, results, strict=True):
            out.vectors[at] = found[-1, 0]
            mine = found[list(layers), 1 : 1 + len(owned[at])]
            out.layers[starts[at] : starts[at + 1]] = mine.swapaxes(0, 1)
    return Spanned(unit_rows(out.vectors), unit_rows(out.layers))


def _side_by_side(
    pooled: Callable[[list[int]], Vectors], batches: Sequence[list[int]]
) -> Iterator[Vectors]:
    """In order, one batch a processor; a single one needs no thread of its own."""
    if len(batches) < 2:
        yield from map(pooled, batches)
        return
    with ThreadPoolExecutor(processors()) as pool:
        yield from pool.map(pooled, batches)


def _batches(texts: Sequence[str]) -> Iterator[list[int]]:
    """Texts of like length together, so that little is spent on padding."""
    batch: list[int] = []
    for at in sorted(range(len(texts)), key=lambda at: len(texts[at])):
        if batch and (len(batch) + 1) * len(texts[at]) > _BATCH:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


def _shares(tokens: Tokens, spans: Sequence[Sequence[Span]]) -> Vectors:
    """Which tokens belong to the text (row 0), and to which span: each row a mean.

    Special tokens count for the text, as its makers have it; they are empty, and so in no span.
    """
    most = max(map(len, spans), default=0)
    shares = np.zeros((len(spans), 1 + most, tokens.mask.shape[1]), np.float32)
    shares[:, 0] = tokens.mask
    for row, own in enumerate(spans):
        bounds = np.array(own, np.int64).reshape(-1, 2)
        begins, ends = tokens.offsets[row, :, 0], tokens.offsets[row, :, 1]
        inside = (begins >= bounds[:, :1]) & (ends <= bounds[:, 1:]) & (ends > begins)
        shares[row, 1 : 1 + len(own)] = inside
    shares /= np.maximum(shares.sum(2, keepdims=True), 1)
    return shares
