"""One run at a time on a project: a lock the system lets go of when the process dies."""

import contextlib
import fcntl
import time
from collections.abc import Iterator
from typing import BinaryIO

from inscape.errors import ProjectError
from inscape.project import Project


@contextlib.contextmanager
def hold(project: Project) -> Iterator[None]:
    """Hold the project while a run lasts, by a lock on its settings file: nothing is left behind.

    Reviewing, exporting and looking need no lock: the store serves any number of processes.
    """
    with project.settings_file.open("rb") as file:
        if not _locked(file, fcntl.LOCK_EX):
            raise ProjectError(
                f"Another run is working on the project {str(project.root)!r}",
                hint="Wait for it or stop it; inscape status shows how far it is",
            )
        yield


def is_held(project: Project) -> bool:
    """Whether a run is working on the project at this moment, from wherever it was started."""
    try:
        with project.settings_file.open("rb") as file:
            return not _locked(file, fcntl.LOCK_SH, tries=1)  # two who look are no run
    except FileNotFoundError:
        return False


def _locked(file: BinaryIO, kind: int, tries: int = 5) -> bool:
    """Tried a few times: somebody who only looks (`is_held`) holds the lock for an instant."""
    for _ in range(tries):
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False
