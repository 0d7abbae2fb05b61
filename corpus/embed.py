"""Vectors of texts: by the bundled network, or by any sentence-transformers model of the user's."""

from collections.abc import Sequence
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np

from corpus.bundled import Vectors, unit_rows
from corpus.network import DIMENSION, Network, open_network
from corpus.sentences import Span
from corpus.spans import Spanned, encode_with_spans
from inscape.errors import SettingsError

BUNDLED = "all-MiniLM-L6-v2"
_LONGEST = 256  # tokens: where the model's makers cut a text


class Embedder:
    """A model is loaded at the first call, by one thread. Several may then use the bundled one at
    once; with a model of the user's own they take turns."""

    def __init__(self, name: str = "") -> None:
        self.name = name or BUNDLED
        self._wanted = name
        self._lock = Lock()

    @property
    def dimension(self) -> int:
        if not self._wanted:
            return DIMENSION
        with self._lock:
            size: int = self._chosen.get_embedding_dimension()
        return size

    def load(self) -> None:
        """What the first call would load, loaded before anyone waits for it."""
        self.encode(["One text."])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row per text, of length 1, so that a dot product is the cosine."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        with self._lock:
            if self._wanted:
                return unit_rows(self._chosen.encode(list(texts), show_progress_bar=False))
            network = self._bundled
        return encode_with_spans(network, texts, longest=_LONGEST).vectors

    def encode_with_spans(
        self,
        texts: Sequence[str],
        spans: Sequence[Sequence[Span]],
        layers: Sequence[int] = (),
    ) -> Spanned:
        """The texts' vectors, and those of spans within them, from the same pass (see `spans`).

        Always by the bundled network: the ranker was fitted to its layers.
        """
        with self._lock:
            network = self._bundled
        return encode_with_spans(network, texts, spans, layers)

    @cached_property
    def _bundled(self) -> Network:
        return open_network()

    @cached_property
    def _chosen(self) -> Any:
        return _load(self._wanted)


def _load(name: str) -> Any:
    """With bfloat16 where the processor computes in it: twice as fast, 1 - cosine below 1e-3."""
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(name, device="cpu")
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"the embedding model {name!r} cannot be loaded",
            hint="give a folder or the name of a downloaded model, or leave the setting empty",
        ) from error
    if torch.cpu._is_avx512_bf16_supported():
        model.to(torch.bfloat16)
    return model
