"""One run at a time on a project: a lock the system lets go of when the process dies."""

import contextlib
import fcntl
from collections.abc import Iterator

from inscape.errors import ProjectError
from inscape.project import Project


@contextlib.contextmanager
def hold(project: Project) -> Iterator[None]:
    """Hold the project while a run lasts, by a lock on its settings file: nothing is left behind.

    Reviewing, exporting and looking need no lock: the store serves any number of processes.
    """
    with project.settings_file.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ProjectError(
                f"Another run is working on the project {str(project.root)!r}",
                hint="Wait for it or stop it; inscape status shows how far it is",
            ) from None
        yield
