"""LangGraph's checkpoints of a project: beside the store, in a file or on the same server."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from inscape.errors import MissingExtra
from inscape.progress import Note, Progress
from inscape.project import Project
from memory.database import name_of, to_url
from memory.faults import in_words


@contextlib.asynccontextmanager
async def open_checkpoints(
    project: Project, progress: Progress
) -> AsyncIterator[BaseCheckpointSaver[str]]:
    """A damaged file loses nothing that counts (the store has it): the run goes on without it."""
    if to_url(project.store).get_backend_name() == "postgresql":
        async with _on_server(str(project.store)) as served:
            yield served
        return
    path = project.checkpoints
    if not _is_sound(path):
        aside = path.with_suffix(".damaged")
        path.replace(aside)
        for leftover in (f"{path}-wal", f"{path}-shm"):
            Path(leftover).unlink(missing_ok=True)
        progress(Note(f"{path.name} is damaged and was put aside as {aside.name}"))
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        yield saver


@contextlib.asynccontextmanager
async def _on_server(target: str) -> AsyncIterator[BaseCheckpointSaver[str]]:
    try:
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
        from psycopg import OperationalError
    except ImportError as error:
        raise MissingExtra(
            f"No checkpoints on a server: {error}",
            hint="In the directory you cloned: pip install -e '.[postgres]'",
        ) from error
    url = to_url(target).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        async with AsyncPostgresSaver.from_conn_string(url) as saver:
            await saver.setup()
            yield saver
    except OperationalError as error:
        raise in_words(error, name_of(target)) or error from error


def _is_sound(path: Path) -> bool:
    if not path.exists():
        return True
    try:
        with contextlib.closing(sqlite3.connect(path)) as database:
            return bool(database.execute("PRAGMA quick_check").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False
