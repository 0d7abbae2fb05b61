"""Examples as they were written, and the critic's verdicts on them."""

import json

from sqlalchemy import BindParameter, Connection, ScalarSelect, bindparam, insert, select

from dataset.example import Example
from dataset.opening import opening_of
from dataset.records import Verdict
from inscape.errors import ProjectError
from memory.clock import now
from memory.database import Database, insert_new
from memory.events import record
from memory.prepared import Prepared, each_dialect
from memory.records import Draft, Origin
from memory.search import index_defects, index_words
from memory.shelf import Vector, from_bytes, to_bytes, unit, unknown
from memory.standing import hold
from memory.tables import AssignmentRow, ExampleRow, MetaRow, OpeningRow, VectorRow, VerdictRow

_A, _E, _V = AssignmentRow, ExampleRow, VerdictRow
_KEY: BindParameter[str] = bindparam("key")
_BODY = Prepared(select(_E.body).where(_E.id == _KEY))
_DRAFTS = Prepared(select(_E.id, _E.body).where(_E.assignment_id == _KEY))
_VECTOR = Prepared(select(VectorRow.data).where(VectorRow.example_id == _KEY))
_DIMENSION = Prepared(select(MetaRow.value).where(MetaRow.key == "dimension"))
_ACCEPTED_OF = Prepared(select(_A.example_id).where(_A.passage_id == _KEY, _A.status == "accepted"))
_LAST_VERDICT = Prepared(
    select(_V.body).where(_V.example_id == _KEY).order_by(_V.number.desc()).limit(1)
)
_EXEMPLARS = Prepared(
    select(_E.id)
    .join(_A, _A.example_id == _E.id)
    .where(_A.status == "accepted", _A.template_id == bindparam("template"))
    .where(_E.rehearsal == bindparam("rehearsal"))
    .order_by(_A.standing.desc(), _A.number.desc())
    .limit(bindparam("n"))
)
_OPENINGS = Prepared(
    select(OpeningRow.opening, OpeningRow.count)
    .where(OpeningRow.count >= bindparam("least"))
    .order_by(OpeningRow.count.desc(), OpeningRow.opening.desc())
    .limit(bindparam("n"))
)
_EXAMPLE = Prepared(
    insert(ExampleRow).values(
        {
            name: bindparam(name)
            for name in (
                *("id", "assignment_id", "revision", "body"),
                *("raw_key", "origin", "rehearsal", "opening", "at"),
            )
        }
    )
)
_VERDICT = Prepared(
    insert(VerdictRow).values(
        {name: bindparam(name) for name in ("example_id", "body", "ruling", "score", "at")}
    )
)
_KEEP = Prepared(
    each_dialect(
        lambda insert: (
            insert(VectorRow)
            .values(example_id=bindparam("example_id"), data=bindparam("data"))
            .on_conflict_do_nothing()
        )
    )
)


class Drafts(Database):
    def save_example(
        self,
        assignment_id: str,
        example: Example,
        *,
        raw_key: str | None = None,
        origin: Origin = "teacher",
        rehearsal: bool = False,
        vector: Vector | None = None,
    ) -> str:
        """Its id, `ASSIGNMENT.REVISION`; the same content again has the id it had.

        `raw_key` is the call it was read from. A vector kept now is not asked for at admission.
        """
        with self._writing() as connection:
            hold(connection, assignment_id)
            return write_example(
                connection, assignment_id, example, raw_key, origin, rehearsal, vector
            )

    def example(self, example_id: str) -> Example:
        with self._glancing() as connection:
            return read_example(connection, example_id)

    def known_example(self, example_id: str) -> Example | None:
        """None when this project has no such example."""
        with self._reading() as connection:
            body = _BODY.scalar(connection, key=example_id)
        return None if body is None else to_example(body)

    def drafts(self, assignment_id: str) -> list[Draft]:
        """Every example written for an assignment, first to last."""
        query = (
            select(_E.id, _E.body, _E.origin, _E.rehearsal, last_verdict())
            .where(_E.assignment_id == assignment_id)
            .order_by(_E.revision)
        )
        with self._reading() as connection:
            return [
                Draft(key, to_example(body), origin, rehearsal, to_verdict(verdict))
                for key, body, origin, rehearsal, verdict in connection.execute(query)
            ]

    def vector(self, example_id: str) -> Vector | None:
        with self._glancing() as connection:
            return read_vector(connection, example_id)

    def save_verdict(
        self,
        example_id: str,
        verdict: Verdict,
        *,
        vector: Vector | None = None,
    ) -> None:
        """The last verdict of an example holds; saying the same again adds nothing.

        A vector kept now is not asked for at admission.
        """
        body = canonical(verdict)
        with self._writing() as connection:
            if vector is not None:
                write_vector(connection, example_id, vector)
            if _LAST_VERDICT.scalar(connection, key=example_id) == body:
                return
            row = {"example_id": example_id, "body": body, "ruling": verdict.ruling}
            _VERDICT.run(connection, **row, score=verdict.mean_score, at=now())
            index_defects(connection, example_id, verdict)
            detail = {"ruling": verdict.ruling, "reason": verdict.reason}
            record(connection, "verdict", example_id, "critic", detail)

    def verdict(self, example_id: str) -> Verdict | None:
        with self._glancing() as connection:
            return to_verdict(_LAST_VERDICT.scalar(connection, key=example_id))

    def exemplars(self, template_id: str, n: int, *, rehearsal: bool = False) -> list[str]:
        """Ids of the best accepted ones: approved by a person first, then by score."""
        wanted = {"template": template_id, "rehearsal": rehearsal, "n": n}
        with self._glancing() as connection:
            return [row[0] for row in _EXEMPLARS.rows(connection, **wanted)]

    def accepted_of(self, passage_id: str) -> list[str]:
        """Ids of what was accepted of one passage."""
        with self._glancing() as connection:
            found = _ACCEPTED_OF.rows(connection, key=passage_id)
            return [key for (key,) in found if key is not None]

    def openings(self, *, at_least: int = 2, limit: int = 500) -> dict[str, int]:
        """First words of accepted examples that several share, commonest first."""
        with self._glancing() as connection:
            return dict(_OPENINGS.rows(connection, least=at_least, n=limit))


def canonical(value: Example | Verdict) -> str:
    """One spelling for one content, so that equal content is equal text."""
    return json.dumps(value.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


def to_example(body: str) -> Example:
    return Example.model_validate_json(body)


def to_verdict(body: str | None) -> Verdict | None:
    return None if body is None else Verdict.model_validate_json(body)


def last_verdict() -> ScalarSelect[str]:
    """The same as a column of a query on examples."""
    return (
        select(_V.body)
        .where(_V.example_id == _E.id)
        .order_by(_V.number.desc())
        .limit(1)
        .scalar_subquery()
    )


def read_example(connection: Connection, example_id: str) -> Example:
    body = _BODY.scalar(connection, key=example_id)
    if body is None:
        raise unknown("example", example_id)
    return to_example(body)


def write_example(
    connection: Connection,
    assignment_id: str,
    example: Example,
    raw_key: str | None,
    origin: Origin,
    rehearsal: bool,
    vector: Vector | None,
) -> str:
    """In the caller's transaction, which holds the assignment."""
    body = canonical(example)
    drafts = _DRAFTS.rows(connection, key=assignment_id)
    known = next((key for key, known_body in drafts if known_body == body), None)
    if known is None:
        count = len(drafts)
        known = f"{assignment_id}.{count}"
        row = {"id": known, "assignment_id": assignment_id, "revision": count, "body": body}
        row |= {"raw_key": raw_key, "origin": origin, "rehearsal": rehearsal, "at": now()}
        _EXAMPLE.run(connection, **row, opening=opening_of(example))
        index_words(connection, assignment_id, count, example)
        record(connection, "draft", known, origin, {"call": raw_key})
    if vector is not None:
        write_vector(connection, known, vector)
    return known


def read_vector(connection: Connection, example_id: str) -> Vector | None:
    data = _VECTOR.scalar(connection, key=example_id)
    return None if data is None else from_bytes(data)


def write_vector(connection: Connection, example_id: str, vector: Vector) -> None:
    """Once an example has a vector it keeps it: an example's content never changes either."""
    vector = unit(vector, example_id)
    check_dimension(connection, len(vector))
    _KEEP.run(connection, example_id=example_id, data=to_bytes(vector))


def check_dimension(connection: Connection, dimension: int) -> None:
    """Vectors of two embedders cannot be compared; the first one saved fixes the size."""
    known = _DIMENSION.scalar(connection)
    if known is None:
        insert_new(connection, MetaRow, [{"key": "dimension", "value": str(dimension)}])
        known = _DIMENSION.scalar(connection)
    if known != str(dimension):
        raise ProjectError(
            f"The project holds vectors of {known} numbers, this one has {dimension}",
            hint="Use the embedder the project was made with",
        )
