"""What a person asked of a run, and the proof that it can be done, before anything is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.models import open_model, parse_spec
from agents.models.batches import no_batches
from agents.trainer import require_packages
from agents.training.base import find_base
from graph.costs import worst_case
from inscape.errors import BookMissing, SettingsError
from inscape.project import Project
from inscape.recipe import Recipe
from inscape.settings import Settings, keys
from prompts.library import Library, Template

NO_SCOUT = "none"


@dataclass(frozen=True)
class Asked:
    """What a person asked of a run. `highlights` is a passages.md of their own choice; `attended`
    when they are there to be asked before the run ends; `train` wants an adapter of the dataset,
    examined and bettered in up to `iterations`. `ray` is where a cluster is that reads the books,
    "" for here, None to do without."""

    project: Project
    settings: Settings
    books: Sequence[Path]
    highlights: Path | None = None
    ocr: bool = False
    password: str | None = None
    ray: str | None = None
    attended: bool = False
    train: Recipe | None = None
    iterations: int = 1
    allow_rehearsal: bool = False

    def as_json(self) -> dict[str, Any]:
        """Enough to ask the same again from anywhere; a password is never kept."""
        said = self.settings.model_dump(mode="json")
        return {
            "books": [str(book.resolve()) for book in self.books],
            "passages": str(self.highlights.resolve()) if self.highlights else None,
            "ocr": self.ocr,
            "ray": self.ray,
            "train": _from_anywhere(self.train.base) if self.train else None,
            "iterations": self.iterations,
            "allow_rehearsal": self.allow_rehearsal,
            "said": {n: v for n, v in said.items() if self.settings.source(n) == "command line"},
        }


def _from_anywhere(base: str) -> str:
    """A model in a directory by its whole path, one on the hub by its name."""
    here = Path(base).expanduser()
    return str(here.absolute()) if here.exists() else base


@dataclass(frozen=True)
class Checked:
    """The same, found to be possible. No model has been asked and no file written."""

    asked: Asked
    target: int
    library: Library
    templates: Sequence[Template]
    teacher: str
    critics: Sequence[str]
    scout: str | None

    @property
    def specs(self) -> set[str]:
        return {self.teacher, *self.critics, *([self.scout] if self.scout else [])}

    @property
    def asks(self) -> list[str]:
        """Those a run asks; a rehearsal on the critic's panel is never asked."""
        judges = [spec for spec in self.critics if spec != "rehearsal"]
        return list(dict.fromkeys([self.teacher, *judges, *([self.scout] if self.scout else [])]))


def check(asked: Asked) -> Checked:
    """Raises InscapeError for a missing book, key, model or target, and for a wrong prompt file."""
    settings = asked.settings
    for book in asked.books:
        if not book.is_file():
            raise BookMissing.at(book)
    library = Library.load(asked.project.prompts if asked.project.prompts.is_dir() else None)
    templates = [library.template(ref) for ref in settings.templates] or library.default_templates
    checked = Checked(
        asked=asked,
        target=_target(settings),
        library=library,
        templates=tuple(dict.fromkeys(templates)),
        teacher=_teacher(settings),
        critics=settings.critic or (_teacher(settings),),
        scout=None if settings.scout == NO_SCOUT else settings.scout,
    )
    _check_training(asked, checked)
    for spec in checked.specs:
        open_model(spec, keys=keys(), timeout=settings.timeout)
        worst_case(spec, settings)
    if settings.batch and "rehearsal" in checked.asks:
        raise no_batches("rehearsal")
    return checked


def _check_training(asked: Asked, checked: Checked) -> None:
    """Before anything is paid for: can what is to be made be trained on?"""
    if asked.train is None:
        return
    require_packages()
    find_base(asked.train.base)
    if parse_spec(checked.teacher).provider == "rehearsal" and not asked.allow_rehearsal:
        raise SettingsError(
            "Rehearsal examples are nothing to train on",
            hint="To try the machinery all the same, say --allow-rehearsal",
        )


def _target(settings: Settings) -> int:
    if settings.target is None:
        raise SettingsError(
            "How many examples?",
            hint="Say --target 50 or --for-model 7b, or set it in inscape.toml",
        )
    return settings.target


def _teacher(settings: Settings) -> str:
    if not settings.teacher:
        raise SettingsError(
            "Which model shall teach?",
            hint="Say --teacher anthropic:MODEL, openai:MODEL, openai:MODEL@URL or rehearsal",
        )
    return parse_spec(settings.teacher).text
