"""`examine` and `chat`: what a tuned model has become."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from desk.commands import options
from desk.here import Here
from inscape.errors import TrainingStopped

if TYPE_CHECKING:
    from agents.examiner import Examination
    from agents.training.place import Place
    from inscape.progress import Progress
    from inscape.recipe import Sampling


def examine(
    ctx: typer.Context,
    adapter: options.Adapter = None,
    critic: options.Critics = None,
    seed: options.SamplingSeed = None,
    max_tokens: options.MaxTokens = None,
    temperature: options.Temperature = None,
    json: options.Json = False,
) -> None:
    """Compare base and tuned model on held-out questions.

    Both answer the same ones, and the critic says blind which answer shows more. Without a critic
    only what can be counted is; the report says so.
    """
    from desk.watch import watching

    here = ctx.ensure_object(Here)
    place = _place(here, adapter)
    specs = options.listed(critic) or here.settings().critic
    sampling = _sampling(here, temperature, max_tokens, seed)
    with watching(here.err) as progress:
        found = asyncio.run(_examine(here, place, specs, sampling, progress))
    if json:
        here.emit(found.facts)
        return
    here.tell(place.examination.with_suffix(".md").read_text(encoding="utf-8").rstrip())
    here.say(f"The whole report: {place.examination}", "dim")


async def _examine(
    here: Here,
    place: "Place",
    specs: tuple[str, ...],
    sampling: "Sampling",
    progress: "Progress",
) -> "Examination":
    from agents.examiner import Examiner
    from desk.panel import critic_of, some_store
    from inscape.progress import Examining

    def told(doing: str, done: int, total: int) -> None:
        progress(Examining(doing, done, total))

    with some_store(here.project) as store:
        async with critic_of(specs, here.settings(), here.library, store) as critic:
            return await Examiner(critic, here.library, told).examine(place, sampling)


def chat(
    ctx: typer.Context,
    adapter: options.Adapter = None,
    compare: options.Compare = False,
    hide_thinking: options.HideThinking = False,
    no_system: options.NoSystem = False,
    seed: options.SamplingSeed = None,
    max_tokens: options.MaxTokens = None,
    temperature: options.Temperature = None,
) -> None:
    """Talk to the tuned model.

    An empty line or Ctrl-D ends it; /new begins a new talk, /thinking shows or hides the thinking.
    """
    from desk.chatting import converse

    here = ctx.ensure_object(Here)
    place = _place(here, adapter)
    sampling = _sampling(here, temperature, max_tokens, seed)
    try:
        asyncio.run(
            converse(
                here,
                place,
                sampling,
                compare=compare,
                thinking=not hide_thinking,
                system="" if no_system else place.system(),
                lines=sys.stdin,
            )
        )
    except KeyboardInterrupt:
        raise TrainingStopped("The talk was broken off") from None


def _sampling(
    here: Here, temperature: float | None, max_tokens: int | None, seed: int | None
) -> "Sampling":
    said = {"temperature": temperature, "max_tokens": max_tokens, "seed": seed}
    given = {name: value for name, value in said.items() if value is not None}
    return here.settings().examine.model_copy(update=given)


def _place(here: Here, adapter: Path | None) -> "Place":
    from agents.trainer import require_packages
    from agents.training.place import Place
    from graph.training import adapter_at, newest

    require_packages()
    project = here.project
    place = newest(project) if adapter is None else Place(adapter_at(project, adapter))
    place.result()
    return place
