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
        read = _pass(model, [texts[at] for at in batch], layers)
        for at, (states, offsets) in zip(batch, read, strict=True):
            out.vectors[at] = states[-1].mean(0)
            weights = _weights(offsets, spans[at])
            for number, state in enumerate(states[:-1]):
                out.layers[starts[at] : starts[at + 1], number] = weights @ state
    for rows in out:
        rows /= np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)
    return out


def _pass(
    model: Any, texts: Sequence[str], layers: Sequence[int]
) -> list[tuple[Vectors, NDArray[np.int64]]]:
    """For each text its tokens' states in the layers asked for, then the last, and offsets."""
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
    lengths = encoded["attention_mask"].sum(1).tolist()
    with torch.inference_mode():
        hidden = model[0].auto_model(**encoded, output_hidden_states=True).hidden_states
        states = torch.stack([hidden[layer] for layer in (*layers, -1)], 1).float().numpy()
    return [(states[row, :, :length], offsets[row, :length]) for row, length in enumerate(lengths)]


def _weights(offsets: NDArray[np.int64], spans: Sequence[Span]) -> Vectors:
    """Which tokens lie inside which span, each row a mean. Special tokens are empty: in none."""
    bounds = np.array(spans, np.int64).reshape(-1, 2)
    begins, ends = offsets[:, 0], offsets[:, 1]
    inside = (begins >= bounds[:, :1]) & (ends <= bounds[:, 1:]) & (ends > begins)
    shares: Vectors = inside / np.maximum(inside.sum(1, keepdims=True), 1)
    return shares.astype(np.float32)
