"""What every command stands on: the project, its settings and store, and the two output streams."""

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from inscape.project import Project
from inscape.settings import find_project

if TYPE_CHECKING:
    from rich.console import Console

    from inscape.settings import Settings
    from memory.store import Store
    from prompts.library import Library


class Here:
    """One per command line; everything is opened when first asked for, so that help stays quick."""

    def __init__(self) -> None:
        self.directory: Path | None = None
        self.debug = False
        self.typed: tuple[str, ...] = ()

    @cached_property
    def project(self) -> Project:
        return find_project(self.directory)

    def settings(self, overrides: Mapping[str, Any] | None = None) -> "Settings":
        from inscape import settings

        return settings.load(self.project, overrides)

    @cached_property
    def library(self) -> "Library":
        from prompts.library import Library

        return Library.load(self.project.prompts if self.project.prompts.is_dir() else None)

    @cached_property
    def store(self) -> "Store":
        """The store of a project that exists; commands that only look never make one."""
        from memory.store import Store

        self.project.require()
        return Store.of(self.project)

    def close(self) -> None:
        if "store" in self.__dict__:
            self.store.close()

    @cached_property
    def out(self) -> "Console":
        return _console(stderr=False)

    @cached_property
    def err(self) -> "Console":
        return _console(stderr=True)

    def say(self, text: str, style: str = "") -> None:
        """A message for a person: stderr, so that stdout stays what was asked for."""
        self.err.print(text, style=style, markup=False, soft_wrap=not self.err.is_terminal)

    def tell(self, text: str, style: str = "") -> None:
        """A line of the answer, on stdout; wrapped only where a person looks at it."""
        self.out.print(text, style=style, markup=False, soft_wrap=not self.out.is_terminal)

    def emit(self, data: Mapping[str, Any]) -> None:
        """One JSON object on one line of stdout."""
        typer.echo(json.dumps(data, ensure_ascii=False))


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)
