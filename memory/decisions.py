"""The queue of what waits for a person, the decisions taken, and taking them back.

Decisions are only ever added to. What holds for an assignment is worked out anew from the run's
word and the decisions not taken back, so any number of undos in any order ends right.
"""

from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from dataset.example import Example
from dataset.records import Decision, Neighbour, Verdict
from inscape.errors import ProjectError
from memory.admission import unit
from memory.clock import now
from memory.database import Database
from memory.drafts import (
    last_verdict,
    read_example,
    read_vector,
    to_example,
    to_verdict,
    write_example,
    write_vector,
)
from memory.events import record
from memory.index import AcceptedIndex
from memory.records import SETTLED, Decided, Waiting
from memory.shelf import PASSAGE_COLUMNS, Vector, to_passage, unknown
from memory.standing import Held, Step, effective, hold, lock_admissions, move, steps
from memory.tables import AssignmentRow, DecisionRow, ExampleRow, PassageRow

_A, _D, _E = AssignmentRow, DecisionRow, ExampleRow


class Queue(Database):
    def waiting(self, limit: int = 50, offset: int = 0) -> list[Waiting]:
        """What waits, longest first; an item that was passed over goes to the end.

        Accepted examples that a person is asked to look at come last: nothing depends on them.
        """
        query = (
            _items()
            .where(_A.queued.is_not(None), _E.id == _A.example_id)
            .order_by(_A.status.desc(), _A.queued)
            .limit(limit)
            .offset(offset)
        )
        with self._reading() as connection:
            return [_to_waiting(row) for row in connection.execute(query)]

    def waits(self, example_id: str) -> bool:
        """Whether a person is asked about this very example."""
        query = select(_A.id).where(_A.example_id == example_id, _A.queued.is_not(None))
        with self._reading() as connection:
            return connection.scalar(query) is not None

    def item(self, example_id: str) -> Waiting:
        """Any example with its surroundings, waiting or not."""
        with self._reading() as connection:
            row = connection.execute(_items().where(_E.id == example_id)).one_or_none()
        if row is None:
            raise unknown("example", example_id)
        return _to_waiting(row)


class Decisions(Database):
    _index: AcceptedIndex

    def decide(
        self, decision: Decision, *, edited: Example | None = None, vector: Vector | None = None
    ) -> Decided:
        """A person's word on an example that a run has settled, waiting or not.

        `vector` is that of what becomes accepted (`edited`, or the example when none was saved).
        It may be near to another: the person's word wins, and the nearest is kept with it.
        """
        if (decision.answer == "edit") != (edited is not None):
            raise ProjectError("An edit, and only an edit, brings the example as edited")
        with self._writing() as connection:
            lock_admissions(connection)
            held = hold(connection, decision.example_id.rpartition(".")[0])
            before = read_example(connection, decision.example_id)
            if edited == before:
                decision, edited = decision.model_copy(update={"answer": "accept"}), None
            past = steps(connection, held.id)
            if _said_already(connection, held, past, decision, edited):
                return _decided(decision, held, None)
            return self._decide(connection, held, past, decision, edited, vector)

    def _decide(
        self,
        connection: Connection,
        held: Held,
        past: list[Step],
        decision: Decision,
        edited: Example | None,
        vector: Vector | None,
    ) -> Decided:
        chosen = decision.example_id
        if edited is not None:
            raw_key, rehearsal = _origin(connection, decision.example_id)
            chosen = write_example(
                connection, held.id, edited, raw_key, "person", rehearsal, vector=None
            )
        nearest = None
        if decision.answer in ("accept", "edit"):
            nearest = self._admit(connection, held, chosen, vector)
        step = _append(connection, held, decision, chosen if edited else None, nearest)
        to = move(connection, held, effective(held.run, [*past, step]))
        return _decided(decision, held._replace(now=to), nearest)

    def undo(self, by: str = "person", *, of: str | None = None) -> Decided:
        """Take back the last decision not yet taken back; with `of`, the last of that person."""
        with self._writing() as connection:
            lock_admissions(connection)
            row = connection.execute(_last(of)).one_or_none()
            if row is None:
                raise ProjectError("There is no decision to take back")
            held = hold(connection, row.assignment_id)
            subject = {"number": row.number, "answer": row.answer, "by": row.who}
            number = record(connection, "undo", row.example_id, by, subject)
            connection.execute(
                insert(DecisionRow).values(
                    assignment_id=row.assignment_id,
                    example_id=row.example_id,
                    answer="undo",
                    reason="",
                    who=by,
                    queued=number,
                    undoes=row.number,
                    at=now(),
                )
            )
            to = move(connection, held, effective(held.run, steps(connection, held.id)))
        decision = Decision(
            example_id=row.example_id, answer=row.answer, reason=row.reason, by=row.who
        )
        return _decided(decision, held._replace(now=to), None)

    def decisions(self, *, of: str | None = None, limit: int = 100) -> list[Decision]:
        """Those that hold, newest first."""
        with self._reading() as connection:
            rows = connection.execute(_last(of).limit(limit)).all()
        return [
            Decision(example_id=row.example_id, answer=row.answer, reason=row.reason, by=row.who)
            for row in rows
        ]

    def _admit(
        self, connection: Connection, held: Held, example_id: str, vector: Vector | None
    ) -> Neighbour | None:
        kept = read_vector(connection, example_id)
        if kept is None and vector is None:
            raise ProjectError(
                f"Example {example_id!r} has no vector", hint="Give one to accept it"
            )
        if kept is None and vector is not None:
            kept = unit(vector)
            write_vector(connection, example_id, kept)
        assert kept is not None
        return self._index.look(connection, kept, held.id).nearest


def _said_already(
    connection: Connection,
    held: Held,
    past: list[Step],
    decision: Decision,
    edited: Example | None,
) -> bool:
    """The same word again changes nothing; another person's other word must be taken back first."""
    if held.now.status not in SETTLED:
        raise ProjectError(
            f"Example {decision.example_id!r} is not ready to be decided: {held.now.status}",
            hint="Decide when the run has settled it",
        )
    last = next((step for step in reversed(past) if step.answer != "ignore"), None)
    if last is None:
        return False
    same = last.answer == decision.answer and last.example_id == decision.example_id
    if same and edited is not None:
        same = read_example(connection, last.edited_id or "") == edited
    if same:
        return True
    if last.who != decision.by or decision.answer == "ignore":
        raise ProjectError(
            f"Example {decision.example_id!r} was decided already: {last.answer} by {last.who!r}",
            hint="Take that back first (`inscape review --undo`)",
        )
    return False


def _append(
    connection: Connection,
    held: Held,
    decision: Decision,
    edited_id: str | None,
    nearest: Neighbour | None,
) -> Step:
    detail = {"answer": decision.answer, "reason": decision.reason, "edited": edited_id}
    event = record(connection, "decision", decision.example_id, decision.by, detail)
    result = connection.execute(
        insert(DecisionRow).values(
            assignment_id=held.id,
            example_id=decision.example_id,
            answer=decision.answer,
            reason=decision.reason,
            who=decision.by,
            edited_id=edited_id,
            nearest_id=nearest.id if nearest else None,
            nearest_cosine=nearest.cosine if nearest else None,
            queued=event,
            at=now(),
        )
    )
    assert result.inserted_primary_key is not None
    number: int = result.inserted_primary_key[0]
    return Step(number, decision.example_id, decision.answer, decision.by, edited_id, event)


def _last(of: str | None) -> Select[Any]:
    """The decisions that hold, newest first."""
    taken_back = select(_D.undoes).where(_D.undoes.is_not(None))
    columns: tuple[Any, ...] = (_D.number, _D.assignment_id, _D.example_id, _D.answer)
    query = (
        select(*columns, _D.reason, _D.who)
        .where(_D.answer != "undo", _D.number.not_in(taken_back))
        .order_by(_D.number.desc())
        .limit(1)
    )
    return query if of is None else query.where(_D.who == of)


def _origin(connection: Connection, example_id: str) -> tuple[str | None, bool]:
    """An edited example still rests on the call its original was read from."""
    row = connection.execute(select(_E.raw_key, _E.rehearsal).where(_E.id == example_id)).one()
    return row[0], row[1]


def _decided(decision: Decision, held: Held, nearest: Neighbour | None) -> Decided:
    return Decided(decision, held.id, held.now.status, held.now.example_id, nearest)


def _items() -> Select[Any]:
    columns: tuple[Any, ...] = (
        *PASSAGE_COLUMNS,
        *(_E.id, _A.template_id, _E.body, last_verdict(), _A.reason, _A.phenomenon, _E.rehearsal),
    )
    return (
        select(*columns)
        .join(_A, _A.id == _E.assignment_id)
        .join(PassageRow, PassageRow.id == _A.passage_id)
        .select_from(_E)
    )


def _to_waiting(row: Row[Any]) -> Waiting:
    width = len(PASSAGE_COLUMNS)
    example_id, template, body, said, reason, phenomenon, rehearsal = tuple(row)[width:]
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
    )


def _reasons(reason: str, verdict: Verdict | None) -> tuple[str, ...]:
    """Why it waits: the run's code, the critic's sentence, and each defect."""
    said = [reason]
    if verdict is not None:
        said += [verdict.reason, *(f"{d.code}: {d.message}" for d in verdict.defects)]
    return tuple(dict.fromkeys(text for text in said if text))
