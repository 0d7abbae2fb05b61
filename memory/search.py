"""What makes examples findable: the words of every draft, and the defects of every last verdict.

Both are copies of what the store says elsewhere, written beside it and made anew by `reindex`.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, column, delete, insert, select, table, text

from dataset.example import Example
from dataset.records import Verdict
from memory.database import insert_new
from memory.tables import AssignmentRow, ExampleRow, FindingRow, VerdictRow

# A draft's row number there: the assignment's number, and below it the draft's.
_DRAFTS = 1000
_WORDS = "example_words"
_INSERT = text(
    f"INSERT INTO {_WORDS} (rowid, words) SELECT number * {_DRAFTS} + :revision, :words"
    " FROM assignments WHERE id = :assignment"
)


def index_words(
    connection: Connection, assignment_id: str, revision: int, example: Example
) -> None:
    """Make a new draft findable by its words."""
    values = {"assignment": assignment_id, "revision": revision, "words": _words(example)}
    connection.execute(_INSERT, values)


def index_defects(connection: Connection, example_id: str, verdict: Verdict) -> None:
    """The defects of an example's last verdict take the place of those before."""
    connection.execute(delete(FindingRow).where(FindingRow.example_id == example_id))
    insert_new(connection, FindingRow, list(_findings(example_id, verdict)))


def matching(dialect: str, wanted: str) -> Select[Any]:
    """The numbers of the assignments of which some draft has these words, or begins of words."""
    rowid = column("rowid", BigInteger)
    number = (rowid / _DRAFTS) if dialect != "sqlite" else text(f"rowid / {_DRAFTS}")
    query: Select[Any] = select(number).select_from(table(_WORDS, rowid))
    if dialect == "sqlite":
        return query.where(text(f"{_WORDS} MATCH :wanted").bindparams(wanted=_phrase(wanted)))
    return query.where(column("words").icontains(wanted.strip(), autoescape=True))


def reindex(connection: Connection) -> None:
    """Make both anew from the drafts and verdicts."""
    sqlite = connection.dialect.name == "sqlite"
    emptied = f"INSERT INTO {_WORDS} ({_WORDS}) VALUES ('delete-all')"
    connection.execute(text(emptied if sqlite else f"DELETE FROM {_WORDS}"))
    connection.execute(delete(FindingRow))
    E, V = ExampleRow, VerdictRow
    drafts = select(E.assignment_id, E.revision, E.body).join(
        AssignmentRow, AssignmentRow.id == E.assignment_id
    )
    for assignment, revision, body in connection.execute(drafts).all():
        index_words(connection, assignment, revision, Example.model_validate_json(body))
    last: dict[str, str] = {}
    for example, body in connection.execute(select(V.example_id, V.body).order_by(V.number)):
        last[example] = body
    found = [
        row
        for example, body in last.items()
        for row in _findings(example, Verdict.model_validate_json(body))
    ]
    if found:
        connection.execute(insert(FindingRow), found)


def _words(example: Example) -> str:
    said = [part for turn in example.turns for part in (turn.thinking, turn.content) if part]
    return "\n".join([example.input, *said])


def _findings(example_id: str, verdict: Verdict) -> Iterable[dict[str, str]]:
    for code in dict.fromkeys(defect.code for defect in verdict.defects):
        yield {"code": code, "example_id": example_id}


def _phrase(wanted: str) -> str:
    """All of the words, each quoted so that none is an operator; the last may be a beginning."""
    words = ['"' + word.replace('"', '""') + '"' for word in wanted.split()]
    return " ".join(words) + "*"
