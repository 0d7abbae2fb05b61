"""The tables of the store, typed. `migrations.py` makes them; a test keeps the two the same."""

import re
from typing import Any, Literal

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import JSON, TypeDecorator

from dataset.records import Answer
from memory.records import Origin, Status

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Words(TypeDecorator[str]):
    """Text for people. A NUL or half a surrogate pair, which databases refuse, becomes U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _UNSTORABLE.sub("\ufffd", value)


class Raw(TypeDecorator[str]):
    """Text kept to the byte, whatever a server sent."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.encode("utf-8", "surrogatepass")

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else bytes(value).decode("utf-8", "surrogatepass")


def _where(said: str) -> dict[str, Any]:
    """An index over some of the rows, which both databases know."""
    return {"sqlite_where": text(said), "postgresql_where": text(said)}


class Base(DeclarativeBase):
    type_annotation_map = {str: Words, dict[str, Any]: JSON, list[Any]: JSON, bytes: LargeBinary}  # noqa: RUF012


class BookRow(Base):
    __tablename__ = "books"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    path: Mapped[str]
    title: Mapped[str]
    author: Mapped[str]
    pages: Mapped[int]
    words: Mapped[int]
    detail: Mapped[dict[str, Any]]
    added_at: Mapped[str]


class PassageRow(Base):
    __tablename__ = "passages"
    __table_args__ = (
        Index("passages_by_book", "book", "start"),
        Index("passages_by_richness", "richness", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    book: Mapped[str] = mapped_column(ForeignKey("books.sha256"))
    title: Mapped[str]
    chapter: Mapped[str]
    page_start: Mapped[int]
    page_end: Mapped[int]
    start: Mapped[int]
    stop: Mapped[int]
    text: Mapped[str]
    spots: Mapped[list[Any]]
    richness: Mapped[float | None]
    phenomena: Mapped[list[Any]]
    templates: Mapped[list[Any]]
    highlighted: Mapped[bool]


class PassageVectorRow(Base):
    """What an embedder made of a passage: a long book takes minutes, so it is done once."""

    __tablename__ = "passage_vectors"

    passage_id: Mapped[str] = mapped_column(ForeignKey("passages.id"), primary_key=True)
    embedder: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[bytes]


class AssignmentRow(Base):
    """`run_*` is what the run said; the plain columns what holds, people's decisions applied.

    `claimed_*`: the desk that looks at it while it waits, and how long nobody else does.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        Index("assignments_by_status", "status", "number"),
        Index("assignments_by_queue", "status", "queued"),
        Index("assignments_by_standing", "status", "template_id", "standing"),
        Index("assignments_by_passage", "passage_id", "status"),
        Index("assignments_by_example", "example_id", "status"),
        Index("assignments_by_kind", "status", "phenomenon", "template_id"),
        Index("assignments_by_run_example", "run_example"),
        Index("assignments_waiting", "queued", **_where("queued IS NOT NULL")),
        Index("assignments_claimed", "claimed_by", **_where("claimed_by IS NOT NULL")),
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    passage_id: Mapped[str] = mapped_column(ForeignKey("passages.id"))
    template_id: Mapped[str]
    template_version: Mapped[str]
    variant: Mapped[int]
    phenomenon: Mapped[str]
    attempts: Mapped[int]
    status: Mapped[Status] = mapped_column(Words)
    reason: Mapped[str]
    example_id: Mapped[str | None]
    queued: Mapped[int | None]
    standing: Mapped[float | None]
    run_status: Mapped[Status] = mapped_column(Words)
    run_reason: Mapped[str]
    run_example: Mapped[str | None]
    run_queued: Mapped[int | None]
    planned_at: Mapped[str]
    settled_at: Mapped[str | None]
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[str | None]


class CallRow(Base):
    """The ledger: one row a request, however often it was sent."""

    __tablename__ = "calls"
    __table_args__ = (Index("calls_by_assignment", "assignment_id"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    assignment_id: Mapped[str | None] = mapped_column(ForeignKey("assignments.id"))
    spec: Mapped[str]
    model: Mapped[str]
    request: Mapped[str]
    status: Mapped[str]
    attempts: Mapped[int]
    failures: Mapped[int]
    raw: Mapped[str | None] = mapped_column(Raw)
    stop_reason: Mapped[str]
    input_tokens: Mapped[int]
    output_tokens: Mapped[int]
    cached_tokens: Mapped[int]
    usd: Mapped[float | None]
    request_id: Mapped[str]
    error: Mapped[str]
    sent_at: Mapped[str]
    ended_at: Mapped[str | None]


class BatchRow(Base):
    """Calls handed in together. `since`: the newest batch at the provider before this one."""

    __tablename__ = "batches"
    __table_args__ = (Index("batches_open", "written_at", **_where("status = 'open'")),)

    mark: Mapped[str] = mapped_column(primary_key=True)
    spec: Mapped[str]
    remote: Mapped[str]
    since: Mapped[str]
    size: Mapped[int]
    done: Mapped[int]
    most_usd: Mapped[float]
    status: Mapped[str]
    written_at: Mapped[str]
    looked_at: Mapped[str]


class BatchItemRow(Base):
    """`outcome` is "" until the batch is read, then `answered` or `missing`."""

    __tablename__ = "batch_items"
    __table_args__ = (Index("batch_items_by_key", "key"),)

    batch: Mapped[str] = mapped_column(ForeignKey("batches.mark"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(ForeignKey("calls.key"))
    outcome: Mapped[str]


class ExampleRow(Base):
    __tablename__ = "examples"
    __table_args__ = (UniqueConstraint("assignment_id", "revision"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignments.id"))
    revision: Mapped[int]
    body: Mapped[str]
    raw_key: Mapped[str | None] = mapped_column(ForeignKey("calls.key"))
    origin: Mapped[Origin] = mapped_column(Words)
    rehearsal: Mapped[bool]
    opening: Mapped[str]
    at: Mapped[str]


class VerdictRow(Base):
    """Every verdict ever given; the last one of an example holds."""

    __tablename__ = "verdicts"
    __table_args__ = (Index("verdicts_by_example", "example_id", "number"),)

    number: Mapped[int] = mapped_column(primary_key=True)
    example_id: Mapped[str] = mapped_column(ForeignKey("examples.id"))
    body: Mapped[str]
    ruling: Mapped[str]
    score: Mapped[float | None]
    at: Mapped[str]


class FindingRow(Base):
    """The defects in an example's last verdict, so that examples can be found by them."""

    __tablename__ = "findings"
    __table_args__ = (Index("findings_by_example", "example_id"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    example_id: Mapped[str] = mapped_column(ForeignKey("examples.id"), primary_key=True)


class DecisionRow(Base):
    """Only ever added to: taking a decision back is a row that names it in `undoes`."""

    __tablename__ = "decisions"
    __table_args__ = (
        Index("decisions_by_assignment", "assignment_id", "number"),
        Index("decisions_by_who", "who", "number"),
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[str] = mapped_column(ForeignKey("assignments.id"))
    example_id: Mapped[str] = mapped_column(ForeignKey("examples.id"))
    answer: Mapped[Answer | Literal["undo"]] = mapped_column(Words)
    reason: Mapped[str]
    who: Mapped[str]
    edited_id: Mapped[str | None] = mapped_column(ForeignKey("examples.id"))
    nearest_id: Mapped[str | None]
    nearest_cosine: Mapped[float | None]
    queued: Mapped[int]
    undoes: Mapped[int | None] = mapped_column(ForeignKey("decisions.number"), unique=True)
    at: Mapped[str]
    blind: Mapped[bool] = mapped_column(default=False)


class EventRow(Base):
    __tablename__ = "events"
    __table_args__ = (
        Index("events_by_subject", "subject", "number"),
        Index("events_by_kind", "kind", "number"),
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    who: Mapped[str]
    detail: Mapped[dict[str, Any]]


class VectorRow(Base):
    """An example's embedding, float32, normalised: the truth that the FAISS index is a copy of."""

    __tablename__ = "vectors"

    number: Mapped[int] = mapped_column(primary_key=True)
    example_id: Mapped[str] = mapped_column(ForeignKey("examples.id"), unique=True)
    data: Mapped[bytes]


class AdmissionRow(Base):
    """Which examples came in and went out, in order: what an index reads to catch up."""

    __tablename__ = "admissions"

    number: Mapped[int] = mapped_column(primary_key=True)
    vector: Mapped[int] = mapped_column(ForeignKey("vectors.number"))
    present: Mapped[bool]
    at: Mapped[str]


class OpeningRow(Base):
    """How many accepted examples begin with the same words."""

    __tablename__ = "openings"
    __table_args__ = (Index("openings_by_count", "count", "opening"),)

    opening: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


class SpendingRow(Base):
    """One row: the ledger's running sums, so that a budget check costs nothing."""

    __tablename__ = "spending"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    calls: Mapped[int]
    answered: Mapped[int]
    failed: Mapped[int]
    input_tokens: Mapped[int]
    output_tokens: Mapped[int]
    cached_tokens: Mapped[int]
    usd: Mapped[float]
    unpriced: Mapped[int]


class MetaRow(Base):
    __tablename__ = "meta"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
