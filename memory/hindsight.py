"""What the critic said and what a person then decided: all that its calibration learns from."""

import statistics
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select

from dataset.records import Verdict
from memory.database import Database
from memory.drafts import last_verdict, to_verdict
from memory.prepared import Prepared
from memory.tables import AssignmentRow, DecisionRow, EventRow, ExampleRow, VerdictRow

_D, _E, _V = DecisionRow, ExampleRow, VerdictRow
_LAST_DECISION = Prepared(select(func.max(_D.number)))
_LONGEST = 600.0  # seconds: after a longer pause somebody came back from elsewhere


class Hindsight(Database):
    def last_decision(self) -> int:
        """Grows with every decision and every undo: a glance shows whether to learn anew."""
        with self._glancing() as connection:
            return _LAST_DECISION.scalar(connection) or 0

    def decided(self) -> list[tuple[Verdict, bool]]:
        """Of each example decided on: the critic's word, and whether it was accepted as it stood.

        The last decision on an assignment counts, in the order in which they were taken.
        """
        taken_back = select(_D.undoes).where(_D.undoes.is_not(None))
        last = (
            select(func.max(_D.number))
            .where(_D.answer.in_(("accept", "reject", "edit")), _D.number.not_in(taken_back))
            .group_by(_D.assignment_id)
        )
        query = (
            select(last_verdict(), _D.answer)
            .join(_E, _E.id == _D.example_id)
            .where(_D.number.in_(last))
            .order_by(_D.number)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        found = [(to_verdict(body), answer == "accept") for body, answer in rows]
        return [(verdict, accepted) for verdict, accepted in found if verdict is not None]

    def judged(self, limit: int) -> list[Verdict]:
        """The newest verdicts that a judge gave scores for."""
        query = select(_V.body).where(_V.score.is_not(None)).order_by(_V.number.desc()).limit(limit)
        with self._reading() as connection:
            return [Verdict.model_validate_json(body) for body in connection.scalars(query)]

    def rounds(self) -> list[dict[str, Any]]:
        """After each round that brought something: `accepted` and `effective_size`."""
        E = EventRow
        query = select(E.detail).where(E.kind == "round").order_by(E.number)
        with self._reading() as connection:
            return list(connection.scalars(query))

    def looks(self) -> int:
        """How many accepted examples a person is still asked to look at."""
        A = AssignmentRow
        query = select(func.count()).where(A.status == "accepted", A.queued.is_not(None))
        with self._reading() as connection:
            return connection.scalar(query) or 0

    def seconds_a_decision(self) -> float | None:
        """The median time from one decision of a sitting to the next; None when nobody knows."""
        query = select(_D.at).where(_D.answer != "undo").order_by(_D.number)
        with self._reading() as connection:
            times = [datetime.fromisoformat(at) for at in connection.scalars(query)]
        gaps = [(b - a).total_seconds() for a, b in pairwise(times)]
        sitting = [gap for gap in gaps if gap < _LONGEST]
        return statistics.median(sitting) if len(sitting) >= 5 else None
