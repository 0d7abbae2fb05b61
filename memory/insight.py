"""How far the critic agrees with people, and how various the accepted examples are."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, case, exists, func, select

from memory.database import Database
from memory.statistics import agreement, vendi
from memory.tables import AssignmentRow, DecisionRow, OpeningRow, VectorRow, VerdictRow

_SAMPLE = 5_000  # many more vectors than dimensions: more of them hardly move the score
_MIDDLE = 3.0  # of the rubric's scale, 1 to 5


class Insight(Database):
    def agreement(self, *, blind: bool = False) -> dict[str, Any]:
        """Critic against people, over the examples a person accepted, rejected or edited.

        With `blind`, only those decided without seeing the verdict.

        An edit says that the example would not do as it stood. Where the critic escalated, the side
        its scores lean to counts; where it gave none, the example is left out.
        """
        cells = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
        with self._reading() as connection:
            for ruling, score, answer in _judged(connection, blind):
                critic = _leans_to_yes(ruling, score)
                if critic is not None:
                    cells[critic, answer == "accept"] += 1
        return agreement(*cells.values())._asdict()

    def diversity(self) -> dict[str, Any]:
        """`effective_size` is the Vendi score of `sampled` accepted vectors out of `n`."""
        count = OpeningRow.count
        shared = func.coalesce(func.sum(case((count > 1, count), else_=0)), 0)
        with self._reading() as connection:
            n, repeated = connection.execute(
                select(func.coalesce(func.sum(count), 0), shared)
            ).one()
            vectors = _sample(connection)
        score = vendi(vectors) if len(vectors) else 0.0
        return {
            "n": n,
            "effective_size": score,
            "repeated_openings": repeated / n if n else 0.0,
            "sampled": len(vectors),
        }


def _leans_to_yes(ruling: str, score: float | None) -> bool | None:
    if ruling != "escalate":
        return ruling == "accept"
    return None if score is None else score >= _MIDDLE


def _judged(connection: Connection, blind: bool) -> list[tuple[str, float | None, str]]:
    """Of each decided example: the critic's last ruling and score, and the person's last answer."""
    D, V = DecisionRow, VerdictRow
    taken_back = select(D.undoes).where(D.undoes.is_not(None))
    last = (
        select(func.max(D.number))
        .where(D.answer.in_(("accept", "reject", "edit")), D.number.not_in(taken_back))
        .group_by(D.assignment_id)
    )
    verdict = (
        select(func.max(V.number))
        .where(V.example_id == D.example_id)
        .correlate(D)
        .scalar_subquery()
    )
    query = (
        select(V.ruling, V.score, D.answer)
        .join(V, V.number == verdict)
        .where(D.number.in_(last))
        .select_from(D)
    )
    if blind:
        query = query.where(D.blind)
    return [(ruling, score, answer) for ruling, score, answer in connection.execute(query)]


def _sample(connection: Connection) -> NDArray[np.float32]:
    """Accepted vectors, evenly spaced in the order they came when there are very many."""
    last = connection.scalar(select(func.max(VectorRow.number))) or 0
    wanted = list(range(1, last + 1, max(1, -(-last // _SAMPLE))))
    blobs: list[bytes] = []
    for start in range(0, len(wanted), _CHUNK):
        blobs += connection.scalars(_VECTORS, {"numbers": wanted[start : start + _CHUNK]})
    if not blobs:
        return np.empty((0, 0), dtype=np.float32)
    return np.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(blobs), -1)


_CHUNK = 500
_IS_IN = exists().where(
    AssignmentRow.example_id == VectorRow.example_id, AssignmentRow.status == "accepted"
)
_VECTORS = select(VectorRow.data).where(
    VectorRow.number.in_(bindparam("numbers", expanding=True)), _IS_IN
)
