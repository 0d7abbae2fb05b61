"""Which passages are for validation: decided once for each, the same ever after.

A passage's side comes from a hash of its id and the seed, so that it stays when the dataset grows.
Two rules keep small and repetitive datasets honest: a passage that repeats most of an earlier one
(two editions of a book) goes where that one went, and the second passage of all is always for
validation, so that neither side is empty.
"""

import hashlib
import re
from typing import Literal

Side = Literal["train", "validation"]

SHINGLE = 5
SAMPLE = 4  # one shingle in so many is remembered
ALIKE = 0.5  # this share of shingles in common makes a near-duplicate


class Splitter:
    """Ask for the passages in the order in which they came in; the answers are remembered."""

    def __init__(self, *, share: float = 0.1, seed: int = 0) -> None:
        self._share = share
        self._seed = seed
        self._sides: dict[str, Side] = {}
        self._homes: dict[int, str] = {}
        self._distinct = 0

    def side(self, passage_id: str, text: str) -> Side:
        if passage_id not in self._sides:
            self._sides[passage_id] = self._decide(passage_id, text)
        return self._sides[passage_id]

    def _decide(self, passage_id: str, text: str) -> Side:
        shingles = _shingles(text)
        twin = self._twin(shingles)
        for shingle in shingles:
            self._homes.setdefault(shingle, passage_id)
        if twin is not None:
            return self._sides[twin]
        self._distinct += 1
        if self._share and self._distinct <= 2:
            return "train" if self._distinct == 1 else "validation"
        return "validation" if self._fraction(passage_id) < self._share else "train"

    def _twin(self, shingles: set[int]) -> str | None:
        """The earlier passage that shares the most, if it shares enough."""
        shared: dict[str, int] = {}
        for shingle in sorted(shingles):
            home = self._homes.get(shingle)
            if home is not None:
                shared[home] = shared.get(home, 0) + 1
        best = max(shared, key=lambda home: (shared[home], home), default=None)
        if best is None or shared[best] < ALIKE * len(shingles):
            return None
        return best

    def _fraction(self, passage_id: str) -> float:
        return _hash(f"{self._seed}|{passage_id}") / 2**64


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())


def _shingles(text: str) -> set[int]:
    """A sample, the same for the same words wherever they stand; all of them when there are few."""
    words = re.findall(r"\w+", text.lower())
    runs = range(max(1, len(words) - SHINGLE + 1))
    hashes = {_hash(" ".join(words[start : start + SHINGLE])) for start in runs}
    sampled = {value for value in hashes if value % SAMPLE == 0}
    return sampled if len(sampled) >= SHINGLE else hashes
