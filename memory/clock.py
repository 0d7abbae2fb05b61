"""The time as the store writes it."""

from datetime import UTC, datetime


def now() -> str:
    """UTC to the microsecond, ISO 8601: sorts as text, reads as a date."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
