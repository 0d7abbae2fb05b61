"""How like each of many vectors is to the likest of many others: what has been used already."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.evidence import Floats

EXACT_UP_TO = 1_000_000_000
"""Pairs compared one by one, in ten seconds. Beyond, each only within the nearest cells."""

_CELLS = 4  # times the root of how many there are, as FAISS's makers advise
_LOOKED_INTO = 16
_SAMPLE = 40  # vectors a cell that its middle is learned from
_SEED = 1234


def nearest_cosines(
    vectors: Floats, others: Floats, exact_up_to: int = EXACT_UP_TO
) -> NDArray[np.float32]:
    """For each row of `vectors` (n, d) the highest cosine to a row of `others` (m, d), (n,).

    All are of length 1. Beyond `exact_up_to` pairs a few come out lower than they are, by little:
    enough to keep a choice spread, not to tell a duplicate.
    """
    import faiss

    if not len(others):
        return np.zeros(len(vectors), np.float32)
    if len(vectors) * len(others) <= exact_up_to:
        found, _ = faiss.knn(vectors, others, 1, metric=faiss.METRIC_INNER_PRODUCT)
    else:
        found, _ = _cells(others).search(vectors, 1)
    return np.asarray(found[:, 0])


def _cells(others: Floats) -> Any:
    import faiss

    cells = max(1, int(_CELLS * np.sqrt(len(others))))
    middles = faiss.IndexFlatIP(others.shape[1])
    index = faiss.IndexIVFFlat(middles, others.shape[1], cells, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed = _SEED
    index.cp.max_points_per_centroid = _SAMPLE
    index.cp.min_points_per_centroid = 1
    index.train(others)
    index.add(others)
    index.nprobe = _LOOKED_INTO
    return index
