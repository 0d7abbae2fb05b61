"""`train`: an adapter from the accepted examples."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from desk.commands import options
from desk.here import Here
from inscape.errors import TrainingStopped

if TYPE_CHECKING:
    from agents.trainer import Trained
    from inscape.recipe import Recipe


def train(
    ctx: typer.Context,
    base: options.BaseModel = "",
    out: options.AdapterOut = None,
    config: options.Config = None,
    resume: options.ResumeTraining = False,
    stage: options.Stage = None,
    adapter: options.StartAdapter = None,
    data: options.Data = None,
    merge: options.Merge = False,
    gguf: options.Gguf = None,
    allow_rehearsal: options.AllowRehearsal = False,
    json: options.Json = False,
) -> None:
    """Tune a model on the accepted examples.

    The adapter lies in its directory with everything that belongs to it: recipe, data, losses,
    system prompt and model card. Ctrl-C stops it; --resume goes on from the last checkpoint.
    """
    from graph.training import Lesson

    here = ctx.ensure_object(Here)
    said = {"base": base, "stage": stage, "merge": merge or None, "gguf": gguf}
    lesson = Lesson(
        project=here.project,
        recipe=recipe_of(here, config, said, out if resume else None),
        out=out,
        data=data,
        adapter=adapter,
        resume=resume,
        allow_rehearsal=allow_rehearsal,
    )
    trained = _train(here, lesson)
    if json:
        here.emit(trained.as_json())
    else:
        _tell(here, trained)


def recipe_of(
    here: Here, config: Path | None, said: dict[str, Any], resumed: Path | None = None
) -> "Recipe":
    """The command line before the file, before `[train]`. A training that is resumed where its
    directory is named takes up the recipe it began with."""
    from agents.training.place import Place

    recipe = here.settings().train
    if resumed is not None and Place(resumed).is_started:
        recipe = Place(resumed).recipe()
    if config is not None:
        recipe = recipe.with_file(config)
    return recipe.but({name: value for name, value in said.items() if value})


def _train(here: Here, lesson: Any) -> "Trained":
    from desk.watch import watching

    with watching(here.err) as progress:
        from graph.training import train as carry_out

        try:
            return asyncio.run(carry_out(lesson, here.library, progress=progress))
        except KeyboardInterrupt:
            raise TrainingStopped(
                "Training was stopped", hint="Go on with the same command and --resume"
            ) from None


def _tell(here: Here, trained: "Trained") -> None:
    result, place = trained.result, trained.place
    here.tell(f"Trained {trained.plan['recipe']['base']} in {result['steps']:,} steps", "bold")
    if result["eval_loss"] is not None:
        before, after = result["base_eval_loss"], result["eval_loss"]
        here.tell(f"Loss on held-out examples: {before:.4f} before, {after:.4f} after")
    here.tell(f"Adapter, recipe and model card: {place.root}")
    for kind in ("merged", "gguf"):
        if result[kind]:
            here.tell(f"{kind}: {result[kind]}")
    if trained.plan["rehearsal"]:
        here.say("It was trained on rehearsal data and is good for nothing else.", "yellow")
    here.say(f"Next: inscape examine --adapter {place.root}", "dim")
