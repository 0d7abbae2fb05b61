"""The FAISS index of accepted examples: a copy of the store's vectors that may be lost at any time.

Half-precision codes find the candidates (four times faster than a flat float index, half its size);
their cosines are then taken from the store's own vectors, so what is reported is exact.
"""

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, bindparam, select

from dataset.records import Neighbour
from memory.shelf import Vector, from_bytes
from memory.tables import AdmissionRow, AssignmentRow, VectorRow

_CANDIDATES = 8
_BATCH = 8192
_LAST = select(AdmissionRow.number).order_by(AdmissionRow.number.desc()).limit(1)
_VECTORS = select(VectorRow.example_id, VectorRow.data).where(
    VectorRow.number.in_(bindparam("numbers", expanding=True))
)


@dataclass(frozen=True)
class Stamp:
    """Ties an index file to the admission it was written after, and to its own bytes."""

    admission: int
    at: str
    count: int
    sha256: str


class Look(NamedTuple):
    """`admission` is the last change of the accepted set that was seen."""

    nearest: Neighbour | None
    admission: int


class AcceptedIndex:
    """Several threads may share one; what it has read is always committed."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._lock = threading.RLock()
        self._index: Any = None
        self._numbers: set[int] = set()
        self._admission = -1  # the last one read; -1: none, not even the file
        self._saved = -1

    def load(self) -> None:
        """What the first look would load, loaded before anyone waits for it."""
        import faiss  # noqa: F401

    def look(self, connection: Connection, vector: Vector, but: str = "") -> Look:
        """The nearest accepted example, those of the assignment `but` left out."""
        with self._lock:
            last = self._catch_up(connection)
            numbers = self._search(vector)
        rows = connection.execute(_VECTORS, {"numbers": numbers})
        found = [
            Neighbour(key, float(np.clip(from_bytes(data) @ vector, -1.0, 1.0)))
            for key, data in rows
            if not but or not key.startswith(f"{but}.")
        ]
        nearest = max(found, key=lambda neighbour: (neighbour.cosine, neighbour.id), default=None)
        return Look(nearest, last)

    def fault(self, connection: Connection) -> str:
        """What is wrong with the file beside the store; "" when nothing is, or there is none."""
        if self._directory is None or not self._file.exists():
            return ""
        loaded = self._read_file(connection)
        return "it does not belong to the store as it is" if loaded is None else ""

    def save(self, connection: Connection) -> None:
        """Write the files beside the store, unless nothing came in since they were written."""
        with self._lock:
            if self._directory is None or self._index is None or self._saved == self._admission:
                return
            import faiss

            data = faiss.serialize_index(self._index).tobytes()
            at = connection.scalar(
                select(AdmissionRow.at).where(AdmissionRow.number == self._admission)
            )
            digest = hashlib.sha256(data).hexdigest()
            stamp = Stamp(self._admission, at or "", len(self._numbers), digest)
            try:
                self._directory.mkdir(exist_ok=True)
                _replace(self._file, data)
                _replace(self._stamp, json.dumps(asdict(stamp)).encode())
            except OSError:
                return  # a full disk costs the copy, which the next look builds from the store
            self._saved = self._admission

    def forget(self) -> None:
        """Drop the copy in memory and the files; the next look builds it from the store."""
        with self._lock:
            self._index, self._numbers, self._admission, self._saved = None, set(), -1, -1
            if self._directory is not None:
                self._file.unlink(missing_ok=True)
                self._stamp.unlink(missing_ok=True)

    @property
    def _file(self) -> Path:
        assert self._directory is not None
        return self._directory / "accepted.faiss"

    @property
    def _stamp(self) -> Path:
        return self._file.with_suffix(".json")

    def _search(self, vector: Vector) -> list[int]:
        if self._index is None or not self._numbers or self._index.d != len(vector):
            return []
        with _one_thread():
            _, found = self._index.search(
                vector.reshape(1, -1), min(_CANDIDATES, len(self._numbers))
            )
        return [int(number) for number in found[0] if number >= 0]

    def _catch_up(self, connection: Connection) -> int:
        """Up to the last admission that `connection` sees; another thread may have gone further."""
        if self._admission < 0 and not self._load(connection):
            self._build(connection)
        last = last_admission(connection)
        if last <= self._admission:
            return last
        A = AdmissionRow
        query = select(A.vector, A.present).where(A.number > self._admission).order_by(A.number)
        change = {number: present for number, present in connection.execute(query)}
        self._remove([number for number, present in change.items() if not present])
        self._add(connection, [number for number, present in change.items() if present])
        self._admission = last
        return last

    def _load(self, connection: Connection) -> bool:
        """From the file, when it is whole and of this store; what came later is caught up after."""
        loaded = self._read_file(connection) if self._directory is not None else None
        if loaded is None:
            return False
        import faiss

        self._index, stamp = loaded
        self._numbers = set(faiss.vector_to_array(self._index.id_map).tolist())
        self._admission = self._saved = stamp.admission
        return True

    def _read_file(self, connection: Connection) -> tuple[Any, Stamp] | None:
        try:
            stamp = Stamp(**json.loads(self._stamp.read_text(encoding="utf-8")))
            data = self._file.read_bytes()
        except (OSError, ValueError, TypeError):
            return None
        A = AdmissionRow
        at = connection.scalar(select(A.at).where(A.number == stamp.admission))
        if at != stamp.at or hashlib.sha256(data).hexdigest() != stamp.sha256:
            return None
        import faiss

        return faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8)), stamp

    def _build(self, connection: Connection) -> None:
        """From the store alone."""
        self._index, self._numbers = None, set()
        V, A = VectorRow, AssignmentRow
        query = (
            select(V.number, V.data)
            .join(A, A.example_id == V.example_id)
            .where(A.status == "accepted")
        )
        for rows in connection.execute(query).partitions(_BATCH):
            self._put([row[0] for row in rows], [row[1] for row in rows])
        self._admission = last_admission(connection)

    def _add(self, connection: Connection, numbers: list[int]) -> None:
        wanted = [number for number in numbers if number not in self._numbers]
        for start in range(0, len(wanted), _CANDIDATES * 64):
            V = VectorRow
            some = wanted[start : start + _CANDIDATES * 64]
            rows = connection.execute(select(V.number, V.data).where(V.number.in_(some))).all()
            self._put([row[0] for row in rows], [row[1] for row in rows])

    def _put(self, numbers: list[int], blobs: list[bytes]) -> None:
        if not numbers:
            return
        vectors = np.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(blobs), -1)
        if self._index is None:
            self._index = _new_index(vectors.shape[1])
        with _one_thread():
            self._index.add_with_ids(vectors, np.array(numbers, dtype=np.int64))
        self._numbers.update(numbers)

    def _remove(self, numbers: list[int]) -> None:
        gone = [number for number in numbers if number in self._numbers]
        if gone:
            self._index.remove_ids(np.array(gone, dtype=np.int64))
            self._numbers.difference_update(gone)


def last_admission(connection: Connection) -> int:
    """The number of the last change of the accepted set, 0 before the first."""
    return connection.scalar(_LAST) or 0


def _new_index(dimension: int) -> Any:
    import faiss  # here: it takes a third of a second that `inscape status` need not spend

    kind = faiss.ScalarQuantizer.QT_fp16
    codes = faiss.IndexScalarQuantizer(dimension, kind, faiss.METRIC_INNER_PRODUCT)
    return faiss.IndexIDMap(codes)


@contextmanager
def _one_thread() -> Iterator[None]:
    """One vector needs one core; waiting for the others costs 20 ms when they are taken."""
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _replace(path: Path, data: bytes) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_bytes(data)
    fresh.replace(path)
