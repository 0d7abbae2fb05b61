"""What a database error means to the person, and what to do about it."""

from sqlalchemy.engine import ExceptionContext

from inscape.errors import ProjectError

# The words are SQLite's own (PostgreSQL's where they differ); the first that fits wins.
_MEANINGS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("is locked", "is busy"),
        "is held by another program",
        "Let the other one finish (or end it) and try again",
    ),
    (
        ("malformed", "not a database", "file is encrypted"),
        "is damaged",
        "Put a copy of the project directory back; `inscape doctor` says what can be repaired",
    ),
    (("readonly", "read-only"), "cannot be written", "Change its permissions"),
    (
        ("is full", "disk i/o error", "no space"),
        "could not be written: the disk is full or failing",
        "Make room and run the same command again; what was stored before is safe",
    ),
    (
        ("unable to open",),
        "cannot be opened",
        "See that its directory exists and can be written",
    ),
    (
        ("connection refused", "could not connect", "connection failed", "could not translate"),
        "does not answer",
        "Start the database server or mend the URL",
    ),
)


def translate(context: ExceptionContext, place: str) -> None:
    """For SQLAlchemy's `handle_error`: raises ProjectError for what a person can act on."""
    original = context.original_exception
    said = str(original).strip()
    lowered = said.lower()
    for signs, meaning, hint in _MEANINGS:
        if any(sign in lowered for sign in signs):
            raise ProjectError(f"The store {place!r} {meaning} ({said})", hint=hint) from original
