"""A person's decisions, and taking them back.

Decisions are only ever added to. What holds for an assignment is worked out anew from the run's
word and the decisions not taken back, so any number of undos in any order ends right.
"""

from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from dataset.example import Example
from dataset.records import Decision, Neighbour
from inscape.errors import Overtaken, ProjectError
from memory.clock import now
from memory.database import Database
from memory.drafts import (
    read_example,
    read_vector,
    write_example,
    write_vector,
)
from memory.events import record
from memory.index import AcceptedIndex
from memory.records import SETTLED, Decided, Status
from memory.shelf import Vector, unit
from memory.standing import Held, Step, effective, hold, lock_admissions, move, steps
from memory.tables import AssignmentRow, DecisionRow, ExampleRow

_A, _D, _E = AssignmentRow, DecisionRow, ExampleRow


class Decisions(Database):
    _index: AcceptedIndex

    def decide(
        self,
        decision: Decision,
        *,
        edited: Example | None = None,
        vector: Vector | None = None,
        shown: Status | None = None,
    ) -> Decided:
        """A person's word on an example that a run has settled, waiting or not.

        `vector` is that of what becomes accepted (`edited`, or the example when none was saved).
        It may be near to another: the person's word wins, and the nearest is kept with it.
        `shown` is how the example stood when the person looked; raises Overtaken when it no longer
        stands so, in the same step in which it would be decided.
        """
        if (decision.answer == "edit") != (edited is not None):
            raise ProjectError("An edit, and only an edit, brings the example as edited")
        with self._writing() as connection:
            lock_admissions(connection)
            held = hold(connection, decision.example_id.rpartition(".")[0])
            if shown is not None:
                _see_unchanged(connection, held, decision.example_id, shown)
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

    def undo(
        self, by: str = "person", *, of: str | None = None, example_id: str | None = None
    ) -> Decided:
        """Take back the last decision not yet taken back; with `of`, the last of that person.

        With `example_id`, the last on that very example, and only if nobody decided on it after.
        """
        with self._writing() as connection:
            lock_admissions(connection)
            return _take_back(connection, by, _to_take_back(connection, of, example_id))

    def explain(self, example_id: str, reason: str, by: str = "person") -> Decided:
        """A rejection that stands is said again with its reason, in one step."""
        with self._writing() as connection:
            lock_admissions(connection)
            row = _to_take_back(connection, by, example_id)
            if row.answer != "reject":
                raise Overtaken(f"Example {example_id!r} is not rejected any more")
            decision = _take_back(connection, by, row).decision
            decision = decision.model_copy(update={"reason": reason})
            held = hold(connection, row.assignment_id)
            past = steps(connection, held.id)
            return self._decide(connection, held, past, decision, None, None)

    def decisions(self, *, of: str | None = None, limit: int = 100) -> list[Decision]:
        """Those that hold, newest first."""
        with self._reading() as connection:
            rows = connection.execute(_last(of).limit(limit)).all()
        return [_to_decision(row) for row in rows]

    def _admit(
        self, connection: Connection, held: Held, example_id: str, vector: Vector | None
    ) -> Neighbour | None:
        kept = read_vector(connection, example_id)
        if kept is None and vector is None:
            raise ProjectError(
                f"Example {example_id!r} has no vector", hint="Give one to accept it"
            )
        if kept is None and vector is not None:
            kept = unit(vector, example_id)
            write_vector(connection, example_id, kept)
        assert kept is not None
        return self._index.look(connection, kept, held.id).nearest


def _see_unchanged(connection: Connection, held: Held, example_id: str, shown: Status) -> None:
    """Compare and set: `held` is read in the transaction that will write."""
    if held.now.status == shown and held.now.example_id in (example_id, None):
        return
    past = [step for step in steps(connection, held.id) if step.answer != "ignore"]
    said = f": {past[-1].answer} by {past[-1].who!r}" if past else ""
    raise Overtaken(
        f"Example {example_id!r} was decided elsewhere meanwhile{said}",
        hint=f"It is {held.now.status} now, and you changed nothing",
    )


def _to_take_back(connection: Connection, of: str | None, example_id: str | None) -> Row[Any]:
    """The decision that an undo is meant for."""
    query = _last(None if example_id else of)
    if example_id is not None:
        query = query.where(_D.assignment_id == example_id.rpartition(".")[0])
    row = connection.execute(query).one_or_none()
    if row is None:
        raise ProjectError("There is no decision to take back", hint="`inscape review` takes them")
    mine = row.example_id == example_id and of in (row.who, None)
    if example_id is not None and not mine:
        raise Overtaken(
            f"Example {example_id!r} was decided elsewhere meanwhile: {row.answer} by {row.who!r}",
            hint="You changed nothing",
        )
    return row


def _take_back(connection: Connection, by: str, row: Row[Any]) -> Decided:
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
    return _decided(_to_decision(row), held._replace(now=to), None)


def _to_decision(row: Row[Any]) -> Decision:
    return Decision(
        example_id=row.example_id,
        answer=row.answer,
        reason=row.reason,
        by=row.who,
        blind=row.blind,
    )


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
            blind=decision.blind,
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
        select(*columns, _D.reason, _D.who, _D.blind)
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
