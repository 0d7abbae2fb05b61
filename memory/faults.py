"""What a database error means to the person, and what to do about it."""

from sqlalchemy import URL
from sqlalchemy.engine import ExceptionContext

from inscape.errors import ProjectError

# The words are SQLite's own and PostgreSQL's; the first that fits wins.
_MEANINGS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("password", "authentication failed", "pg_hba.conf", "does not exist", "permission denied"),
        "lets nobody in like that",
        "See to user and database in the URL; PGPASSWORD or ~/.pgpass holds the password",
    ),
    (
        ("is locked", "is busy", "lock timeout", "deadlock detected"),
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
        ("too many clients", "connection slots"),
        "has no connection left",
        "Close what is not needed, or raise max_connections on the server",
    ),
    (
        (
            *(
                "connection refused",
                "could not connect",
                "connection failed",
                "could not translate",
            ),
            *("failed to resolve", "timeout expired", "server closed the connection"),
            *("terminating connection", "connection is lost", "shutting down", "starting up"),
            *("consuming input failed", "sending query failed", "connection is closed"),
        ),
        "does not answer",
        "Start the database server or mend the URL, then run the same command again",
    ),
)


def place_of(url: URL) -> str:
    """What a person may be shown of where a store lives: never a password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    shown = URL.create(url.drivername, url.username, None, url.host, url.port, url.database)
    return shown.render_as_string()


def translate(context: ExceptionContext, place: str) -> None:
    """For SQLAlchemy's `handle_error`: raises ProjectError for what a person can act on."""
    found = in_words(context.original_exception, place)
    if found is not None:
        raise found from context.original_exception


def in_words(error: BaseException, place: str) -> ProjectError | None:
    """None for what a person can do nothing about."""
    said = str(error).strip()
    lowered = said.lower()
    for signs, meaning, hint in _MEANINGS:
        if any(sign in lowered for sign in signs):
            return ProjectError(f"The store {place!r} {meaning} ({said})", hint=hint)
    return None
