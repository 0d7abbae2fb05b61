"""The store: one object whose verbs are the memory's whole public face."""

import json
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine, select

from inscape.errors import ProjectError
from inscape.project import Project
from memory.admission import Admissions
from memory.batches import Batches
from memory.catalogue import Catalogue
from memory.check import Health
from memory.claims import Claims
from memory.counts import Tallies
from memory.database import PATIENCE, Database, open_engine, upsert
from memory.decisions import Decisions
from memory.drafts import Drafts
from memory.events import Events
from memory.harvest import Harvest
from memory.hindsight import Hindsight
from memory.holding import Holding
from memory.index import FLAT_UP_TO, AcceptedIndex
from memory.insight import Insight
from memory.ledger import Ledger
from memory.migrations import migrate
from memory.moving import Moving
from memory.queue import Queue
from memory.shelf import Shelf
from memory.story import Story
from memory.tables import MetaRow
from memory.work import Work


class Store(
    Shelf,
    Work,
    Drafts,
    Admissions,
    Queue,
    Claims,
    Decisions,
    Tallies,
    Catalogue,
    Insight,
    Harvest,
    Hindsight,
    Story,
    Events,
    Health,
    Holding,
    Moving,
):
    """Every verb is one short transaction: call it inline, from any thread or process."""

    def __init__(self, engine: Engine, vectors: Path | None, flat_up_to: int = FLAT_UP_TO) -> None:
        super().__init__(engine)
        self._index = AcceptedIndex(vectors, flat_up_to)
        self.ledger = Ledger(engine)
        self.batches = Batches(engine)

    @classmethod
    def open(
        cls,
        target: Path | str,
        *,
        vectors: Path | None = None,
        patience: float = PATIENCE,
        flat_up_to: int = FLAT_UP_TO,
    ) -> Self:
        """A file (made when absent) or a database URL; brought to the newest schema.

        The index lies in `vectors`, by default the directory of that name beside the file.
        `patience` is how many seconds to wait while another process writes; `flat_up_to` how many
        accepted examples are compared one by one (see `index`).
        """
        engine = open_engine(target, patience)
        try:
            _prepare(engine, patience)
        except BaseException:
            engine.dispose()
            raise
        if vectors is None and isinstance(target, Path):
            vectors = target.parent / "vectors"
        return cls(engine, vectors, flat_up_to)

    @classmethod
    def of(cls, project: Project) -> Self:
        """A project's, wherever its settings say that it lives."""
        return cls.open(project.store, vectors=project.vectors)

    def close(self) -> None:
        """Write the index down and let go of the database; the store can be left without it too."""
        with self._reading() as connection:
            self._index.save(connection)
        for part in (self, self.ledger, self.batches):
            part.let_go()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def remember(self, key: str, value: Any) -> None:
        """Any JSON value under a name, such as the fingerprint of a run."""
        with self._writing() as connection:
            upsert(connection, MetaRow, "key", {"key": f"user.{key}", "value": json.dumps(value)})

    def recall(self, key: str, default: Any = None) -> Any:
        query = select(MetaRow.value).where(MetaRow.key == f"user.{key}")
        with self._reading() as connection:
            value = connection.scalar(query)
        return default if value is None else json.loads(value)


def _prepare(engine: Engine, patience: float) -> None:
    if engine.dialect.name == "sqlite":
        _use_wal(engine, patience)
    with Database(engine)._writing() as connection:
        migrate(connection)


def _use_wal(engine: Engine, patience: float) -> None:
    """The mode stays in the file. SQLite itself does not wait when two processes switch at once."""
    deadline = time.monotonic() + patience
    with engine.connect().execution_options(begin="") as connection:
        while True:
            try:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                return
            except ProjectError as error:
                if "held by another" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
