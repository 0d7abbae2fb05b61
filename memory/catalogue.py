"""Every example of a project to be searched, filtered and counted, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, Text, cast, func, literal_column, select

from dataset.example import Example
from dataset.records import Verdict
from memory.database import Database
from memory.drafts import last_verdict, to_example, to_verdict
from memory.records import SETTLED, RatedPassage, Status
from memory.search import matching
from memory.shelf import RATED_COLUMNS, to_rated
from memory.tables import AssignmentRow, ExampleRow, FindingRow, PassageRow

_A, _E, _F, _P = AssignmentRow, ExampleRow, FindingRow, PassageRow
_KEY_COLUMNS: tuple[Any, ...] = (_A.example_id, _A.status)


@dataclass(frozen=True)
class Filter:
    """What is empty is not asked. `verdict` is what the run came to, `status` what holds now."""

    text: str = ""
    status: str = ""
    verdict: str = ""
    defect: str = ""
    template: str = ""
    phenomenon: str = ""
    book: str = ""


class Entry(NamedTuple):
    """One line of the catalogue; without an example when the teacher's reply gave none."""

    assignment_id: str
    example_id: str | None
    example: Example | None
    verdict: Verdict | None
    status: Status
    reason: str
    template_id: str
    phenomenon: str
    rehearsal: bool
    passage_id: str


class Catalogue(Database):
    def entries(self, wanted: Filter, *, limit: int = 50, offset: int = 0) -> list[Entry]:
        """The settled assignments that `wanted` lets through, newest first."""
        numbers = self._chosen(select(_A.number), wanted)
        page = numbers.order_by(_A.number.desc()).limit(limit).offset(offset)
        with self._reading() as connection:
            found = list(connection.scalars(page))
            query = _entries().where(_A.number.in_(found)).order_by(_A.number.desc())
            return [_to_entry(row) for row in connection.execute(query)]

    def chosen(self, wanted: Filter, *, limit: int) -> list[tuple[str, Status]]:
        """Example ids with their status, oldest first: what a bulk action is for."""
        query = (
            self._chosen(select(*_KEY_COLUMNS), wanted)
            .where(_A.example_id.is_not(None))
            .order_by(_A.number)
            .limit(limit)
        )
        with self._reading() as connection:
            return [(key, status) for key, status in connection.execute(query)]

    def count(self, wanted: Filter) -> int:
        query = self._chosen(select(func.count()).select_from(_A), wanted)
        with self._reading() as connection:
            return connection.scalar(query) or 0

    def coverage(self) -> dict[tuple[str, str], dict[str, int]]:
        """For each (phenomenon, template), how many assignments stand how."""
        columns = (_A.phenomenon, _A.template_id, _A.status)
        query = select(*columns, func.count()).where(_A.status.in_(SETTLED)).group_by(*columns)
        found: dict[tuple[str, str], dict[str, int]] = {}
        with self._reading() as connection:
            for phenomenon, template, status, number in connection.execute(query):
                cell = found.setdefault((phenomenon, template), dict.fromkeys(SETTLED, 0))
                cell[status] = number
        return found

    def defects(self) -> dict[str, int]:
        """How many examples ever had which defect in their last verdict, commonest first."""
        number = func.count()
        query = select(_F.code, number).group_by(_F.code).order_by(number.desc(), _F.code)
        with self._reading() as connection:
            return {code: count for code, count in connection.execute(query)}

    def ranked_passages(
        self, *, book: str = "", phenomenon: str = "", limit: int = 25, offset: int = 0
    ) -> list[RatedPassage]:
        """Richest first."""
        query = _ranked(select(*RATED_COLUMNS), book, phenomenon)
        query = query.order_by(_P.richness.desc(), _P.id).limit(limit).offset(offset)
        with self._reading() as connection:
            return [to_rated(row) for row in connection.execute(query)]

    def count_passages(self, *, book: str = "", phenomenon: str = "") -> int:
        query = _ranked(select(func.count()).select_from(_P), book, phenomenon)
        with self._reading() as connection:
            return connection.scalar(query) or 0

    def asked_of(self, passages: Sequence[str]) -> dict[str, int]:
        """How many settled assignments rest on each passage."""
        query = select(_A.passage_id, func.count()).where(
            _A.passage_id.in_(list(passages)), _A.status.in_(SETTLED)
        )
        with self._reading() as connection:
            rows = connection.execute(query.group_by(_A.passage_id))
            return {passage: number for passage, number in rows}

    def _chosen(self, query: Select[Any], wanted: Filter) -> Select[Any]:
        statuses = [wanted.status] if wanted.status else list(SETTLED)
        query = query.where(_A.status.in_(statuses))
        plain = {
            _A.run_status: wanted.verdict,
            _A.template_id: wanted.template,
            _A.phenomenon: wanted.phenomenon,
        }
        for column, value in plain.items():
            if value:
                query = query.where(column == value)
        if wanted.book:
            query = query.where(_A.passage_id.in_(select(_P.id).where(_P.book == wanted.book)))
        if wanted.defect:
            flawed = select(_F.example_id).where(_F.code == wanted.defect)
            query = query.where(_A.run_example.in_(flawed))  # an edit has no verdict of its own
        if wanted.text.strip():
            query = query.where(_A.number.in_(matching(self._engine.dialect.name, wanted.text)))
        return query


def _ranked(query: Select[Any], book: str, phenomenon: str) -> Select[Any]:
    query = query.where(_P.richness.is_not(None))
    if book:
        query = query.where(_P.book == book)
    if phenomenon:
        named = cast(_P.phenomena, Text)
        query = query.where(named.contains(f'"{phenomenon}"', autoescape=True))
    return query


def _entries() -> Select[Any]:
    last_draft = (
        select(_E.id)
        .where(_E.assignment_id == _A.id)
        .order_by(_E.revision.desc())
        .limit(1)
        .correlate(_A)
        .scalar_subquery()
    )
    shown = func.coalesce(_A.example_id, last_draft)
    columns: tuple[Any, ...] = (
        *(_A.id, _E.id, _E.body, last_verdict(), _A.status, _A.reason, _A.template_id),
        *(_A.phenomenon, func.coalesce(_E.rehearsal, literal_column("FALSE")), _A.passage_id),
    )
    return select(*columns).select_from(_A).outerjoin(_E, _E.id == shown)


def _to_entry(row: Any) -> Entry:
    assignment, example_id, body, said, *rest = tuple(row)
    status, reason, template, phenomenon, rehearsal, passage = rest
    example = None if body is None else to_example(body)
    verdict = to_verdict(said)
    return Entry(
        *(assignment, example_id, example, verdict, status, reason),
        *(template, phenomenon, bool(rehearsal), passage),
    )
