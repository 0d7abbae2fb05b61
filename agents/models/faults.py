"""A server's error in words: what it said, when to come back, and nothing of the key."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import httpx2

PASSING = frozenset({408, 409, 425, 429})
_UNPAID = re.compile(
    r"insufficient_quota|billing|credit balance|exceeded your current quota", re.IGNORECASE
)
_KEY = re.compile(r"\b(sk|pk|key)-[\w*-]{8,}")
_LONGEST = 300


class Refused(NamedTuple):
    """A server's answer that is an error: status, its own words, when to come back."""

    status: int
    words: str
    retry_after: float | None = None

    @property
    def unpaid(self) -> bool:
        """Some servers say 400 or 429 where the account is empty: waiting does not help."""
        return self.status == 402 or _UNPAID.search(self.words) is not None

    @property
    def passing(self) -> bool:
        return not self.unpaid and (self.status in PASSING or self.status >= 500)


def read_refused(error: Any, secrets: Iterable[str]) -> Refused:
    """What the status error of either SDK says, in one line without a key in it."""
    response: httpx2.Response = error.response
    body = error.body
    words = words_of(body) if isinstance(body, Mapping) else str(body or "")
    return Refused(error.status_code, scrub(words, secrets), retry_after(response.headers))


def words_of(body: Mapping[str, Any]) -> str:
    """The message of an error body: `{"error": {"message"}}`, `{"message"}`, `{"detail"}` …"""
    inner = body.get("error") or body
    if not isinstance(inner, Mapping):
        return str(inner)
    message = inner.get("message") or inner.get("detail") or inner.get("msg") or ""
    marks = [str(inner[key]) for key in ("param", "code", "type") if inner.get(key)]
    return f"{message} ({', '.join(marks)})".strip() if marks else str(message)


def scrub(text: str, secrets: Iterable[str]) -> str:
    """One short line; a server may quote the key that it was sent."""
    for secret in secrets:
        text = text.replace(secret, "***")
    text = _KEY.sub("***", " ".join(text.split()))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `retry-after` (a number or a date)."""
    millis = _number(headers.get("retry-after-ms"))
    if millis is not None:
        return millis / 1000
    wish = headers.get("retry-after", "")
    seconds = _number(wish)
    return seconds if seconds is not None else _seconds_until(wish)


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"\d+(\.\d+)?", text.strip()) else None


def _seconds_until(date: str) -> float | None:
    try:
        then = parsedate_to_datetime(date)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - datetime.now(UTC)).total_seconds())
