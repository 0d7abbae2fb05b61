"""The critic on examples made anywhere: a file of them in, a verdict on each out."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.critic import Critic
from corpus.passage import Passage
from dataset.example import Example, Form
from dataset.formats import read_row
from dataset.records import Neighbour, Verdict
from desk.files import json_lines
from desk.loose import passage_of_text
from inscape.errors import InscapeError
from prompts.library import Library, Template

NEAR = 8  # of the nearest earlier ones, so many are compared word by word


class Case(NamedTuple):
    """One line of the file. Without a template only the checks can speak."""

    id: str
    example: Example
    template: Template | None
    passage: Passage | None


def read_cases(path: Path, library: Library) -> list[Case]:
    return [_case(data, library, path, number) for number, data in json_lines(path)]


def _case(data: Mapping[str, Any], library: Library, path: Path, number: int) -> Case:
    place = f"{path}:{number}"
    template = library.template(str(data["template"])) if data.get("template") else None
    example = data.get("example", data)
    if not isinstance(example, dict):
        raise InscapeError(f"{place}: 'example' must be an object", hint="See inscape export")
    form: Form | None = template.form if template and template.form != "either" else None
    try:
        read = read_row(example, tag=_tag(example), form=form)
    except ValueError as error:
        raise InscapeError(
            f"{place}: {error}", hint="Any format of inscape export will do"
        ) from None
    name = str(data.get("id") or example.get("id") or number)
    return Case(name, read, template, _passage(data.get("passage"), place))


def _tag(example: Mapping[str, Any]) -> str:
    """The name of the tag that the file's author uses for thinking."""
    return (
        "think" if "</think>" in str(example) and "</thinking>" not in str(example) else "thinking"
    )


def _passage(given: Any, place: str) -> Passage | None:
    if isinstance(given, dict):
        given = given.get("text")
    if given is None or given == "":
        return None
    if not isinstance(given, str):
        raise InscapeError(f"{place}: 'passage' must be text")
    return passage_of_text(given)


async def weigh(
    cases: Sequence[Case], vectors: NDArray[np.float32], checker: Critic, critic: Critic
) -> AsyncIterator[tuple[Case, Verdict]]:
    """In the order of the file; what stands before a line and was accepted is its company."""
    company = [pair async for pair in _with_company(cases, vectors, checker)]
    if not critic.judges:
        for case, (_, _, verdict) in zip(cases, company, strict=True):
            yield case, verdict
        return
    asked = [
        asyncio.create_task(_judged(critic, case, neighbour, near))
        for case, (neighbour, near, _) in zip(cases, company, strict=True)
    ]
    try:
        for case, task in zip(cases, asked, strict=True):
            yield case, await task
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


Company = tuple[Neighbour | None, Mapping[str, Example], Verdict]


async def _with_company(
    cases: Sequence[Case], vectors: NDArray[np.float32], checker: Critic
) -> AsyncIterator[Company]:
    kept: list[int] = []
    for at, case in enumerate(cases):
        neighbour, near = _nearest(cases, vectors, kept, at)
        verdict = await _judged(checker, case, neighbour, near)
        yield neighbour, near, verdict
        if verdict.ruling == "accept":
            kept.append(at)


def _nearest(
    cases: Sequence[Case], vectors: NDArray[np.float32], kept: Sequence[int], at: int
) -> tuple[Neighbour | None, Mapping[str, Example]]:
    if not kept:
        return None, {}
    cosines = vectors[kept] @ vectors[at]
    order = np.argsort(-cosines)[:NEAR]
    first = cases[kept[order[0]]]
    nearest = Neighbour(first.id, round(float(cosines[order[0]]), 4))
    return nearest, {cases[kept[n]].id: cases[kept[n]].example for n in order}


async def _judged(
    critic: Critic, case: Case, neighbour: Neighbour | None, near: Mapping[str, Example]
) -> Verdict:
    return await critic.judge(
        case.id, case.example, case.template, case.passage, neighbour=neighbour, near=near
    )


def as_json(case: Case, verdict: Verdict) -> dict[str, Any]:
    scores: dict[str, list[float]] = {}
    for score in verdict.scores:
        scores.setdefault(score.question, []).append(score.score)
    return {
        "id": case.id,
        "verdict": verdict.ruling,
        "reason": verdict.reason,
        "defects": list(_codes(verdict)),
        "scores": {name: round(sum(all_) / len(all_), 3) for name, all_ in scores.items()},
        "nearest": verdict.nearest._asdict() if verdict.nearest else None,
        "findings": [defect.model_dump(mode="json") for defect in verdict.defects],
    }


def _codes(verdict: Verdict) -> Iterator[str]:
    """Each once, in the order in which they were found."""
    yield from dict.fromkeys(defect.code for defect in verdict.defects)
