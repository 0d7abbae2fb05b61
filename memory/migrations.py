"""The store's schema, step by step: a migration runs once, in order, and is never edited later."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select, text

from inscape.errors import ProjectError
from memory.clock import now
from memory.openings import recount
from memory.search import reindex


class Migration(NamedTuple):
    name: str
    apply: Callable[[Connection], None]


_FIRST = """
CREATE TABLE books (
  sha256 TEXT PRIMARY KEY, path TEXT NOT NULL, title TEXT NOT NULL, author TEXT NOT NULL,
  pages INTEGER NOT NULL, words INTEGER NOT NULL, detail JSON NOT NULL, added_at TEXT NOT NULL
);
CREATE TABLE passages (
  id TEXT PRIMARY KEY, book TEXT NOT NULL REFERENCES books(sha256), title TEXT NOT NULL,
  chapter TEXT NOT NULL, page_start INTEGER NOT NULL, page_end INTEGER NOT NULL,
  start INTEGER NOT NULL, stop INTEGER NOT NULL, text TEXT NOT NULL, spots JSON NOT NULL,
  richness {FLOAT}, phenomena JSON NOT NULL, templates JSON NOT NULL,
  highlighted BOOLEAN NOT NULL
);
CREATE INDEX passages_by_book ON passages (book, start);
CREATE TABLE passage_vectors (
  passage_id TEXT NOT NULL REFERENCES passages(id), embedder TEXT NOT NULL,
  data {BYTES} NOT NULL, PRIMARY KEY (passage_id, embedder)
);
CREATE TABLE assignments (
  number {SERIAL}, id TEXT NOT NULL UNIQUE, passage_id TEXT NOT NULL REFERENCES passages(id),
  template_id TEXT NOT NULL, template_version TEXT NOT NULL, variant INTEGER NOT NULL,
  phenomenon TEXT NOT NULL, attempts INTEGER NOT NULL, status TEXT NOT NULL,
  reason TEXT NOT NULL, example_id TEXT, queued {BIGINT}, standing {FLOAT},
  run_status TEXT NOT NULL, run_reason TEXT NOT NULL, run_example TEXT, run_queued {BIGINT},
  planned_at TEXT NOT NULL, settled_at TEXT,
  CHECK (status IN ('planned', 'withdrawn', 'accepted', 'escalated', 'rejected', 'failed')),
  CHECK (status NOT IN ('accepted', 'escalated') OR example_id IS NOT NULL),
  CHECK (status IN ('planned', 'withdrawn', 'accepted') OR reason <> '')
);
CREATE INDEX assignments_by_status ON assignments (status, number);
CREATE INDEX assignments_by_queue ON assignments (status, queued);
CREATE INDEX assignments_by_standing ON assignments (status, template_id, standing);
CREATE INDEX assignments_by_passage ON assignments (passage_id, status);
CREATE INDEX assignments_by_example ON assignments (example_id, status);
CREATE TABLE calls (
  key TEXT PRIMARY KEY, purpose TEXT NOT NULL, assignment_id TEXT REFERENCES assignments(id),
  spec TEXT NOT NULL, model TEXT NOT NULL, request TEXT NOT NULL, status TEXT NOT NULL,
  attempts INTEGER NOT NULL, failures INTEGER NOT NULL, raw {BYTES}, stop_reason TEXT NOT NULL,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
  cached_tokens INTEGER NOT NULL, usd {FLOAT}, request_id TEXT NOT NULL, error TEXT NOT NULL,
  sent_at TEXT NOT NULL, ended_at TEXT, CHECK (status IN ('sent', 'answered', 'failed')),
  CHECK (status <> 'answered' OR raw IS NOT NULL)
);
CREATE INDEX calls_by_assignment ON calls (assignment_id);
CREATE TABLE examples (
  id TEXT PRIMARY KEY, assignment_id TEXT NOT NULL REFERENCES assignments(id),
  revision INTEGER NOT NULL, body TEXT NOT NULL, raw_key TEXT REFERENCES calls(key),
  origin TEXT NOT NULL, rehearsal BOOLEAN NOT NULL, opening TEXT NOT NULL, at TEXT NOT NULL,
  UNIQUE (assignment_id, revision), CHECK (origin IN ('teacher', 'revision', 'person'))
);
CREATE TABLE verdicts (
  number {SERIAL}, example_id TEXT NOT NULL REFERENCES examples(id), body TEXT NOT NULL,
  ruling TEXT NOT NULL, score {FLOAT}, at TEXT NOT NULL
);
CREATE INDEX verdicts_by_example ON verdicts (example_id, number);
CREATE TABLE decisions (
  number {SERIAL}, assignment_id TEXT NOT NULL REFERENCES assignments(id),
  example_id TEXT NOT NULL REFERENCES examples(id), answer TEXT NOT NULL, reason TEXT NOT NULL,
  who TEXT NOT NULL, edited_id TEXT REFERENCES examples(id), nearest_id TEXT,
  nearest_cosine {FLOAT}, queued {BIGINT} NOT NULL,
  undoes {BIGINT} UNIQUE REFERENCES decisions(number), at TEXT NOT NULL,
  CHECK (answer IN ('accept', 'reject', 'edit', 'ignore', 'undo')),
  CHECK ((answer = 'undo') = (undoes IS NOT NULL)),
  CHECK ((answer = 'edit') = (edited_id IS NOT NULL))
);
CREATE INDEX decisions_by_assignment ON decisions (assignment_id, number);
CREATE TABLE events (
  number {SERIAL}, at TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
  who TEXT NOT NULL, detail JSON NOT NULL
);
CREATE INDEX events_by_subject ON events (subject, number);
CREATE INDEX events_by_kind ON events (kind, number);
CREATE TABLE vectors (
  number {SERIAL}, example_id TEXT NOT NULL UNIQUE REFERENCES examples(id),
  data {BYTES} NOT NULL
);
CREATE TABLE admissions (
  number {SERIAL}, vector {BIGINT} NOT NULL REFERENCES vectors(number),
  present BOOLEAN NOT NULL, at TEXT NOT NULL
);
CREATE TABLE openings (opening TEXT PRIMARY KEY, count INTEGER NOT NULL);
CREATE INDEX openings_by_count ON openings (count, opening);
CREATE TABLE spending (
  id INTEGER PRIMARY KEY, calls {BIGINT} NOT NULL, answered {BIGINT} NOT NULL,
  failed {BIGINT} NOT NULL, input_tokens {BIGINT} NOT NULL, output_tokens {BIGINT} NOT NULL,
  cached_tokens {BIGINT} NOT NULL, usd {FLOAT} NOT NULL, unpriced {BIGINT} NOT NULL
);
INSERT INTO spending VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO meta VALUES ('admission', '"lock"')
"""

_DESK = """
ALTER TABLE decisions ADD COLUMN blind BOOLEAN NOT NULL DEFAULT FALSE;
CREATE TABLE findings (
  code TEXT NOT NULL, example_id TEXT NOT NULL REFERENCES examples(id),
  PRIMARY KEY (code, example_id)
);
CREATE INDEX findings_by_example ON findings (example_id);
CREATE INDEX passages_by_richness ON passages (richness, id);
CREATE INDEX assignments_by_kind ON assignments (status, phenomenon, template_id);
CREATE INDEX assignments_by_run_example ON assignments (run_example);
CREATE INDEX decisions_by_who ON decisions (who, number)
"""
_WORD_TABLES = {
    "sqlite": "CREATE VIRTUAL TABLE example_words USING fts5(words, content='')",
    "postgresql": "CREATE TABLE example_words (rowid BIGINT PRIMARY KEY, words TSVECTOR NOT NULL);"
    "CREATE INDEX example_words_by_word ON example_words USING gin (words)",
}

_CLAIMS = """
ALTER TABLE assignments ADD COLUMN claimed_by TEXT;
ALTER TABLE assignments ADD COLUMN claimed_until TEXT;
CREATE INDEX assignments_waiting ON assignments (queued) WHERE queued IS NOT NULL;
CREATE INDEX assignments_claimed ON assignments (claimed_by) WHERE claimed_by IS NOT NULL
"""

_BATCHES = """
CREATE TABLE batches (
  mark TEXT PRIMARY KEY, spec TEXT NOT NULL, remote TEXT NOT NULL, since TEXT NOT NULL,
  size INTEGER NOT NULL, done INTEGER NOT NULL, most_usd {FLOAT} NOT NULL, status TEXT NOT NULL,
  written_at TEXT NOT NULL, looked_at TEXT NOT NULL, CHECK (status IN ('open', 'read'))
);
CREATE INDEX batches_open ON batches (written_at) WHERE status = 'open';
CREATE TABLE batch_items (
  batch TEXT NOT NULL REFERENCES batches(mark), number INTEGER NOT NULL,
  key TEXT NOT NULL REFERENCES calls(key), outcome TEXT NOT NULL, PRIMARY KEY (batch, number),
  CHECK (outcome IN ('', 'answered', 'missing'))
);
CREATE INDEX batch_items_by_key ON batch_items (key)
"""

# AUTOINCREMENT: a number, once given, never comes back; an index catches up by number.
_WORDS = {
    "sqlite": {
        "SERIAL": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "BIGINT": "INTEGER",
        "BYTES": "BLOB",
        "FLOAT": "FLOAT",
    },
    "postgresql": {
        "SERIAL": "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        "BIGINT": "BIGINT",
        "BYTES": "BYTEA",
        "FLOAT": "DOUBLE PRECISION",
    },
}


def _first(connection: Connection) -> None:
    words = _WORDS[connection.dialect.name]
    for statement in _FIRST.split(";\n"):
        connection.exec_driver_sql(statement.format_map(words))


def _desk(connection: Connection) -> None:
    """What the desk searches and counts by; filled from what is there already."""
    for statement in _DESK.split(";\n"):
        connection.exec_driver_sql(statement)
    for statement in _WORD_TABLES[connection.dialect.name].split(";"):
        connection.exec_driver_sql(statement)
    reindex(connection)


def _claims(connection: Connection) -> None:
    for statement in _CLAIMS.split(";\n"):
        connection.exec_driver_sql(statement)


def _batches(connection: Connection) -> None:
    words = _WORDS[connection.dialect.name]
    for statement in _BATCHES.split(";\n"):
        connection.exec_driver_sql(statement.format_map(words))


_MIGRATING = 0x496E7363  # any number, as long as every Inscape takes the same
MIGRATIONS: tuple[Migration, ...] = (
    Migration("0001-first", _first),
    Migration("0002-desk", _desk),
    Migration("0003-claims", _claims),
    Migration("0004-batches", _batches),
    Migration("0005-openings", recount),  # one ran on into the next part before
)


def migrate(connection: Connection, migrations: Sequence[Migration] = MIGRATIONS) -> list[str]:
    """Apply what is missing inside the caller's one transaction; the names of what was applied."""
    if connection.dialect.name == "postgresql":  # SQLite's writers are alone already
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
    connection.exec_driver_sql(
        "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL)"
    )
    known = set(applied(connection))
    unknown = known - {migration.name for migration in migrations}
    if unknown:
        raise ProjectError(
            f"The store was made by a newer Inscape (it has {', '.join(sorted(unknown))})",
            hint="Upgrade Inscape, or use another project with --project DIR",
        )
    missing = [migration for migration in migrations if migration.name not in known]
    for migration in missing:
        migration.apply(connection)
        connection.execute(
            text("INSERT INTO migrations (name, applied_at) VALUES (:name, :at)"),
            {"name": migration.name, "at": now()},
        )
    return [migration.name for migration in missing]


def applied(connection: Connection) -> list[str]:
    return list(connection.scalars(text("SELECT name FROM migrations ORDER BY name")))
