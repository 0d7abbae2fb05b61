"""One assignment on its way: teach, judge, revise, admit. The ledger is its only checkpoint."""

import asyncio
from collections.abc import Sequence

from agents.teacher import Draft
from dataset.example import Example
from dataset.records import Defect, Neighbour, Outcome, Verdict
from graph.deps import Deps
from graph.known import Task
from graph.vectors import Vector
from memory.records import Draft as Written
from memory.records import Origin

_PATIENCE = 0.25
"""Seconds; a draft alone is embedded in a tenth of that."""


async def produce(deps: Deps, assignment: str) -> bool:
    """From the teacher to its end; True when the example was kept, or waits for a person.

    Run again from its start after a stop, it finds every answer it paid for in the ledger.
    """
    task = deps.known.task(assignment)
    example, attempt = await _teach(deps, task), 0
    verdict = await _judge(deps, task, example, attempt)
    while verdict.ruling == "revise":
        attempt += 1
        example = await _revise(deps, task, example, verdict, attempt)
        verdict = await _judge(deps, task, example, attempt)
    if verdict.ruling == "accept":
        return _admit(deps, assignment, example, verdict)
    return _conclude(deps, assignment, verdict)


async def _teach(deps: Deps, task: Task) -> str:
    """The first draft."""
    draft = await deps.teacher.write(
        task.passage,
        task.template,
        phenomena=_named(task.phenomenon),
        avoid=deps.briefs.of(task.assignment).avoid,
        variant=task.assignment.variant,
    )
    return _keep(deps, task, draft, "teacher")


async def _judge(deps: Deps, task: Task, example_id: str, attempt: int) -> Verdict:
    """The critic's word on the draft at hand, with its nearest accepted neighbour.

    A near-duplicate is not worth a judge's fee, so the neighbour is waited for first; but not for
    long: when drafts come faster than they are embedded, the judge reads meanwhile.
    """
    if deps.by_batches and (revised := _sent_back(deps, example_id)):
        return revised
    example = deps.known.example(example_id)
    brief = deps.briefs.of(task.assignment)
    coming = deps.vectors.begin(example.spoken)
    patience = None if deps.by_batches else 0 if deps.vectors.behind else _PATIENCE
    in_time, _ = await asyncio.wait([coming], timeout=patience)
    await deps.gateway.turns.take()
    neighbour = _nearest(deps, task, coming.result()) if in_time else None
    findings = _findings(deps, task, example, neighbour)
    verdict = await deps.critic.judge(
        example_id,
        example,
        task.template,
        task.passage,
        attempt=attempt,
        trust=deps.trusting.now(),
        neighbour=neighbour,
        exemplars=[deps.known.example(one) for one in brief.exemplars],
        findings=findings,
        told=deps.briefs.told(example_id, findings) if deps.by_batches else findings,
    )
    vector = coming.result() if coming.done() else await _waited_for(deps, coming)
    if not in_time:
        late = _nearest(deps, task, vector)
        verdict = deps.critic.beside(verdict, example, late, _near(deps, task.passage.id, late))
    deps.store.save_verdict(example_id, verdict, vector=vector)
    return verdict


async def _waited_for(deps: Deps, coming: asyncio.Future[Vector]) -> Vector:
    async with deps.gate.aside():
        vector = await asyncio.shield(coming)
        await deps.gateway.turns.take()
        return vector


def _sent_back(deps: Deps, example_id: str) -> Verdict | None:
    """The verdict a revision was asked for with, in an earlier wave: its words were sent."""
    verdict = deps.store.verdict(example_id)
    return verdict if verdict is not None and verdict.ruling == "revise" else None


def _findings(
    deps: Deps, task: Task, example: Example, neighbour: Neighbour | None
) -> list[Defect]:
    source = deps.watch.source(task.passage.book)
    return deps.critic.find(
        example,
        task.template,
        task.passage,
        neighbour=neighbour,
        near=_near(deps, task.passage.id, neighbour),
        book_text_index=source.runs,
        names=source.names,
        openings=deps.watch.openings(),
        phrases=deps.watch.phrases,
    )


def _nearest(deps: Deps, task: Task, vector: Vector) -> Neighbour | None:
    surely = deps.settings.verdicts.near_duplicate
    return deps.store.nearest(vector, but=task.assignment.id, surely=surely)


async def _revise(deps: Deps, task: Task, example_id: str, verdict: Verdict, attempt: int) -> str:
    """A better draft, written with the critique at hand."""
    draft = await deps.teacher.revise(
        task.passage,
        task.template,
        deps.known.example(example_id),
        verdict,
        phenomena=_named(task.phenomenon),
        avoid=deps.briefs.of(task.assignment).avoid,
        variant=task.assignment.variant,
        attempt=attempt,
    )
    return _keep(deps, task, draft, "revision")


def _admit(deps: Deps, assignment: str, example_id: str, verdict: Verdict) -> bool:
    """Into the dataset, unless something too much like it is there: decided in one transaction.

    Some a person is asked to look at whatever the critic says. Is one there, it waits for their
    word; else it counts meanwhile, so that no run stops for a mere look.
    """
    why = deps.trusting.asks(example_id, verdict)
    if why and deps.asked.asked.attended:
        return _settled(deps, assignment, "escalated", why, example_id)
    admission = deps.store.admit(
        example_id,
        near_duplicate=deps.settings.verdicts.near_duplicate,
        cap_per_passage=deps.settings.limits.per_passage,
        reason=why,
        look=bool(why),
    )
    if not admission.accepted:
        return _settled(deps, assignment, "rejected", admission.reason, example_id)
    template = deps.known.task(assignment).template.id
    deps.tally.settled("accepted", deps.known.example(example_id), template)
    return True


def _conclude(deps: Deps, assignment: str, verdict: Verdict) -> bool:
    """Hand the best draft to a person, or let it go; either way with its reason."""
    best = _best(deps.store.drafts(assignment))
    assert best.verdict is not None
    outcome: Outcome = "escalated" if verdict.ruling == "escalate" else "rejected"
    return _settled(deps, assignment, outcome, _reason(best.verdict), best.example_id)


def _near(deps: Deps, passage_id: str, neighbour: Neighbour | None) -> dict[str, Example]:
    """Accepted examples that this one may reword: the nearest, and those of the same passage.

    Rehearsal draws on one bank of sentences, so its pieces reword each other by nature.
    """
    if deps.teacher.is_rehearsal:
        return {}
    ids = {*deps.store.accepted_of(passage_id), *([neighbour.id] if neighbour else [])}
    return {key: deps.known.example(key) for key in sorted(ids)}


def _named(phenomenon: str) -> list[str]:
    return [phenomenon] if phenomenon else []


def _keep(deps: Deps, task: Task, draft: Draft, origin: Origin) -> str:
    return deps.store.save_example(
        task.assignment.id,
        draft.example,
        raw_key=draft.key,
        origin=origin,
        rehearsal=deps.teacher.is_rehearsal,
    )


def _settled(deps: Deps, assignment: str, outcome: Outcome, reason: str, example_id: str) -> bool:
    deps.store.settle(assignment, outcome, reason, example_id)
    deps.tally.settled(outcome)
    return outcome == "escalated"


def _best(drafts: Sequence[Written]) -> Written:
    """The draft the critic liked best: by mean score, then with fewest defects, then the latest."""
    judged = [draft for draft in drafts if draft.verdict is not None]
    return max(enumerate(judged), key=lambda pair: (*_liking(pair[1].verdict), pair[0]))[1]


def _liking(verdict: Verdict | None) -> tuple[float, int]:
    if verdict is None:
        return (0.0, 0)
    return (verdict.mean_score or 0.0, -len(verdict.defects))


def _reason(verdict: Verdict) -> str:
    """Machine-readable: the first defect's code, else what the scores said."""
    if verdict.defects:
        return verdict.defects[0].code
    return "uncertain" if verdict.ruling == "escalate" else "low-score"
