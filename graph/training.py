"""From the accepted examples to an adapter: the data is laid beside it, then the trainer works."""

import asyncio
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.trainer import Job, Place, Trained, Trainer, require_packages, snapshot_of
from agents.training.base import find_base
from dataset.export import Options, export
from graph.publishing import made_of
from inscape.errors import TrainingError, UsageError
from inscape.progress import Note, Progress, Training, unwatched
from inscape.project import Project
from inscape.recipe import Recipe
from memory.store import Store
from prompts.library import Library


@dataclass(frozen=True)
class Lesson:
    """What a person asked of a training. `data` is an export to train on; without it the project's
    accepted examples are, or for preferences `exports/preference`. `adapter` is trained on."""

    project: Project
    recipe: Recipe
    out: Path | None = None
    data: Path | None = None
    adapter: Path | None = None
    resume: bool = False
    allow_rehearsal: bool = False


async def train(
    lesson: Lesson,
    library: Library,
    *,
    progress: Progress = unwatched,
    halted: asyncio.Event | None = None,
) -> Trained:
    """An adapter in its directory; one that was trained to the end is given back as it is."""
    require_packages()
    place = place_for(lesson)
    if place.is_trained and lesson.resume:
        return Trained(place, place.plan(), place.result())
    find_base(lesson.recipe.base)
    new = not place.root.exists()
    job = Job(
        recipe=lesson.recipe,
        out=place,
        system=library.system_prompt,
        start=str(adapter_at(lesson.project, lesson.adapter).resolve()) if lesson.adapter else "",
        resume=lesson.resume,
        allow_rehearsal=lesson.allow_rehearsal,
    )
    trainer = Trainer(lambda event: _tell(progress, event))
    try:
        place.root.mkdir(parents=True, exist_ok=True)
        if not lesson.resume:
            _lay_down(lesson, place, library)
        trainer.prepare(job)
    except BaseException:
        if new:
            shutil.rmtree(place.root, ignore_errors=True)
        raise
    return await trainer.train(job, halted=halted)


def place_for(lesson: Lesson) -> Place:
    """Where the adapter goes: a new directory, or the one whose training is to be resumed."""
    if lesson.out is not None:
        return _may_use(Place(lesson.out), lesson)
    adapters = lesson.project.adapters
    name = slug(lesson.recipe.base)
    numbers = {
        int(found[1])
        for one in adapters.glob(f"{name}-*")
        if (found := re.fullmatch(rf"{re.escape(name)}-(\d+)", one.name))
    }
    if not lesson.resume:
        return Place(adapters / f"{name}-{max(numbers, default=0) + 1}")
    if not numbers:
        raise TrainingError(
            f"There is no training of {lesson.recipe.base!r} to resume in {str(adapters)!r}",
            hint="Leave --resume out to begin one, or name its directory with --out DIR",
        )
    return _may_use(Place(adapters / f"{name}-{max(numbers)}"), lesson)


def slug(base: str) -> str:
    """A base model's name as part of a directory's."""
    return re.sub(r"[^\w.-]+", "-", Path(base).name or "adapter")


def adapter_at(project: Project, named: Path) -> Path:
    """An adapter's directory: as it is named, or so in the project, or by its name alone."""
    for root in (Path(), project.root, project.adapters):
        if (root / named).is_dir():
            return root / named
    raise TrainingError(
        f"There is no trained adapter at {str(named)!r}",
        hint=f"Name its directory, or one of those in {str(project.adapters)!r} by its name",
    )


def newest(project: Project) -> Place:
    """The adapter that was trained last."""
    trained = [Place(one) for one in project.adapters.glob("*") if Place(one).is_trained]
    if not trained:
        raise TrainingError(
            f"There is no trained adapter in {str(project.adapters)!r}",
            hint="Train one with: inscape train --base MODEL, or name it with --adapter DIR",
        )
    return max(trained, key=lambda one: one.result_file.stat().st_mtime)


def _may_use(place: Place, lesson: Lesson) -> Place:
    if lesson.resume and not place.is_started:
        raise TrainingError(
            f"There is no training to resume at {str(place.root)!r}",
            hint="Leave --resume out to begin one",
        )
    if not lesson.resume and place.root.exists() and any(place.root.iterdir()):
        raise UsageError(
            f"There is something at {str(place.root)!r} already",
            hint="Go on with a training there with --resume, or choose another with --out DIR",
        )
    return place


def _lay_down(lesson: Lesson, place: Place, library: Library) -> None:
    recipe = lesson.recipe
    if lesson.data is not None:
        snapshot_of(lesson.data, place)
    elif recipe.stage == "dpo":
        snapshot_of(lesson.project.exports / "preference", place)
    else:
        lesson.project.require()
        with Store.of(lesson.project) as store:
            options = Options(
                "messages",
                system=library.system_prompt,
                system_share=recipe.system_share,
                validation=recipe.validation,
                seed=recipe.seed,
            )
            export(store, options, made_of(store), place.data)


def _tell(progress: Progress, event: Mapping[str, Any]) -> None:
    match event["event"]:
        case "step":
            numbers = ("step", "steps", "loss", "tokens_per_second", "eta")
            progress(Training(*(event[name] for name in numbers)))
        case "evaluated":
            progress(Note(f"Validation loss {event['eval_loss']:.4f} at step {event['step']}"))
        case "prepared":
            progress(Note(_prepared(event)))
        case _:
            return


def _prepared(facts: Mapping[str, Any]) -> str:
    packed = ", packed" if facts["packed"] else ""
    four_bit = " in 4 bit" if facts["four_bit"] else ""
    return (
        f"Training on {facts['train']:,} examples{packed} ({facts['tokens']:,} tokens, "
        f"{facts['truncated']} cut, {facts['left_out']} left out) on {facts['device']}{four_bit}"
    )
