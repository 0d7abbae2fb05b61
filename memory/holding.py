"""One run at a time on a store that a server keeps; for a file the project's own lock is enough."""

import getpass
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from inscape.errors import ProjectError
from memory.database import Database

_RUNNING = 0x496E7364  # any number, as long as every Inscape takes the same
_HOLD = text("SELECT pg_try_advisory_lock(:key)").bindparams(key=_RUNNING)
_NAME = text("SELECT set_config('application_name', :name, false)")
_HOLDER = text(
    "SELECT activity.application_name FROM pg_locks JOIN pg_stat_activity AS activity USING (pid)"
    " WHERE locktype = 'advisory' AND objid = :key AND granted"
    " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
).bindparams(key=_RUNNING)


class Holding(Database):
    @contextmanager
    def alone(self) -> Iterator[None]:
        """For as long as a run lasts, from wherever: the server lets go when the process dies."""
        if self._engine.dialect.name == "sqlite":
            yield
            return
        with self._glancer.connect() as connection:
            connection.execute(_NAME, {"name": f"{getpass.getuser()}@{socket.gethostname()}"[:63]})
            if not connection.scalar(_HOLD):
                raise ProjectError(
                    f"Another run is working on this store: that of {self.holder()}",
                    hint="Wait for it or stop it there; inscape status shows how far it is",
                )
            try:
                yield
            finally:
                connection.invalidate()  # closing the session is what lets go

    def holder(self) -> str:
        """Whose run is working on a server's store, as USER@HOST; "" for nobody's."""
        if self._engine.dialect.name == "sqlite":
            return ""
        with self._glancing() as connection:
            return connection.scalar(_HOLDER) or ""
