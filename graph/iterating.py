"""Round the whole loop: a dataset, an adapter, an examination, and its gaps as the next wish.

What has been done is in the store, so that the same command again trains nothing twice.
"""

import asyncio
import math
import shutil
from pathlib import Path
from typing import Any

from agents.examiner import Examination, Examiner
from agents.examining.gaps import Gaps
from agents.trainer import Place, Trained
from graph.deps import Deps
from graph.training import Lesson, slug, train
from inscape.errors import TrainingStopped
from inscape.progress import Examining, Note

_DONE = "iterations"
_GAPS = "gaps"
_MORE = 0.25


def history(deps: Deps) -> list[dict[str, Any]]:
    """The iterations so far, of this base model and target."""
    known: dict[str, Any] = deps.store.recall(_DONE) or {}
    return list(known["done"]) if known.get("of") == _whose(deps) else []


def target(deps: Deps) -> int:
    """Examples wanted now: each further iteration asks for a quarter of the first target more."""
    asked = deps.asked.target
    rounds = len(history(deps)) - is_over(deps)
    return asked + max(0, rounds) * math.ceil(_MORE * asked)


def is_over(deps: Deps) -> bool:
    """As often as asked for, or the win rate has stopped rising, or nothing is missing."""
    return bool(why_over(deps))


def why_over(deps: Deps) -> str:
    asked, done = deps.asked.asked, history(deps)
    if asked.train is None or not done:
        return ""
    if len(done) >= asked.iterations:
        return "as many iterations as asked for"
    if not any(done[-1]["gaps"].values()):
        return "no gaps are left"
    rates = [one["win_rate"]["rate"] for one in done[-2:]]
    return "the win rate has stopped rising" if len(rates) == 2 and rates[1] <= rates[0] else ""


def wishes(deps: Deps) -> Gaps:
    """What the last examination found wanting; without one, nothing in particular."""
    return Gaps.from_json(deps.store.recall(_GAPS))


async def train_once(deps: Deps) -> Trained:
    """The next adapter. A training that was stopped goes on; one that ended is not repeated."""
    recipe = deps.asked.asked.train
    assert recipe is not None, "only called when there is something to train"
    place = _place(deps)
    lesson = Lesson(
        project=deps.project,
        recipe=recipe,
        out=place.root,
        resume=place.is_started,
        allow_rehearsal=deps.asked.asked.allow_rehearsal,
    )
    if not place.is_started:
        shutil.rmtree(place.root, ignore_errors=True)
    try:
        return await train(lesson, deps.library, progress=deps.progress, halted=deps.halt.said)
    except TrainingStopped:
        deps.halt.check()
        raise


async def examine_once(deps: Deps) -> None:
    """Examine the adapter, and write down what is missing and what that changes."""
    place, before = _place(deps), wishes(deps)

    def told(doing: str, done: int, total: int) -> None:
        deps.progress(Examining(doing, done, total))

    found = await Examiner(deps.critic, deps.library, told).examine(place, deps.settings.examine)
    changes = found.gaps.changes_from(before, found.rates)
    done = [*history(deps), _row(deps, place, found, changes)]
    deps.store.remember(_GAPS, found.gaps.as_json())
    deps.store.remember(_DONE, {"of": _whose(deps), "done": done})
    for line in _lines(deps, found, changes):
        deps.progress(Note(line))
    await asyncio.sleep(0)


def _place(deps: Deps) -> Place:
    recipe = deps.asked.asked.train
    name = slug(recipe.base if recipe else "")
    of = f"{name}-run-{deps.asked.target}"
    return Place(deps.project.adapters / f"{of}-{len(history(deps)) + 1}")


def _row(deps: Deps, place: Place, found: Examination, changes: list[str]) -> dict[str, Any]:
    result = place.result()
    return {
        "iteration": len(history(deps)) + 1,
        "adapter": str(place.root),
        "examples": result["train"] + result["validation"],
        "base_eval_loss": result["base_eval_loss"],
        "eval_loss": result["eval_loss"],
        "judged_by": found.facts["judged_by"],
        "win_rate": found.facts["win_rate"],
        "regressed": len(found.facts["regressions"]["regressed"]),
        "gaps": found.gaps.as_json(),
        "changes": changes,
    }


def _lines(deps: Deps, found: Examination, changes: list[str]) -> list[str]:
    rate, number = found.facts["win_rate"], len(history(deps))
    head = f"Iteration {number}: tuned beats base in {rate['rate']:.0%} of {rate['n']} probes"
    over = why_over(deps)
    if over:
        return [head, f"No further iteration: {over}"]
    return [head, f"The next asks for {target(deps)} examples, and wants:", *changes]


def _whose(deps: Deps) -> dict[str, Any]:
    recipe = deps.asked.asked.train
    base = recipe.base if recipe else ""
    return {"base": str(Path(base).resolve()) if Path(base).exists() else base} | {
        "target": deps.asked.target
    }
