"""Admission: one atomic step from a good example to an accepted one, or to the reason why not."""

from sqlalchemy import BindParameter, Connection, bindparam, func, select

from dataset.records import Neighbour
from inscape.errors import ProjectError
from memory.database import Database
from memory.drafts import read_vector, write_vector
from memory.events import record
from memory.index import NEAR, AcceptedIndex, last_admission
from memory.prepared import Prepared
from memory.records import Admission
from memory.shelf import Vector, unit, unknown
from memory.standing import Held, State, hold, lock_admissions, say
from memory.tables import AssignmentRow, ExampleRow

_KEY: BindParameter[str] = bindparam("key")
_EXAMPLE = Prepared(select(ExampleRow.id).where(ExampleRow.id == _KEY))
_ACCEPTED_FROM = Prepared(
    select(func.count()).where(AssignmentRow.passage_id == _KEY, AssignmentRow.status == "accepted")
)


class Admissions(Database):
    """`_index` is shared with the decisions, which admit too."""

    _index: AcceptedIndex

    def make_ready(self) -> None:
        """Before many examples come: the index's library takes a third of a second to load."""
        self._index.load()

    def nearest(self, vector: Vector, *, but: str = "", surely: float = NEAR) -> Neighbour | None:
        """The nearest accepted example, exact from the cosine `surely` up; `but` names an
        assignment whose own are left out."""
        with self._reading() as connection:
            return self._index.look(connection, unit(vector), but, surely).nearest

    def admit(
        self,
        example_id: str,
        vector: Vector | None = None,
        *,
        near_duplicate: float,
        cap_per_passage: int | None = None,
        reason: str = "",
        look: bool = False,
    ) -> Admission:
        """Accept an example unless one like it is in; what other processes just admitted counts.

        With `look` it is accepted, and waits in the queue for a person to look at, for `reason`.

        Refusing changes nothing: the caller settles the assignment. Admitting again what is in is
        no error. Without `vector`, the one saved with the example is used.
        """
        assignment_id = example_id.rpartition(".")[0]
        with self._reading() as connection:  # the long look, while others may write
            kept = _kept(connection, example_id)
            sought = unit(_either(example_id, vector, kept), example_id)
            found = self._index.look(connection, sought, assignment_id, near_duplicate)
        with self._writing() as connection:
            lock_admissions(connection)
            if last_admission(connection) > found.admission:
                found = self._index.look(connection, sought, assignment_id, near_duplicate)
            seen = found.nearest
            held = hold(connection, assignment_id)
            refusal = _refusal(connection, held, example_id, seen, near_duplicate, cap_per_passage)
            if refusal or held.now.status == "accepted":
                return Admission(not refusal, seen, refusal)
            if kept is None:
                write_vector(connection, example_id, sought)
            detail = {"example": example_id, "nearest": seen and list(seen), "reason": reason}
            number = record(connection, "accepted", assignment_id, "critic", detail)
            queued = number if look else None
            say(connection, held, State("accepted", reason, example_id, queued))
        return Admission(True, seen)


def _kept(connection: Connection, example_id: str) -> Vector | None:
    """The vector saved with the example, if there is one."""
    kept = read_vector(connection, example_id)
    if kept is None and _EXAMPLE.scalar(connection, key=example_id) is None:
        raise unknown("example", example_id)
    return kept


def _either(example_id: str, given: Vector | None, kept: Vector | None) -> Vector:
    vector = kept if given is None else given
    if vector is None:
        raise ProjectError(f"Example {example_id!r} has no vector", hint="Give one to admit it")
    return vector


def _refusal(
    connection: Connection,
    held: Held,
    example_id: str,
    nearest: Neighbour | None,
    near_duplicate: float,
    cap: int | None,
) -> str:
    if held.now.status == "accepted" and held.now.example_id == example_id:
        return ""
    if held.now.status not in ("planned", "escalated") or held.now[:3] != held.run[:3]:
        return "already-settled"
    if nearest is not None and nearest.cosine >= near_duplicate:
        return "near-duplicate"
    if cap is not None and _accepted_from(connection, held.passage_id) >= cap:
        return "passage-cap"
    return ""


def _accepted_from(connection: Connection, passage_id: str) -> int:
    count: int = _ACCEPTED_FROM.scalar(connection, key=passage_id)
    return count
