"""Where an assignment stands: what the run said, and on top of it what people decided, in order.

The one place where a state is computed (`effective`) and the one where it is written (`move`).
"""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select, update
from sqlalchemy.orm import aliased

from dataset.records import Answer
from inscape.errors import ProjectError
from memory.clock import now
from memory.prepared import Prepared, each_dialect
from memory.records import Status
from memory.shelf import unknown
from memory.tables import (
    AdmissionRow,
    AssignmentRow,
    DecisionRow,
    ExampleRow,
    MetaRow,
    OpeningRow,
    VectorRow,
    VerdictRow,
)

APPROVED, EDITED, REFUSED = "approved", "edited", "rejected-by-person"


class State(NamedTuple):
    """`queued` orders the queue: the number of the event that put the item there. An accepted
    example may wait there too: it counts, and a person is asked to look at it."""

    status: Status
    reason: str
    example_id: str | None
    queued: int | None = None


class Step(NamedTuple):
    """A decision that has not been taken back."""

    number: int
    example_id: str
    answer: Answer | Literal["undo"]
    who: str
    edited_id: str | None
    queued: int


class Held(NamedTuple):
    """An assignment as found, its row held for the length of the transaction."""

    id: str
    passage_id: str
    now: State
    run: State


def effective(run: State, steps: Iterable[Step]) -> State:
    """What holds: the run's word, then each decision in order. Nothing else decides a state."""
    state = run
    for step in steps:
        match step.answer:
            case "accept":
                state = State("accepted", APPROVED, step.example_id)
            case "edit":
                state = State("accepted", EDITED, step.edited_id)
            case "reject":
                state = State("rejected", REFUSED, step.example_id)
            case _:
                if state.queued is not None:
                    state = state._replace(queued=step.queued)
    return state


def steps(connection: Connection, assignment_id: str) -> list[Step]:
    """The decisions on one assignment that hold, oldest first."""
    return [Step(*row) for row in _STEPS.rows(connection, key=assignment_id)]


def all_steps(connection: Connection) -> dict[str, list[Step]]:
    """The same for every assignment that anyone ever decided on."""
    found: dict[str, list[Step]] = {}
    for assignment_id, undone, *step in connection.execute(_ALL_STEPS):
        decided = found.setdefault(assignment_id, [])
        if undone is None:
            decided.append(Step(*step))
    return found


def hold(connection: Connection, assignment_id: str) -> Held:
    """Read an assignment so that no other transaction changes it before this one ends."""
    row = _HOLD.row(connection, key=assignment_id)
    if row is None:
        raise unknown("assignment", assignment_id)
    return Held(assignment_id, row[0], State(*row[1:5]), State(*row[5:9]))


def lock_admissions(connection: Connection) -> None:
    """One admission at a time, whatever the database; SQLite's writers are alone already."""
    if connection.dialect.name != "sqlite":
        _LOCK.run(connection)


def say(connection: Connection, held: Held, run: State) -> State:
    """Write the run's own word on an assignment, and what follows from it."""
    return move(connection, held, effective(run, steps(connection, held.id)), run)


def move(connection: Connection, held: Held, to: State, run: State | None = None) -> State:
    """Bring one assignment from where it stands to `to`, the accepted set with it.

    With `run`, the run's own word on it is written too.
    """
    before = held.now.example_id if held.now.status == "accepted" else None
    after = to.example_id if to.status == "accepted" else None
    if before != after:
        lock_admissions(connection)
        if before is not None:
            _count(connection, before, present=False)
        if after is not None:
            _count(connection, after, present=True)
    rest = {"standing": _standing(connection, to), "settled_at": now()}
    rest |= {"claimed_by": None, "claimed_until": None}  # decided or passed over: nobody looks now
    rest |= _said(run) if run else {}
    (_SAY if run else _MOVE).run(connection, key=held.id, **to._asdict(), **rest)
    return to


def _said(run: State) -> dict[str, Any]:
    values = {f"run_{name}": value for name, value in run._asdict().items()}
    return {"run_example": values.pop("run_example_id"), **values}


def _count(connection: Connection, example_id: str, *, present: bool) -> None:
    row = _ENTRANT.row(connection, key=example_id)
    if row is None:
        raise ProjectError(
            f"Example {example_id!r} has no vector", hint="Give one when accepting it"
        )
    number, opening, known = row
    _ADMISSION.run(connection, vector=number, present=present, at=now())
    count = (known or 0) + (1 if present else -1)
    if count > 0:
        _OPENED.run(connection, opening=opening, count=count)
    else:
        _CLOSED.run(connection, gone=opening)


def _standing(connection: Connection, state: State) -> float | None:
    """Orders exemplars: what a person approved before what only the critic did, then by score."""
    if state.status != "accepted":
        return None
    score = _SCORE.scalar(connection, key=state.example_id)
    return (score or 0.0) + (10.0 if state.reason in (APPROVED, EDITED) else 0.0)


_A, _D, _V = AssignmentRow, DecisionRow, VerdictRow
_KEY: BindParameter[str] = bindparam("key")
_TAKEN_BACK = select(_D.undoes).where(_D.assignment_id == _KEY, _D.undoes.is_not(None))
_STEP: tuple[Any, ...] = (*(_D.number, _D.example_id, _D.answer, _D.who, _D.edited_id, _D.queued),)
_STEPS = Prepared(
    select(*_STEP)
    .where(_D.assignment_id == _KEY, _D.answer != "undo", _D.number.not_in(_TAKEN_BACK))
    .order_by(_D.number)
)
_UNDO = aliased(DecisionRow)
_ALL_STEPS = (
    select(_D.assignment_id, _UNDO.number, *_STEP)
    .outerjoin(_UNDO, _UNDO.undoes == _D.number)
    .where(_D.answer != "undo")
    .order_by(_D.number)
)
_HOLD = Prepared(
    select(
        _A.passage_id,
        *(_A.status, _A.reason, _A.example_id, _A.queued),
        *(_A.run_status, _A.run_reason, _A.run_example, _A.run_queued),
    )
    .where(_A.id == _KEY)
    .with_for_update()
)
_LOCK = Prepared(select(MetaRow.value).where(MetaRow.key == "admission").with_for_update())


def _update(*names: str) -> Prepared:
    values: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in names}
    return Prepared(update(AssignmentRow).where(_A.id == _KEY).values(values))


_MOVED = (
    *("status", "reason", "example_id", "queued", "standing", "settled_at"),
    *("claimed_by", "claimed_until"),
)
_MOVE = _update(*_MOVED)
_SAY = _update(*_MOVED, "run_status", "run_reason", "run_example", "run_queued")
_ADMISSION = Prepared(
    insert(AdmissionRow).values({name: bindparam(name) for name in ("vector", "present", "at")})
)
_ENTRANT = Prepared(
    select(VectorRow.number, ExampleRow.opening, OpeningRow.count)
    .join(ExampleRow, ExampleRow.id == VectorRow.example_id)
    .outerjoin(OpeningRow, OpeningRow.opening == ExampleRow.opening)
    .where(VectorRow.example_id == _KEY)
)
_SCORE = Prepared(select(_V.score).where(_V.example_id == _KEY).order_by(_V.number.desc()).limit(1))


def _opened(insert: Any) -> Any:
    fresh = insert(OpeningRow).values(opening=bindparam("opening"), count=bindparam("count"))
    return fresh.on_conflict_do_update(
        index_elements=["opening"], set_={"count": fresh.excluded.count}
    )


_OPENED = Prepared(each_dialect(_opened))
_CLOSED = Prepared(delete(OpeningRow).where(OpeningRow.opening == bindparam("gone")))
