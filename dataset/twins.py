"""Which passages repeat most of another: two editions of a book, or one passage cut twice."""

import re
from array import array
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

SHINGLE = 5
SAMPLE = 2  # one shingle in so many is remembered
FEW = 5  # with fewer than these in the sample, all of them are
ALIKE = 0.5  # this share of the shorter one's shingles in common makes two passages twins
OWNERS = 16
"""A shingle is remembered for the first so many passages: what more share tells none apart."""

_WORD = re.compile(r"\w+")
_MIX = np.uint64(0x9E3779B97F4A7C15)

Hashes = NDArray[np.uint64]


class Twins:
    """Add the passages in order; twelve bytes are kept of every remembered shingle."""

    def __init__(self) -> None:
        self._hashes = array("Q")
        self._owners = array("I")
        self._sizes = array("I")

    def __len__(self) -> int:
        return len(self._sizes)

    def add(self, text: str) -> None:
        sample = shingles(text)
        self._hashes.frombytes(sample.tobytes())
        self._owners.extend([len(self._sizes)] * len(sample))
        self._sizes.append(len(sample))

    def earlier(self) -> dict[int, list[int]]:
        """By the number of a passage: the earlier ones that it is a twin of, in order.

        A later passage never changes what is said of an earlier one.
        """
        if not self._hashes:
            return {}
        firsts, seconds = self._sharing()
        pairs, shared = np.unique(
            (seconds.astype(np.uint64) << np.uint64(32)) | firsts, return_counts=True
        )
        later = (pairs >> np.uint64(32)).astype(np.int64)
        first = (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)
        sizes = np.frombuffer(self._sizes, dtype=np.uint32)
        alike = shared >= ALIKE * np.minimum(sizes[later], sizes[first])
        found: dict[int, list[int]] = {}
        for one, other in zip(later[alike].tolist(), first[alike].tolist(), strict=True):
            found.setdefault(one, []).append(other)
        return found

    def _sharing(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Every two passages with a shingle in common, once for each such shingle."""
        hashes = np.frombuffer(self._hashes, dtype=np.uint64)
        owners = np.frombuffer(self._owners, dtype=np.uint32)
        order = np.lexsort((owners, hashes))
        hashes, owners = hashes[order], owners[order]
        starts = np.flatnonzero(np.r_[True, hashes[1:] != hashes[:-1]])
        lengths = np.diff(np.r_[starts, hashes.size])
        early = np.arange(hashes.size) - np.repeat(starts, lengths) < OWNERS
        hashes, owners = hashes[early], owners[early]
        firsts, seconds = [], []
        for apart in range(1, OWNERS):
            same = hashes[:-apart] == hashes[apart:]
            firsts.append(owners[:-apart][same])
            seconds.append(owners[apart:][same])
        return np.concatenate(firsts), np.concatenate(seconds)


def shingles(text: str) -> Hashes:
    """Hashes of runs of words: a sample, the same for the same words wherever they stand."""
    words = _WORD.findall(text.lower()) or [text]
    codes = np.array([crc32(word.encode("utf-8", "replace")) for word in words], dtype=np.uint64)
    length = min(SHINGLE, codes.size)
    total = np.zeros(codes.size - length + 1, dtype=np.uint64)
    for step in range(length):
        total = (total + codes[step : step + total.size] + np.uint64(1)) * _MIX
    total ^= total >> np.uint64(29)
    hashes = np.unique(total)
    sampled = hashes[hashes % np.uint64(SAMPLE) == 0]
    return sampled if sampled.size >= FEW else hashes
