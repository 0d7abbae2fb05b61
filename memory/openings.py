"""How many accepted examples begin alike: a copy of what the drafts say, made anew by `recount`."""

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from dataset.example import Example
from dataset.opening import opening_of
from memory.tables import AssignmentRow, ExampleRow, OpeningRow

_A, _E = AssignmentRow, ExampleRow


def true_openings(connection: Connection) -> dict[str, int]:
    query = (
        select(_E.opening, func.count())
        .join(_A, _A.example_id == _E.id)
        .where(_A.status == "accepted")
        .group_by(_E.opening)
    )
    return {opening: number for opening, number in connection.execute(query)}


def recount(connection: Connection) -> None:
    """From the drafts themselves: first how each begins, then how many do so."""
    _reread(connection)
    rows = [{"opening": key, "count": n} for key, n in true_openings(connection).items()]
    connection.execute(delete(OpeningRow))
    if rows:
        connection.execute(insert(OpeningRow), rows)


def _reread(connection: Connection) -> None:
    rows = connection.execute(select(_E.id, _E.body, _E.opening))
    wrong = [
        {"key": key, "true": true}
        for key, body, opening in rows
        if (true := opening_of(Example.model_validate_json(body))) != opening
    ]
    if wrong:
        statement = update(_E).where(_E.id == bindparam("key")).values(opening=bindparam("true"))
        connection.execute(statement, wrong)
