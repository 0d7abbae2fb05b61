"""The bundled model as a network whose every layer can be averaged over any span of a text.

OpenVINO runs it where that is installed, two to three times as fast as PyTorch's own kernels in
float32; PyTorch does where not. Both compute in bfloat16 where the processor does.
"""

import functools
import os
import sys
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from corpus.bundled import SHA256, Vectors, bundled_folder
from inscape import cache
from inscape.settings import threads

LONGEST = 512
"""Tokens: what the model has positions for. Its makers' own limit for a text is 256."""
DIMENSION = 384
_FILE = "network.xml"


class Tokens(NamedTuple):
    """Of a batch, each of shape (texts, tokens); offsets (texts, tokens, 2) are of characters."""

    ids: NDArray[np.int64]
    mask: NDArray[np.int64]
    offsets: NDArray[np.int64]


class Network(Protocol):
    def pooled(self, tokens: Tokens, shares: Vectors) -> Vectors:
        """Sums over tokens weighted by `shares` (texts, spans, tokens); threads may ask at once.

        Shape (texts, layers, spans, 384); layer 0 is the embeddings, the last one the result.
        """
        ...


def tokenize(texts: Sequence[str], longest: int = LONGEST) -> Tokens:
    """Padded to the longest of the batch."""
    encoded = _tokenizer(longest).encode_batch(list(texts))
    most = max(len(one.ids) for one in encoded)
    most = -(-most // 8) * 8  # fewer shapes, for which a network prepares anew
    tokens = Tokens(
        np.zeros((len(texts), most), np.int64),
        np.zeros((len(texts), most), np.int64),
        np.zeros((len(texts), most, 2), np.int64),
    )
    for row, one in enumerate(encoded):
        size = len(one.ids)
        tokens.ids[row, :size] = one.ids
        tokens.mask[row, :size] = 1
        tokens.offsets[row, :size] = one.offsets
    return tokens


@functools.cache
def _tokenizer(longest: int) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(bundled_folder() / "tokenizer.json"))
    tokenizer.enable_truncation(longest)
    tokenizer.no_padding()
    return tokenizer


def open_network() -> Network:
    """OpenVINO's where it is installed, else PyTorch's. Raises `MissingExtra`."""
    return _OpenVino() if find_spec("openvino") else _Torch()


class _Torch:
    def __init__(self) -> None:
        import torch

        self._module = _module()
        if torch.cpu._is_avx512_bf16_supported():
            self._module.to(torch.bfloat16)

    def pooled(self, tokens: Tokens, shares: Vectors) -> Vectors:
        import torch

        inputs = [torch.from_numpy(part) for part in (tokens.ids, tokens.mask, shares)]
        with torch.inference_mode():
            found: Vectors = self._module(*inputs).float().numpy()
        return found


class _OpenVino:
    def __init__(self) -> None:
        openvino = _openvino()
        core = openvino.Core()
        narrow = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        options = {
            "INFERENCE_PRECISION_HINT": "bf16" if narrow else "f32",
            # Left alone it takes one of two processors that share a core. A thread for each batch:
            # several on one would wait for the one whose processor has other work.
            "INFERENCE_NUM_THREADS": processors(),
            "NUM_STREAMS": processors(),
            "ENABLE_HYPER_THREADING": True,
        }
        compiled = core.compile_model(_converted(openvino, core), "CPU", options)
        self._free: SimpleQueue[Any] = SimpleQueue()
        for _ in range(processors()):
            self._free.put(compiled.create_infer_request())
        # Two threads whose first inferences meet wait for each other for ever (pybind11 sets itself
        # up then, once holding the interpreter and once waiting for it); so one comes before all.
        tokens = tokenize(["One text."])
        self.pooled(tokens, tokens.mask[:, None].astype(np.float32))

    def pooled(self, tokens: Tokens, shares: Vectors) -> Vectors:
        request = self._free.get()
        try:
            found: Vectors = request.infer([tokens.ids, tokens.mask, shares])[0].copy()
        finally:
            self._free.put(request)
        return found


def processors() -> int:
    """Those this process may use, where the system or whoever started it says."""
    allowed = getattr(os, "sched_getaffinity", None)
    there = len(allowed(0)) if allowed else os.cpu_count() or 1
    return min(there, threads() or there)


def _openvino() -> Any:
    # Its Python package reports each import to its makers; no tool on a reader's desk should.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def _converted(openvino: Any, core: Any) -> Any:
    """The network in OpenVINO's own form, converted once a machine and kept in the cache."""
    name = f"network-{SHA256[:12]}-openvino-{version('openvino')}"
    folder = cache.kept(name) or cache.keep(name, lambda fresh: _save(openvino, fresh / _FILE))
    return core.read_model(folder / _FILE) if folder else _convert(openvino)


def _save(openvino: Any, path: Path) -> None:
    openvino.save_model(_convert(openvino), path, compress_to_fp16=False)


def _convert(openvino: Any) -> Any:
    import torch

    tokens = tokenize(["One text.", "Another, a little longer."])
    shares = np.ones((2, 3, tokens.mask.shape[1]), np.float32)
    inputs = tuple(torch.from_numpy(part) for part in (tokens.ids, tokens.mask, shares))
    with torch.inference_mode(), warnings.catch_warnings(action="ignore"):
        return openvino.convert_model(_module(), example_input=inputs)


def _module() -> Any:
    """A PyTorch module from ids, mask and shares to the pooled layers."""
    import torch
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = AutoModel.from_pretrained(bundled_folder(), local_files_only=True)

        def forward(self, ids: Any, mask: Any, shares: Any) -> Any:
            seen = self.network(input_ids=ids, attention_mask=mask, output_hidden_states=True)
            layers = seen.hidden_states
            weights = shares.to(layers[0].dtype)
            return torch.stack([torch.bmm(weights, layer) for layer in layers], 1)

    return Pooled().eval()
