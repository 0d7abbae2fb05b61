"""Which accepted examples could be near a draft: FAISS codes, and a bound on what they left out.

Few examples are kept whole, in half precision, so that a bound is the cosine itself. Many are kept
as their coordinates along the directions in which they differ most, and the length of the rest: by
Cauchy and Schwarz, for any such directions, q·x is at most Pq·Px + |q - Pq| |x - Px|, which is one
inner product again. So a scan of a quarter of the bytes leaves out nothing that comes near enough;
directions learned from other texts than came later cost time, and never a near-duplicate.
"""

import io
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float32]

_KEPT = 95  # directions; with the rest 96 numbers of two bytes
_NUMPY = b"\x93NUMPY"
_ROUNDING = 1e-3  # half precision errs by 2**-11 of a unit vector's products, float32 by far less


class Likely(NamedTuple):
    """No cosine to what is not in `numbers` exceeds the last of `bounds`, which fall."""

    numbers: list[int]
    bounds: list[float]


class Shortlist:
    """Vectors of length 1 by number. Not for several threads at once."""

    def __init__(self, codes: Any, directions: Floats | None = None) -> None:
        """`codes` by number, and where they are of many the `directions` (d, few), each of 1."""
        import faiss

        self._codes, self._directions = codes, directions
        self.dimension: int = codes.d if directions is None else len(directions)
        self.numbers: set[int] = set(faiss.vector_to_array(codes.id_map).tolist())

    @classmethod
    def of_few(cls, dimension: int) -> Self:
        return cls(_half_precision(dimension))

    @classmethod
    def of_many(cls, sample: Floats) -> Self:
        """Empty; the directions are those in which the `sample` (n, d) has most of its length."""
        with threadpool_limits(1):  # the sum must not depend on how many processors there are
            _, vectors = np.linalg.eigh(sample.T.astype(np.float64) @ sample)
        kept = min(_KEPT, sample.shape[1] - 1)
        directions = np.ascontiguousarray(vectors[:, ::-1][:, :kept], dtype=np.float32)
        return cls(_half_precision(kept + 1), directions)

    @classmethod
    def of_bytes(cls, data: bytes) -> Self:
        """Raises ValueError when they are not what `serialized` wrote."""
        import faiss

        file, directions = io.BytesIO(data), None
        if data.startswith(_NUMPY):
            directions = np.load(file, allow_pickle=False)
        rest = np.frombuffer(data, dtype=np.uint8, offset=file.tell())
        return cls(faiss.deserialize_index(rest), directions)

    @property
    def is_of_many(self) -> bool:
        return self._directions is not None

    def serialized(self) -> bytes:
        """FAISS's own bytes; the directions, where there are some, before them."""
        import faiss

        file = io.BytesIO()
        if self._directions is not None:
            np.save(file, self._directions)
        return file.getvalue() + faiss.serialize_index(self._codes).tobytes()

    def add(self, numbers: list[int], vectors: Floats) -> None:
        self._codes.add_with_ids(self._coded(vectors), np.array(numbers, dtype=np.int64))
        self.numbers.update(numbers)

    def remove(self, numbers: list[int]) -> None:
        gone = [number for number in numbers if number in self.numbers]
        if gone:
            self._codes.remove_ids(np.array(gone, dtype=np.int64))
            self.numbers.difference_update(gone)

    def likeliest(self, vector: Floats, count: int) -> Likely:
        """The `count` with the highest bounds; fewer when there are fewer."""
        most = min(count, len(self.numbers))
        if not most or len(vector) != self.dimension:
            return Likely([], [])
        bounds, found = self._codes.search(self._coded(vector.reshape(1, -1)), most)
        return Likely(found[0].tolist(), (bounds[0] + _ROUNDING).tolist())

    def _coded(self, vectors: Floats) -> Floats:
        if self._directions is None:
            return vectors
        along = vectors @ self._directions
        rest = np.linalg.norm(vectors - along @ self._directions.T, axis=1, keepdims=True)
        return np.hstack([along, rest]).astype(np.float32)


def _half_precision(dimension: int) -> Any:
    import faiss  # here: it takes a third of a second that `inscape status` need not spend

    kind = faiss.ScalarQuantizer.QT_fp16
    codes = faiss.IndexScalarQuantizer(dimension, kind, faiss.METRIC_INNER_PRODUCT)
    return faiss.IndexIDMap(codes)
