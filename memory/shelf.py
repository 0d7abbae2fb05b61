"""Books and their passages, with the scout's ratings and their vectors."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, Select, bindparam, delete, select, update

from corpus.passage import Passage, Spot
from inscape.errors import ProjectError
from memory.clock import now
from memory.database import Database, insert_new, upsert
from memory.events import record
from memory.prepared import Prepared
from memory.records import BookRecord, RatedPassage
from memory.tables import AssignmentRow, BookRow, PassageRow, PassageVectorRow

Vector = NDArray[np.float32]
Ratings = Mapping[str, tuple[float | None, Sequence[str], Sequence[str]]]

_P = PassageRow
PASSAGE_COLUMNS = (
    _P.id,
    _P.book,
    _P.title,
    _P.chapter,
    _P.page_start,
    _P.page_end,
    _P.start,
    _P.stop,
    _P.text,
    _P.spots,
)
RATED_COLUMNS = (*PASSAGE_COLUMNS, _P.richness, _P.phenomena, _P.templates, _P.highlighted)
_PASSAGE = Prepared(select(*PASSAGE_COLUMNS).where(_P.id == bindparam("key")))
_PASSAGE_FIELDS = tuple(field.name for field in fields(Passage))
_CHUNK = 500  # ids in one IN (…): under every database's limit


def to_passage(row: Sequence[Any]) -> Passage:
    """From the values of PASSAGE_COLUMNS."""
    values = dict(zip(_PASSAGE_FIELDS, row, strict=True))
    spots = tuple(Spot(page, tuple(rect)) for page, rect in values.pop("spots"))
    return Passage(**values, spots=spots)


def chunks(ids: Collection[str]) -> list[list[str]]:
    every = list(ids)
    return [every[start : start + _CHUNK] for start in range(0, len(every), _CHUNK)]


class Shelf(Database):
    def add_book(
        self,
        book: BookRecord,
        passages: Sequence[Passage] = (),
        *,
        highlighted: bool = False,
        ratings: Ratings | None = None,
        embedder: str = "",
        vectors: Mapping[str, Vector] | None = None,
    ) -> None:
        """A book and all that reading it gave, in one transaction: never one without the other.

        A book known already keeps its place. Where new `passages` come with it, old ones that
        nothing was asked of make way; the others stay, with their ratings. `highlighted` marks
        what a person chose.
        """
        row = {**asdict(book), "detail": dict(book.detail)}
        with self._writing() as connection:
            known = connection.scalar(select(BookRow.added_at).where(BookRow.sha256 == book.sha256))
            upsert(connection, BookRow, "sha256", {**row, "added_at": known or now()})
            if known is None:
                record(connection, "book", book.sha256, "run", {"title": book.title})
            if passages:
                _clear(connection, book.sha256, {passage.id for passage in passages})
                _add_passages(connection, passages, highlighted)
            _rate(connection, ratings or {})
            _keep_vectors(connection, embedder, vectors or {})

    def books(self) -> list[BookRecord]:
        """In the order they came."""
        B = BookRow
        query = select(B.sha256, B.path, B.title, B.author, B.pages, B.words, B.detail)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(B.added_at, B.sha256)).all()
        return [BookRecord(*row) for row in rows]

    def add_passages(self, passages: Sequence[Passage]) -> None:
        """A passage known already keeps its rating."""
        with self._writing() as connection:
            _add_passages(connection, passages, highlighted=False)

    def set_ratings(self, ratings: Ratings) -> None:
        """By passage id: richness, phenomena, templates (best first)."""
        with self._writing() as connection:
            _rate(connection, ratings)

    def passages(self, books: Collection[str] | None = None) -> list[RatedPassage]:
        """Of the books named by their SHA-256 (all when None), in reading order."""
        query = _rated().order_by(_P.book, _P.start, _P.id)
        if books is not None:
            query = query.where(_P.book.in_(list(books)))
        with self._reading() as connection:
            return [to_rated(row) for row in connection.execute(query)]

    def rated_passage(self, passage_id: str) -> RatedPassage:
        with self._reading() as connection:
            row = connection.execute(_rated().where(_P.id == passage_id)).one_or_none()
        if row is None:
            raise unknown("passage", passage_id)
        return to_rated(row)

    def passage(self, passage_id: str) -> Passage:
        with self._glancing() as connection:
            row = _PASSAGE.row(connection, key=passage_id)
        if row is None:
            raise unknown("passage", passage_id)
        return to_passage(row)

    def passage_vectors(self, embedder: str, ids: Collection[str]) -> dict[str, Vector]:
        """Those there are; the caller embeds the rest."""
        V = PassageVectorRow
        query = select(V.passage_id, V.data).where(V.embedder == embedder)
        found: dict[str, Vector] = {}
        with self._reading() as connection:
            for some in chunks(ids):
                for key, data in connection.execute(query.where(V.passage_id.in_(some))):
                    found[key] = from_bytes(data)
        return found


def to_bytes(vector: Vector) -> bytes:
    return np.ascontiguousarray(vector, dtype="<f4").tobytes()


def from_bytes(data: bytes) -> Vector:
    return np.frombuffer(data, dtype="<f4")


def unit(vector: Vector, of: str = "") -> Vector:
    """Float32 of length one, whatever the embedder made of it; `of` names its example."""
    vector = np.asarray(vector, dtype=np.float32).reshape(-1)
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length == 0.0:
        whose = f" of example {of!r}" if of else ""
        raise ProjectError(f"The vector{whose} has no direction", hint="Is the text empty?")
    return vector / np.float32(length)


def unknown(what: str, name: str) -> ProjectError:
    return ProjectError(
        f"There is no {what} {name!r} in this project",
        hint="`inscape review --list` and `inscape status` show what there is",
    )


def _add_passages(connection: Connection, passages: Sequence[Passage], highlighted: bool) -> None:
    insert_new(connection, PassageRow, [_passage_row(passage, highlighted) for passage in passages])
    if highlighted:
        for ids in chunks([passage.id for passage in passages]):
            mark = update(PassageRow).where(PassageRow.id.in_(ids))
            connection.execute(mark.values(highlighted=True))


def _clear(connection: Connection, book: str, keep: Collection[str]) -> None:
    """Remove passages of an earlier reading that no assignment rests on."""
    asked = select(AssignmentRow.id).where(AssignmentRow.passage_id == _P.id).exists()
    old = set(connection.scalars(select(_P.id).where(_P.book == book, ~asked)))
    for ids in chunks(old.difference(keep)):
        vectors = delete(PassageVectorRow).where(PassageVectorRow.passage_id.in_(ids))
        connection.execute(vectors)
        connection.execute(delete(PassageRow).where(_P.id.in_(ids)))


def _rate(connection: Connection, ratings: Ratings) -> None:
    rows = [
        {"key": key, "r": richness, "p": list(phenomena), "t": list(templates)}
        for key, (richness, phenomena, templates) in ratings.items()
    ]
    statement = (
        update(PassageRow)
        .where(PassageRow.id == bindparam("key"))
        .values(richness=bindparam("r"), phenomena=bindparam("p"), templates=bindparam("t"))
    )
    if rows:
        connection.execute(statement, rows)


def _keep_vectors(connection: Connection, embedder: str, vectors: Mapping[str, Vector]) -> None:
    rows = [
        {"passage_id": key, "embedder": embedder, "data": to_bytes(vector)}
        for key, vector in vectors.items()
    ]
    insert_new(connection, PassageVectorRow, rows)


def _passage_row(passage: Passage, highlighted: bool) -> dict[str, Any]:
    values = {column.key: getattr(passage, column.key, None) for column in PASSAGE_COLUMNS}
    return {
        **values,
        "stop": passage.end,
        "spots": [[spot.page, list(spot.rect)] for spot in passage.spots],
        "phenomena": [],
        "templates": [],
        "highlighted": highlighted,
    }


def _rated() -> Select[Any]:
    return select(*RATED_COLUMNS)


def to_rated(row: Row[Any]) -> RatedPassage:
    *passage, richness, phenomena, templates, highlighted = tuple(row)
    return RatedPassage(
        to_passage(passage), richness, tuple(phenomena), tuple(templates), highlighted
    )
