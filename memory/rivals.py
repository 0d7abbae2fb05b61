"""What was turned down in favour of an accepted example: by an edit, a revision or a ruling."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from dataset.row import Refused
from memory.drafts import last_verdict, to_example, to_verdict
from memory.records import Accepted
from memory.standing import REFUSED
from memory.tables import AssignmentRow, DecisionRow, ExampleRow

_A, _E = AssignmentRow, ExampleRow
_NO_QUALITY = ("near-duplicate", "passage-cap", "already-settled")
"""Reasons for a rejection that say nothing about how good the example was."""


def refused(connection: Connection, accepted: Sequence[Accepted]) -> dict[str, list[Refused]]:
    """By the accepted example's id; earlier drafts of its own first, then rivals."""
    if not accepted:
        return {}
    by_assignment = {row.id.rpartition(".")[0]: row for row in accepted}
    found = _drafts(connection, by_assignment)
    for row, rival in _rivals(connection, accepted):
        found.setdefault(row.id, []).append(rival)
    return found


def _drafts(connection: Connection, rows: dict[str, Accepted]) -> dict[str, list[Refused]]:
    """What the person edited, and what the critic did not let pass before that."""
    edited = _edited(connection, rows)
    columns: tuple[Any, ...] = (_E.id, _E.assignment_id, _E.revision, _E.body, last_verdict())
    query = (
        select(*columns)
        .where(_E.assignment_id.in_(list(rows)), _E.origin != "person")
        .order_by(_E.assignment_id, _E.revision)
    )
    found: dict[str, list[Refused]] = {}
    for key, assignment, revision, body, said in connection.execute(query):
        chosen = rows[assignment]
        if key == edited.get(chosen.id):
            rival = Refused(key, to_example(body), "edit", "person")
        elif revision < int(chosen.id.rpartition(".")[2]) and _turned_down(said):
            rival = Refused(key, to_example(body), "revision", "critic")
        else:
            continue
        found.setdefault(chosen.id, []).append(rival)
    return found


def _turned_down(said: str | None) -> bool:
    verdict = to_verdict(said)
    return verdict is not None and verdict.ruling in ("revise", "reject")


def _edited(connection: Connection, rows: dict[str, Accepted]) -> dict[str, str]:
    """By the id of an edited example, what it was made from."""
    D = DecisionRow
    query = select(D.edited_id, D.example_id).where(
        D.edited_id.in_([row.id for row in rows.values()])
    )
    rows_found = connection.execute(query.order_by(D.number))
    return {edited: before for edited, before in rows_found if edited is not None}


def _rivals(connection: Connection, accepted: Sequence[Accepted]) -> list[tuple[Accepted, Refused]]:
    """Rejected examples of the same passage and template."""
    passages = list({row.passage.id for row in accepted})
    query = (
        select(_A.passage_id, _A.template_id, _A.reason, _E.id, _E.body)
        .join(_E, _E.id == _A.example_id)
        .where(_A.status == "rejected", _A.passage_id.in_(passages))
        .where(_A.reason.not_in(_NO_QUALITY))
        .order_by(_A.number)
    )
    rivals: dict[tuple[str, str], list[Refused]] = {}
    for passage, template, reason, key, body in connection.execute(query):
        person = reason == REFUSED
        rival = Refused(key, to_example(body), "ruling", "person" if person else "critic")
        rivals.setdefault((passage, template), []).append(rival)
    return [
        (row, rival)
        for row in accepted
        for rival in rivals.get((row.passage.id, row.template_id), ())
    ]
