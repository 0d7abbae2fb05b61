"""What every page of the desk stands on."""

import threading
from functools import cached_property

from fastapi import Request

from desk.bench import StoreBench
from desk.web.pictures import Pictures
from desk.web.running import Runner
from inscape.project import Project
from inscape.settings import Settings, load
from memory.store import Store
from prompts.library import Library

PAGES = (
    ("/", "Overview"),
    ("/review", "Review"),
    ("/examples", "Examples"),
    ("/passages", "Passages"),
    ("/templates", "Templates"),
    ("/adapters", "Adapters"),
)


class Desk:
    """One project, and the person who sits at it."""

    def __init__(self, project: Project, store: Store, by: str = "person") -> None:
        self.project, self.store, self.by = project, store, by
        self.bench = StoreBench(store, self.settings.embedder)
        self.pictures = Pictures(store)
        self.runner = Runner(project, store)
        self.writing = threading.Lock()  # one template is saved at a time
        self.closing = False  # what would never end by itself ends now

    @property
    def settings(self) -> Settings:
        return load(self.project)

    @cached_property
    def library(self) -> Library:
        """As the files stand; `forget_library` when one was written."""
        return Library.load(self.project.prompts if self.project.prompts.is_dir() else None)

    def forget_library(self) -> None:
        self.__dict__.pop("library", None)

    def nav(self) -> list[tuple[str, str, int | None]]:
        """Address, name, and how many wait there."""
        waiting = self.store.counts().escalated
        return [(path, name, waiting if path == "/review" else None) for path, name in PAGES]


def desk_of(request: Request) -> Desk:
    """The desk that `make_app` was given."""
    found: Desk = request.app.state.desk
    return found
