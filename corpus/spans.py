"""Vectors of the sentences of a text, each seen in its context: one pass over the whole text."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Span = tuple[int, int]

_BATCH = 16
_TOKENS = 512


class Spanned(NamedTuple):
    """`vectors`: one row a text, as `encode` gives it (which may cut a long text sooner).

    `layers`: one row a span, one column a layer. All are of length 1; a span without a token
    (beyond the model's window) is zero.
    """

    vectors: Vectors
    layers: Vectors


def encode_with_spans(
    model: Any, texts: Sequence[str], spans: Sequence[Sequence[Span]], layers: Sequence[int]
) -> Spanned:
    """Mean-pool each span's tokens in the given hidden layers (0: the embeddings) of one pass."""
    size: int = model.get_embedding_dimension()
    starts = np.concatenate([[0], np.cumsum([len(own) for own in spans])]).astype(int)
    out = Spanned(
        np.zeros((len(texts), size), np.float32),
        np.zeros((starts[-1], len(layers), size), np.float32),
    )
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    for first in range(0, len(order), _BATCH):
        batch = order[first : first + _BATCH]
        pooled = _pass(model, [texts[at] for at in batch], [spans[at] for at in batch], layers)
        for at, rows in zip(batch, pooled, strict=True):
            out.vectors[at] = rows[-1, 0]
            count = len(spans[at])
            out.layers[starts[at] : starts[at + 1]] = rows[:-1, 1 : 1 + count].swapaxes(0, 1)
    for rows in out:
        rows /= np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)
    return out


def _pass(
    model: Any, texts: Sequence[str], spans: Sequence[Sequence[Span]], layers: Sequence[int]
) -> Vectors:
    """For each text and layer (the last of all comes last): the whole text's mean, each span's."""
    import torch

    encoded = model.tokenizer(
        list(texts),
        padding=True,
        truncation=True,
        max_length=_TOKENS,
        return_tensors="pt",
        return_offsets_mapping=True,
    )
    offsets = encoded.pop("offset_mapping").numpy()
    weights = _weights(offsets, encoded["attention_mask"].numpy(), spans)
    with torch.inference_mode():
        hidden = model[0].auto_model(**encoded, output_hidden_states=True).hidden_states
        shares = torch.from_numpy(weights).to(hidden[0].dtype)
        pooled = [torch.bmm(shares, hidden[layer]) for layer in (*layers, -1)]
        found: Vectors = torch.stack(pooled, 1).float().numpy()
    return found


def _weights(
    offsets: NDArray[np.int64], mask: NDArray[np.int64], spans: Sequence[Sequence[Span]]
) -> Vectors:
    """Which tokens belong to the text, and to which span, each row a mean.

    Special tokens count for the text, as in `encode`; they are empty, and so in no span.
    """
    most = max(len(own) for own in spans)
    weights = np.zeros((len(spans), 1 + most, offsets.shape[1]), np.float32)
    weights[:, 0] = mask
    for row, own in enumerate(spans):
        bounds = np.array(own, np.int64).reshape(-1, 2)
        begins, ends = offsets[row, :, 0], offsets[row, :, 1]
        inside = (begins >= bounds[:, :1]) & (ends <= bounds[:, 1:]) & (ends > begins)
        weights[row, 1 : 1 + len(own)] = inside
    weights /= np.maximum(weights.sum(2, keepdims=True), 1)
    return weights
