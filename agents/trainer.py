"""The trainer: a dataset and a recipe in, a LoRA adapter with its papers out."""

import asyncio
import contextlib
import importlib.util
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from agents.training.base import find_base, weight_bytes
from agents.training.card import write_card
from agents.training.place import Place, write_json
from agents.training.plot import draw_losses
from agents.training.process import Process
from agents.training.rows import Data, read_data
from agents.training.troubles import died
from inscape.errors import InscapeError, MissingExtra, TrainingError, TrainingStopped
from inscape.recipe import Recipe

__all__ = ["Job", "Place", "Trained", "Trainer", "missing_packages", "require_packages"]

NEEDED = ("unsloth", "unsloth_zoo", "trl", "peft", "datasets", "accelerate", "sentencepiece")
GPU_ONLY = ("torchvision", "xformers")
LITTLE_ROOM = 200 * 10**6
Listener = Callable[[Mapping[str, Any]], None]


def missing_packages() -> list[str]:
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def misfits() -> list[str]:
    """What is installed and does not go together."""
    import torch

    if torch.cuda.is_available():
        return []
    return [
        f"{name} is installed, and with it Unsloth does not start without a GPU"
        for name in GPU_ONLY
        if importlib.util.find_spec(name) is not None
    ]


def require_packages() -> None:
    if missing := missing_packages():
        raise MissingExtra(
            f"Training needs packages that are not installed: {', '.join(missing)}",
            hint="Install them with: make train-setup (docs/training.md says what it does)",
        )


@dataclass(frozen=True)
class Job:
    """What is asked. `system` is the prompt that calls the pattern up; `start` an adapter's
    directory to train on from."""

    recipe: Recipe
    out: Place
    system: str = ""
    start: str = ""
    resume: bool = False
    allow_rehearsal: bool = False


@dataclass(frozen=True)
class Trained:
    """The numbers are in `result`, by the names of `training.json`."""

    place: Place
    plan: Mapping[str, Any]
    result: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        skipped = ("losses",)
        return {
            "adapter": str(self.place.root),
            "base": self.plan["recipe"]["base"],
            "stage": self.plan["recipe"]["stage"],
            "dataset_sha256": self.plan["dataset_sha256"],
            "rehearsal": self.plan["rehearsal"],
            **{name: value for name, value in self.result.items() if name not in skipped},
        }


def _unheard(event: Mapping[str, Any]) -> None:
    """The listener of work that nobody watches."""


class Trainer:
    """Unsloth with TRL in a process of its own: it patches what it imports, and gives back all
    its memory when it ends."""

    def __init__(self, listener: Listener = _unheard) -> None:
        self._tell = listener

    def prepare(self, job: Job) -> Data:
        """Everything that can be known to be wrong before the process starts. Returns the data."""
        require_packages()
        base = find_base(job.recipe.base)
        _check_device(job.recipe)
        data = read_data(job.out.data, job.recipe.stage)
        if data.rehearsal and not job.allow_rehearsal:
            raise TrainingError(
                f"{data.rehearsal} of the examples are rehearsal: nothing to train on",
                hint="To try the machinery all the same, say --allow-rehearsal",
            )
        _check_room(job, base)
        _check_same(job, data)
        plan = {
            "recipe": job.recipe.but({"base": base}).model_dump(mode="json"),
            "dataset_sha256": data.sha256,
            "rehearsal": bool(data.rehearsal),
            "start": job.start,
            "resume": job.resume,
            "versions": _versions(),
        }
        write_json(job.out.plan_file, plan)
        job.out.system_prompt.write_text(job.system + "\n", encoding="utf-8")
        return data

    async def train(self, job: Job, *, halted: asyncio.Event | None = None) -> Trained:
        """Raises TrainingError with one clear line, TrainingStopped when `halted` was set."""
        self.prepare(job)
        if not job.resume:
            shutil.rmtree(job.out.checkpoints, ignore_errors=True)
        job.out.log.write_text("", encoding="utf-8")
        async with Process("agents.training.worker", job.out.root) as process:
            async with _stopping(process, halted):
                last = await self._listen(process, job.out)
            code = await process.ended()
        _raise_for(last, code, job.out, stopped=halted is not None and halted.is_set())
        trained = Trained(job.out, job.out.plan(), job.out.result())
        draw_losses(trained.result["losses"], job.out.losses)
        write_card(trained.place)
        shutil.rmtree(job.out.checkpoints, ignore_errors=True)
        return trained

    async def _listen(self, process: Process, place: Place) -> Mapping[str, Any]:
        last: Mapping[str, Any] = {"event": ""}
        async for event in process.events():
            last = event
            write_json(place.progress_file, event)
            self._tell(event)
        return last


@contextlib.asynccontextmanager
async def _stopping(process: Process, halted: asyncio.Event | None) -> AsyncIterator[None]:
    """While it lasts, `halted` asks the process to write a checkpoint and end."""

    async def wait() -> None:
        if halted is not None:
            await halted.wait()
            process.stop()

    waiting = asyncio.create_task(wait())
    try:
        yield
    finally:
        waiting.cancel()


def _raise_for(last: Mapping[str, Any], code: int, place: Place, *, stopped: bool) -> None:
    match last["event"]:
        case "done" if code == 0:
            return
        case "stopped":
            raise TrainingStopped(last["message"], hint=last["hint"])
        case "failed":
            raise TrainingError(last["message"], hint=last["hint"] or f"See {place.log}")
        case _ if stopped and code == -signal.SIGTERM:  # while the model loads, nothing is lost
            raise TrainingStopped(
                "Training was stopped before its first step",
                hint="Go on with: inscape train --resume",
            )
        case _:
            raise died(code, str(place.log))


def _check_device(recipe: Recipe) -> None:
    if not (recipe.four_bit or recipe.device == "gpu"):
        return
    import torch

    if torch.cuda.is_available():
        return
    if recipe.four_bit:
        raise TrainingError(
            "Training in 4 bit needs a GPU, and there is none here",
            hint="Leave four_bit out of the recipe, or train on a machine with an NVIDIA GPU",
        )
    raise TrainingError(
        "The recipe asks for a GPU, and there is none here",
        hint='Say device = "auto", or look at the driver with nvidia-smi',
    )


def _check_room(job: Job, base: str) -> None:
    """Adapter and checkpoints are small; merged models and GGUF files are as large as the base."""
    copies = job.recipe.merge + 2 * bool(job.recipe.gguf)
    needed = LITTLE_ROOM + copies * weight_bytes(base)
    free = shutil.disk_usage(job.out.root).free
    if free < needed:
        raise TrainingError(
            f"{needed / 1e9:.1f} GB are needed at {str(job.out.root)!r}, {free / 1e9:.1f} are free",
            hint="Make room, or train into another place with --out DIR",
        )


def _check_same(job: Job, data: Data) -> None:
    """A run is only resumed with the data and the recipe it began with."""
    if not job.resume:
        return
    before = job.out.plan()
    now = job.recipe.but({"base": before["recipe"]["base"]}).model_dump(mode="json")
    changed = [name for name, value in before["recipe"].items() if now.get(name) != value]
    if before["dataset_sha256"] != data.sha256:
        changed.append("dataset")
    if changed:
        raise TrainingError(
            f"The training at {str(job.out.root)!r} began with another {' and '.join(changed)}",
            hint="Resume with the same, or train anew without --resume",
        )


def _versions() -> dict[str, str]:
    found = {}
    for name in ("inscape", "torch", "transformers", *NEEDED):
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def snapshot_of(source: Path, place: Place) -> None:
    """A copy of an export beside the adapter: what it was trained on stays with it."""
    if not source.is_dir():
        raise InscapeError(f"There is no dataset at {str(source)!r}", hint="inscape export")
    shutil.copytree(source, place.data, dirs_exist_ok=True)
