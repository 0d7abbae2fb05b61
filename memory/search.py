"""What makes examples findable: the words of every draft, and the defects of every last verdict.

Both are copies of what the store says elsewhere, written beside it and made anew by `reindex`.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    bindparam,
    column,
    delete,
    insert,
    select,
    table,
    text,
)

from dataset.example import Example
from dataset.records import Verdict
from memory.database import insert_new
from memory.prepared import Prepared
from memory.tables import AssignmentRow, ExampleRow, FindingRow, VerdictRow

# A draft's row number there: the assignment's number, and below it the draft's.
_DRAFTS = 1000
_WORDS = "example_words"
_VALUES = {"sqlite": ":words", "postgresql": "array_to_tsvector(:words)"}
_INSERT = Prepared(
    {
        dialect: text(
            f"INSERT INTO {_WORDS} (rowid, words) SELECT number * {_DRAFTS} + :revision, {value}"
            " FROM assignments WHERE id = :assignment"
        )
        for dialect, value in _VALUES.items()
    }
)
_FORGET = Prepared(delete(FindingRow).where(FindingRow.example_id == bindparam("key")))
_MATCH = {
    "sqlite": f"{_WORDS} MATCH :wanted",
    "postgresql": "words @@ CAST(:wanted AS tsquery)",
}
_EMPTY = {
    "sqlite": f"INSERT INTO {_WORDS} ({_WORDS}) VALUES ('delete-all')",
    "postgresql": f"DELETE FROM {_WORDS}",
}
_WORD = re.compile(r"[^\W_]+")
_LONGEST, _MOST = 48, 10_000  # what a tsvector holds: a megabyte


def index_words(
    connection: Connection, assignment_id: str, revision: int, example: Example
) -> None:
    """Make a new draft findable by its words."""
    dialect, said = connection.dialect.name, _words(example)
    words = said if dialect == "sqlite" else list(dict.fromkeys(_folded(said)))[:_MOST]
    values = {"assignment": assignment_id, "revision": revision, "words": words}
    _INSERT.run(connection, **values)


def index_defects(connection: Connection, example_id: str, verdict: Verdict) -> None:
    """The defects of an example's last verdict take the place of those before."""
    _FORGET.run(connection, key=example_id)
    insert_new(connection, FindingRow, list(_findings(example_id, verdict)))


def matching(dialect: str, wanted: str) -> Select[Any]:
    """The numbers of the assignments of which some draft has these words, or begins of words."""
    rowid = column("rowid", BigInteger)
    query: Select[Any] = select(rowid // _DRAFTS).select_from(table(_WORDS, rowid))
    phrase = _phrase(wanted) if dialect == "sqlite" else _lexemes(wanted)
    return query.where(text(_MATCH[dialect]).bindparams(wanted=phrase))


def reindex(connection: Connection) -> None:
    """Make both anew from the drafts and verdicts."""
    connection.execute(text(_EMPTY[connection.dialect.name]))
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


def _folded(said: str) -> list[str]:
    """Words as SQLite's tokenizer takes them: letters and digits, no case, no accents."""
    plain = unicodedata.normalize("NFKD", said.casefold())
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return [word[:_LONGEST] for word in _WORD.findall(bare)]


def _lexemes(wanted: str) -> str:
    """All of the words, of which the last may be a beginning; none can be an operator."""
    quoted = [f"'{word}'" for word in _folded(wanted)]
    return " & ".join(quoted) + ":*" if quoted else ""


def _phrase(wanted: str) -> str:
    """All of the words, each quoted so that none is an operator; the last may be a beginning."""
    words = ['"' + word.replace('"', '""') + '"' for word in wanted.split()]
    return " ".join(words) + "*"
