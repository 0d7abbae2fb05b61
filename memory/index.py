"""The index of accepted examples: a copy of the store's vectors that may be lost at any time.

It says which examples could be near (see `shortlist`); their cosines are then taken from the
store's own vectors, so what is reported is exact, and nothing near enough is missed.
"""

import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Select, bindparam, func, select

from dataset.records import Neighbour
from inscape.files import replace_whole
from memory.prepared import Prepared
from memory.shelf import Vector, from_bytes
from memory.shortlist import Likely, Shortlist
from memory.tables import AdmissionRow, AssignmentRow, VectorRow

FLAT_UP_TO = 50_000
"""Examples compared with each draft number by number: 2 ms. Beyond, by a bound first, which takes a
third of the time and half the memory; below, that saves nothing anyone would notice."""
NEAR = 0.9
"""From here up the nearest is surely the nearest, unless the caller says another cosine."""

_CANDIDATES, _MORE = 8, 8
_AT_ONCE, _BATCH = 512, 8192
_SAMPLE = 20_000
_LAST = Prepared(select(AdmissionRow.number).order_by(AdmissionRow.number.desc()).limit(1))
_CHANGES = Prepared(
    select(AdmissionRow.vector, AdmissionRow.present)
    .where(AdmissionRow.number > bindparam("after"))
    .order_by(AdmissionRow.number)
)
_SLOTS = [f"number_{n}" for n in range(_CANDIDATES)]
_VECTORS = select(VectorRow.number, VectorRow.example_id, VectorRow.data)
_FEW_VECTORS = Prepared(_VECTORS.where(VectorRow.number.in_([bindparam(n) for n in _SLOTS])))


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

    def __init__(self, directory: Path | None, flat_up_to: int = FLAT_UP_TO) -> None:
        self._directory = directory
        self._flat_up_to = flat_up_to
        self._lock = threading.RLock()
        self._list: Shortlist | None = None
        self._admission = -1  # the last one read; -1: none, not even the file
        self._saved = -1

    def load(self) -> None:
        """What the first look would load, loaded before anyone waits for it."""
        import faiss  # noqa: F401

    def look(
        self, connection: Connection, vector: Vector, but: str = "", surely: float = NEAR
    ) -> Look:
        """The nearest accepted example, those of the assignment `but` left out.

        Whether one is at a cosine of `surely` or more, and which is the nearest of them, is exact.
        What is nearest below that, among thousands as far, is told as well as a few looks can.
        """
        asked = _CANDIDATES
        while True:
            with self._lock:
                last = self._catch_up(connection)
                likely = self._likeliest(vector, asked)
            found = _exactly(connection, vector, likely.numbers, but)
            nearest = max(found, key=lambda one: (one.cosine, one.id), default=None)
            enough = max(surely, nearest.cosine if nearest else -1.0)
            if len(likely.numbers) < asked or likely.bounds[-1] < enough:
                return Look(nearest, last)
            asked *= _MORE

    def fault(self, connection: Connection) -> str:
        """What is wrong with the file beside the store; "" when nothing is, or there is none."""
        if self._directory is None or not self._file.exists():
            return ""
        loaded = self._read_file(connection)
        return "it does not belong to the store as it is" if loaded is None else ""

    def save(self, connection: Connection) -> None:
        """Write the files beside the store, unless nothing came in since they were written."""
        with self._lock:
            if self._directory is None or self._list is None or self._saved == self._admission:
                return
            data = self._list.serialized()
            at = connection.scalar(
                select(AdmissionRow.at).where(AdmissionRow.number == self._admission)
            )
            digest = hashlib.sha256(data).hexdigest()
            stamp = Stamp(self._admission, at or "", len(self._list.numbers), digest)
            try:
                self._directory.mkdir(exist_ok=True)
                replace_whole(self._file, data)
                replace_whole(self._stamp, json.dumps(asdict(stamp)).encode())
            except OSError:
                return  # a full disk costs the copy, which the next look builds from the store
            self._saved = self._admission

    def forget(self) -> None:
        """Drop the copy in memory and the files; the next look builds it from the store."""
        with self._lock:
            self._list, self._admission, self._saved = None, -1, -1
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

    def _likeliest(self, vector: Vector, count: int) -> Likely:
        if self._list is None:
            return Likely([], [])
        with _one_thread():
            return self._list.likeliest(vector, count)

    def _catch_up(self, connection: Connection) -> int:
        """Up to the last admission that `connection` sees; another thread may have gone further."""
        if self._admission < 0 and not self._load(connection):
            self._build(connection)
        last = last_admission(connection)
        if last <= self._admission:
            return last
        change = dict(_CHANGES.rows(connection, after=self._admission))
        if self._list is not None:
            self._list.remove([number for number, present in change.items() if not present])
        self._add(connection, [number for number, present in change.items() if present])
        self._admission = last
        if self._has_outgrown():
            self._build(connection)
        return last

    def _has_outgrown(self) -> bool:
        few = self._list is not None and not self._list.is_of_many
        return few and self._size() > self._flat_up_to

    def _size(self) -> int:
        return len(self._list.numbers) if self._list is not None else 0

    def _load(self, connection: Connection) -> bool:
        """From the file, when it is whole and of this store; what came later is caught up after."""
        loaded = self._read_file(connection) if self._directory is not None else None
        if loaded is None:
            return False
        self._list, stamp = loaded
        self._admission = self._saved = stamp.admission
        return True

    def _read_file(self, connection: Connection) -> tuple[Shortlist, Stamp] | None:
        try:
            stamp = Stamp(**json.loads(self._stamp.read_text(encoding="utf-8")))
            data = self._file.read_bytes()
        except (OSError, ValueError, TypeError):
            return None
        A = AdmissionRow
        at = connection.scalar(select(A.at).where(A.number == stamp.admission))
        if at != stamp.at or hashlib.sha256(data).hexdigest() != stamp.sha256:
            return None
        return Shortlist.of_bytes(data), stamp

    def _build(self, connection: Connection) -> None:
        """From the store alone."""
        count = connection.scalar(select(func.count()).select_from(_accepted().subquery())) or 0
        self._list = self._of_many(connection, count) if count > self._flat_up_to else None
        for rows in connection.execute(_accepted()).partitions(_BATCH):
            self._put(rows)
        self._admission = last_admission(connection)

    def _of_many(self, connection: Connection, count: int) -> Shortlist:
        """Directions from a sample of all, the same one whenever the store is the same."""
        every = max(1, count // _SAMPLE)
        rows = connection.execute(_accepted().where(VectorRow.number % every == 0).limit(_SAMPLE))
        return Shortlist.of_many(_stacked([row[1] for row in rows]))

    def _add(self, connection: Connection, numbers: list[int]) -> None:
        wanted = [n for n in numbers if self._list is None or n not in self._list.numbers]
        for start in range(0, len(wanted), _AT_ONCE):
            self._put(_vectors(connection, wanted[start : start + _AT_ONCE]))

    def _put(self, rows: Sequence[Sequence[Any]]) -> None:
        """Each begins with its number and ends with its vector."""
        if not rows:
            return
        vectors = _stacked([row[-1] for row in rows])
        if self._list is None:
            self._list = Shortlist.of_few(vectors.shape[1])
        with _one_thread():
            self._list.add([row[0] for row in rows], vectors)


def _accepted() -> Select[int, bytes]:
    V, A = VectorRow, AssignmentRow
    joined = select(V.number, V.data).join(A, A.example_id == V.example_id)
    return joined.where(A.status == "accepted")


def _stacked(blobs: Sequence[bytes]) -> Vector:
    return np.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(blobs), -1)


def _exactly(
    connection: Connection, vector: Vector, numbers: list[int], but: str
) -> Iterator[Neighbour]:
    for start in range(0, len(numbers), _AT_ONCE):
        for _, key, data in _vectors(connection, numbers[start : start + _AT_ONCE]):
            if not but or not key.startswith(f"{but}."):
                yield Neighbour(key, float(np.clip(from_bytes(data) @ vector, -1.0, 1.0)))


def _vectors(connection: Connection, numbers: Sequence[int]) -> Sequence[Sequence[Any]]:
    """Number, example and vector of each."""
    if len(numbers) <= len(_SLOTS):
        filled = [*numbers, *[-1] * (len(_SLOTS) - len(numbers))]
        return _FEW_VECTORS.rows(connection, **dict(zip(_SLOTS, filled, strict=True)))
    return connection.execute(_VECTORS.where(VectorRow.number.in_(numbers))).all()


def last_admission(connection: Connection) -> int:
    """The number of the last change of the accepted set, 0 before the first."""
    return _LAST.scalar(connection) or 0


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
