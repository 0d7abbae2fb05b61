"""The project directory: what lies where, made when first needed."""

import os
from dataclasses import dataclass
from pathlib import Path

from inscape.errors import ProjectError


@dataclass(frozen=True)
class Project:
    """`named` is where the settings say that the store lives: a URL or a file; "": as usual."""

    root: Path
    named: str = ""

    @property
    def settings_file(self) -> Path:
        return self.root / "inscape.toml"

    @property
    def store(self) -> Path | str:
        """A file, or a database URL."""
        return self.named if "://" in self.named else self.root / (self.named or "memory.db")

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints.db"

    @property
    def vectors(self) -> Path:
        return self.root / "vectors"

    @property
    def exports(self) -> Path:
        return self.root / "exports"

    @property
    def adapters(self) -> Path:
        return self.root / "adapters"

    @property
    def prompts(self) -> Path:
        return self.root / "prompts"

    @property
    def exists(self) -> bool:
        """A store on a server is there for everyone who knows its URL."""
        return isinstance(self.store, str) or self.store.exists()

    def create(self) -> None:
        """Make the directory and see that it can be written; an existing one is left as it is."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ProjectError(
                f"Cannot make the project directory {str(self.root)!r}: {error.strerror or error}",
                hint="Choose another place with --project DIR",
            ) from error
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise ProjectError(
                f"The project directory {str(self.root)!r} cannot be written",
                hint="Change its permissions or choose another with --project DIR",
            )

    def require(self) -> None:
        """Commands that only look need a project that a run has made."""
        if not self.exists:
            raise ProjectError(
                f"There is no project at {str(self.root)!r}",
                hint="Start one with: inscape run BOOK --target 50, or name it with --project DIR",
            )
