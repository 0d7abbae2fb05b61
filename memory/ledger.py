"""The call ledger: a request is written before it is sent, its answer before anyone reads it.

So the same request is never paid for twice, not after a crash either, and whoever mends the reading
of replies can read the old ones again for nothing.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, case, func, select, update

from inscape.errors import ProjectError
from memory.clock import now
from memory.database import Database
from memory.prepared import Prepared, each_dialect
from memory.records import Spent
from memory.tables import CallRow, SpendingRow

_C, _S = CallRow, SpendingRow


@dataclass(frozen=True)
class Recorded:
    """An answer as it came, `text` to the byte; tokens as billed, the cached ones within input."""

    text: str
    stop_reason: str = "end_turn"
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    usd: float | None = None
    model: str = ""
    request_id: str = ""


def request_json(request: Mapping[str, Any]) -> str:
    return json.dumps(request, sort_keys=True, separators=(",", ":"))


def request_key(spec: str, request: Mapping[str, Any]) -> str:
    """The same model asked the same thing has the same key; what tells two apart is `request`."""
    return hashlib.sha256(f"{spec}\n{request_json(request)}".encode()).hexdigest()


class Ledger(Database):
    def lookup(self, key: str) -> Recorded | None:
        """The answer, when there is one: no call is needed then."""
        with self._glancing() as connection:
            return _recorded(connection, key)

    def sent(
        self,
        key: str,
        *,
        spec: str,
        purpose: str,
        request: Mapping[str, Any],
        assignment_id: str | None = None,
    ) -> int:
        """Before every sending, repeats included; which attempt this is.

        A row that a dead process left in flight is simply taken up again.
        """
        row = _row(key, spec, purpose, request, assignment_id)
        with self._writing() as connection:
            attempt: int = _CALLED_AND_SENT.scalar(connection, **row)
            _spend(connection, calls=1)
        return attempt

    def answered(self, key: str, answer: Recorded) -> Recorded:
        """Before anything reads it. The answer that stands: the first, should two ever have come.

        The tokens of a second one are counted as well, for they were paid.
        """
        with self._writing() as connection:
            return write_answer(connection, key, answer)

    def failed(self, key: str, why: str) -> None:
        """No answer came, and `why`. An answer that another process got meanwhile stands."""
        with self._writing() as connection:
            write_failure(connection, key, why)

    def spent(self) -> Spent:
        """The whole project's sums, kept as they grow: cheap enough to ask before each call."""
        with self._glancing() as connection:
            return Spent(*_SPENT.rows(connection)[0])


def write_call(
    connection: Connection,
    key: str,
    spec: str,
    purpose: str,
    request: Mapping[str, Any],
    assignment_id: str | None,
) -> None:
    """In the caller's transaction, as are the next three: the call, not sent yet."""
    _CALLED.run(connection, **_row(key, spec, purpose, request, assignment_id))


def write_sent(connection: Connection, key: str) -> int:
    attempt: int = _SENT.scalar(connection, call=key, at=now())
    _spend(connection, calls=1)
    return attempt


def write_answer(connection: Connection, key: str, answer: Recorded) -> Recorded:
    tokens = {name: getattr(answer, name) for name in _TOKENS}
    status, usd = _hold(connection, key)
    first = status != "answered"
    if answer.usd is not None:
        usd = (usd or 0.0) + answer.usd
    row = {"call": key, "usd": usd, **tokens}
    if first:
        row |= {name: getattr(answer, name) for name in _TEXT}
        row |= {"raw": answer.text, "ended_at": now()}
    (_ANSWERED if first else _PAID).run(connection, **row)
    unpriced = int(first and answer.usd is None)
    paid = {"usd": answer.usd or 0.0, "unpriced": unpriced, **tokens}
    _spend(connection, answered=int(first), **paid)
    return answer if first else _recorded(connection, key) or answer


def write_failure(connection: Connection, key: str, why: str) -> None:
    if not _FAILED.run(connection, call=key, why=why, at=now()):
        raise _unsent(key)
    _spend(connection, failed=1)


def sums_of_calls() -> Select[Any]:
    """The columns of Spent summed from the calls themselves."""
    answered = case((_C.status == "answered", 1), else_=0)
    unpriced = case((_C.status == "answered", case((_C.usd.is_(None), 1), else_=0)), else_=0)
    sums = (
        *(_C.attempts, answered, _C.failures),
        *(_C.input_tokens, _C.output_tokens, _C.cached_tokens, _C.usd, unpriced),
    )
    return select(*(func.coalesce(func.sum(column), 0) for column in sums))


def _row(
    key: str, spec: str, purpose: str, request: Mapping[str, Any], assignment_id: str | None
) -> dict[str, Any]:
    row = {"key": key, "purpose": purpose, "assignment_id": assignment_id, "spec": spec}
    return row | {"request": request_json(request), "sent_at": now()}


def _recorded(connection: Connection, key: str) -> Recorded | None:
    row = _LOOKUP.row(connection, call=key)
    return None if row is None else Recorded(row[0] or "", *row[1:])


def _hold(connection: Connection, key: str) -> tuple[str, float | None]:
    """Status and cost so far of a call that nobody else changes before the transaction ends."""
    row = _HOLD.row(connection, call=key)
    if row is None:
        raise _unsent(key)
    return row[0], row[1]


def _spend(connection: Connection, **more: float) -> None:
    """After the call's own row: two that take the two in one order never wait for each other."""
    _SPEND.run(connection, **{f"more_{name}": more.get(name, 0) for name in _SUMS})


def _unsent(key: str) -> ProjectError:
    return ProjectError(f"Call {key[:12]!r} is not in the ledger", hint="Write it as sent first")


_TOKENS = ("input_tokens", "output_tokens", "cached_tokens")
_TEXT = ("stop_reason", "model", "request_id")
_SUMS = tuple(field.name for field in fields(Spent))
_CALL: BindParameter[str] = bindparam("call")
_AT: BindParameter[str] = bindparam("at")
_UPDATE = update(CallRow).where(_C.key == _CALL)

_LOOKUP = Prepared(
    select(
        *(_C.raw, _C.stop_reason, _C.input_tokens, _C.output_tokens, _C.cached_tokens),
        *(_C.usd, _C.model, _C.request_id),
    ).where(_C.key == _CALL, _C.status == "answered")
)
_HOLD = Prepared(select(_C.status, _C.usd).where(_C.key == _CALL).with_for_update())
_SPENT = Prepared(select(*(getattr(_S, name) for name in _SUMS)))
_SPEND = Prepared(
    update(SpendingRow).values(
        {name: getattr(_S, name) + bindparam(f"more_{name}") for name in _SUMS}
    )
)
_FRESH: Mapping[str, Any] = {
    **{"model": "", "status": "sent", "attempts": 0, "failures": 0, "stop_reason": ""},
    **{"input_tokens": 0, "output_tokens": 0, "cached_tokens": 0, "request_id": "", "error": ""},
}
_ASKED = ("key", "purpose", "assignment_id", "spec", "request", "sent_at")


def _fresh(insert: Any, **values: Any) -> Any:
    asked: dict[str, Any] = {name: bindparam(name) for name in _ASKED}
    return insert(CallRow).values({**asked, **_FRESH, **values})


def _called(insert: Any) -> Any:
    """A new row; the one there is stays."""
    return _fresh(insert).on_conflict_do_nothing()


def _called_and_sent(insert: Any) -> Any:
    fresh = _fresh(insert, attempts=1)
    again = {"sent_at": fresh.excluded.sent_at, **_SENT_AGAIN}
    return fresh.on_conflict_do_update(index_elements=["key"], set_=again).returning(_C.attempts)


_SENT_AGAIN: Mapping[str, Any] = {
    "attempts": _C.attempts + 1,
    "status": case((_C.status == "answered", _C.status), else_="sent"),
}
_CALLED = Prepared(each_dialect(_called))
_CALLED_AND_SENT = Prepared(each_dialect(_called_and_sent))
_SENT = Prepared(_UPDATE.values(sent_at=_AT, **_SENT_AGAIN).returning(_C.attempts))
_ADDED = _UPDATE.values(
    {name: getattr(_C, name) + bindparam(name) for name in _TOKENS} | {"usd": bindparam("usd")}
)
_PAID = Prepared(_ADDED)
_ANSWERED = Prepared(
    _ADDED.values(
        {name: bindparam(name) for name in ("raw", "ended_at", *_TEXT)}
        | {"status": "answered", "error": ""}
    )
)
_FAILED = Prepared(
    _UPDATE.values(
        failures=_C.failures + 1,
        status=case((_C.status == "answered", _C.status), else_="failed"),
        error=bindparam("why"),
        ended_at=_AT,
    )
)
