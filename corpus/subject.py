"""What a stretch of text is about, by its words alone: no pass of a model, no torch."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from corpus.bundled import Vectors, bundled_folder, unit_rows

_TABLE = "embeddings.word_embeddings.weight"
_COMMON = 1e-3  # of all the book's tokens: a word this frequent counts half
_MANY = 256  # texts tokenised at a time


class _Words(NamedTuple):
    """The bundled model's own tokenizer, and one row a token."""

    tokenizer: Tokenizer
    table: Vectors


@cache
def _words() -> _Words:
    folder = bundled_folder()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    table = load_file(folder / "model.safetensors")[_TABLE]
    return _Words(tokenizer, np.asarray(table, np.float32))


def subjects(texts: Sequence[str]) -> Vectors:
    """One row of length 1 a text, of shape (n, 384): what sets it apart from the other texts.

    Mean of the words' vectors, a frequent word counting less (Arora, Liang & Ma, “A simple but
    tough-to-beat baseline for sentence embeddings”, 2017), less the mean of all texts.
    """
    words = _words()
    tokens = _tokens(words.tokenizer, texts)
    seen = np.bincount(np.concatenate([*tokens, [0]]), minlength=len(words.table))
    weight = (_COMMON / (_COMMON + seen / seen.sum())).astype(np.float32)
    rows = np.stack([_mean(words.table, weight, own) for own in tokens])
    return unit_rows(rows - rows.mean(axis=0))


def _tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> list[np.ndarray]:
    found = []
    for first in range(0, len(texts), _MANY):
        batch = tokenizer.encode_batch_fast(
            list(texts[first : first + _MANY]), add_special_tokens=False
        )
        found += [np.array(one.ids, np.int64) for one in batch]
    return found


def _mean(table: Vectors, weight: Vectors, tokens: np.ndarray) -> Vectors:
    if not len(tokens):
        return np.zeros(table.shape[1], np.float32)
    own = weight[tokens]
    return np.asarray(own @ table[tokens] / own.sum(), np.float32)
