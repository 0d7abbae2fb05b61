"""LangGraph's checkpoints of a project: opened, and put aside when the file is damaged."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from inscape.progress import Note, Progress


@contextlib.asynccontextmanager
async def open_checkpoints(path: Path, progress: Progress) -> AsyncIterator[AsyncSqliteSaver]:
    """A damaged file loses nothing that counts (the store has it): the run goes on without it."""
    if not _is_sound(path):
        aside = path.with_suffix(".damaged")
        path.replace(aside)
        for leftover in (f"{path}-wal", f"{path}-shm"):
            Path(leftover).unlink(missing_ok=True)
        progress(Note(f"{path.name} is damaged and was put aside as {aside.name}"))
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        yield saver


def _is_sound(path: Path) -> bool:
    if not path.exists():
        return True
    try:
        with contextlib.closing(sqlite3.connect(path)) as database:
            return bool(database.execute("PRAGMA quick_check").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False
