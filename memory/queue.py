"""The queue of what waits for a person."""

from typing import Any

from sqlalchemy import Row, Select, case, func, select

from dataset.records import Verdict
from memory.database import Database
from memory.drafts import last_verdict, to_example, to_verdict
from memory.records import Waiting
from memory.shelf import PASSAGE_COLUMNS, to_passage, unknown
from memory.tables import AssignmentRow, ExampleRow, PassageRow

_A, _E = AssignmentRow, ExampleRow


class Queue(Database):
    def waiting(self, limit: int = 50, offset: int = 0) -> list[Waiting]:
        """What waits, longest first; an item that was passed over goes to the end.

        Among it are accepted examples at which a person is asked to look.
        """
        query = (
            items()
            .where(_A.queued.is_not(None), _E.id == _A.example_id)
            .order_by(_A.queued)
            .limit(limit)
            .offset(offset)
        )
        with self._reading() as connection:
            return [to_waiting(row) for row in connection.execute(query)]

    def place(self, queued: int) -> tuple[int, int]:
        """Which one of how many waiting ones stands at `queued`."""
        before = func.coalesce(func.sum(case((_A.queued <= queued, 1), else_=0)), 0)
        query = select(before, func.count()).where(_A.queued.is_not(None))
        with self._reading() as connection:
            at, total = connection.execute(query).one()
        return at, total

    def waits(self, example_id: str) -> bool:
        """Whether a person is asked about this very example."""
        query = select(_A.id).where(_A.example_id == example_id, _A.queued.is_not(None))
        with self._reading() as connection:
            return connection.scalar(query) is not None

    def item(self, example_id: str) -> Waiting:
        """Any example with its surroundings, waiting or not."""
        with self._reading() as connection:
            row = connection.execute(items().where(_E.id == example_id)).one_or_none()
        if row is None:
            raise unknown("example", example_id)
        return to_waiting(row)


def items() -> Select[Any]:
    """Examples with all that a person needs to decide."""
    columns: tuple[Any, ...] = (
        *PASSAGE_COLUMNS,
        *(_E.id, _A.template_id, _E.body, last_verdict(), _A.reason, _A.phenomenon, _E.rehearsal),
        _A.queued,
    )
    return (
        select(*columns)
        .join(_A, _A.id == _E.assignment_id)
        .join(PassageRow, PassageRow.id == _A.passage_id)
        .select_from(_E)
    )


def to_waiting(row: Row[Any]) -> Waiting:
    """From a row of `items`."""
    width = len(PASSAGE_COLUMNS)
    example_id, template, body, said, reason, phenomenon, rehearsal, queued = tuple(row)[width:]
    verdict = to_verdict(said)
    return Waiting(
        example_id,
        template,
        to_passage(tuple(row)[:width]),
        to_example(body),
        verdict,
        _reasons(reason, verdict),
        phenomenon,
        rehearsal,
        queued or 0,
    )


def _reasons(reason: str, verdict: Verdict | None) -> tuple[str, ...]:
    """Why it waits: the run's code, the critic's sentence, and each defect."""
    said = [reason]
    if verdict is not None:
        said += [verdict.reason, *(f"{d.code}: {d.message}" for d in verdict.defects)]
    return tuple(dict.fromkeys(text for text in said if text))
