"""One assignment on its way: teach, judge, revise, admit. The ledger is its only checkpoint."""

from collections.abc import Sequence
from typing import Literal

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents.teacher import Draft
from dataset.example import Example
from dataset.records import Neighbour, Outcome, Verdict
from graph.deps import Deps
from graph.state import ProduceState
from inscape.errors import ProjectError
from memory.records import Draft as Written
from memory.records import Origin


async def teach(state: ProduceState, runtime: Runtime[Deps]) -> ProduceState:
    """The first draft."""
    deps = runtime.context
    task = deps.known.task(state["assignment"])
    draft = await deps.teacher.write(
        task.passage,
        task.template,
        phenomena=_named(task.phenomenon),
        avoid=deps.briefs.of(task.assignment).avoid,
        variant=task.assignment.variant,
    )
    return {"example": _keep(deps, state, draft, "teacher"), "attempt": 0}


async def judge(state: ProduceState, runtime: Runtime[Deps]) -> ProduceState:
    """The critic's word on the draft at hand, with its nearest accepted neighbour."""
    deps = runtime.context
    task = deps.known.task(state["assignment"])
    example = deps.known.example(state["example"])
    vector = await deps.vectors.of(example.spoken)
    deps.store.save_vector(state["example"], vector)
    source = deps.watch.source(task.passage.book)
    brief = deps.briefs.of(task.assignment)
    neighbour = deps.store.nearest(vector, but=state["assignment"])
    verdict = await deps.critic.judge(
        state["example"],
        example,
        task.template,
        task.passage,
        attempt=state["attempt"],
        trust=deps.trusting.now(),
        neighbour=neighbour,
        near=_near(deps, task.passage.id, neighbour),
        exemplars=[deps.known.example(one) for one in brief.exemplars],
        book_text_index=source.runs,
        names=source.names,
        openings=deps.watch.openings(),
        phrases=deps.watch.phrases,
    )
    deps.store.save_verdict(state["example"], verdict)
    return {"ruling": verdict.ruling}


async def revise(state: ProduceState, runtime: Runtime[Deps]) -> ProduceState:
    """A better draft, written with the critique at hand."""
    deps = runtime.context
    task = deps.known.task(state["assignment"])
    attempt = state["attempt"] + 1
    draft = await deps.teacher.revise(
        task.passage,
        task.template,
        deps.known.example(state["example"]),
        _verdict(deps, state["example"]),
        phenomena=_named(task.phenomenon),
        attempt=attempt,
    )
    return {"example": _keep(deps, state, draft, "revision"), "attempt": attempt}


async def admit(state: ProduceState, runtime: Runtime[Deps]) -> ProduceState:
    """Into the dataset, unless something too much like it is there: decided in one transaction.

    Some a person is asked to look at whatever the critic says. Is one there, it waits for their
    word; else it counts meanwhile, so that no run stops for a mere look.
    """
    deps = runtime.context
    example = deps.known.example(state["example"])
    why = deps.trusting.asks(state["example"], _verdict(deps, state["example"]))
    if why and deps.asked.asked.attended:
        return _settled(deps, state, "escalated", why, state["example"])
    admission = deps.store.admit(
        state["example"],
        near_duplicate=deps.settings.verdicts.near_duplicate,
        cap_per_passage=deps.settings.limits.per_passage,
        reason=why,
        look=bool(why),
    )
    if not admission.accepted:
        return _settled(deps, state, "rejected", admission.reason, state["example"])
    deps.tally.settled("accepted", example)
    return {"kept": True}


async def conclude(state: ProduceState, runtime: Runtime[Deps]) -> ProduceState:
    """Hand the best draft to a person, or let it go; either way with its reason."""
    deps = runtime.context
    best = _best(deps.store.drafts(state["assignment"]))
    outcome: Outcome = "escalated" if state["ruling"] == "escalate" else "rejected"
    return _settled(deps, state, outcome, _reason(_verdict(deps, best)), best)


def after_judge(state: ProduceState) -> Literal["admit", "revise", "conclude"]:
    match state["ruling"]:
        case "accept":
            return "admit"
        case "revise":
            return "revise"
        case "reject" | "escalate":
            return "conclude"


def build_produce() -> CompiledStateGraph[ProduceState, Deps, ProduceState, ProduceState]:
    """The sub-graph of one assignment."""
    graph = StateGraph(ProduceState, context_schema=Deps)
    graph.add_node("teach", teach)
    graph.add_node("judge", judge)
    graph.add_node("revise", revise)
    graph.add_node("admit", admit)
    graph.add_node("conclude", conclude)

    graph.add_edge(START, "teach")
    graph.add_edge("teach", "judge")
    graph.add_conditional_edges("judge", after_judge)
    graph.add_edge("revise", "judge")
    graph.add_edge("admit", END)
    graph.add_edge("conclude", END)
    return graph.compile(checkpointer=False, name="produce")


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


def _keep(deps: Deps, state: ProduceState, draft: Draft, origin: Origin) -> str:
    return deps.store.save_example(
        state["assignment"],
        draft.example,
        raw_key=draft.key,
        origin=origin,
        rehearsal=deps.teacher.is_rehearsal,
    )


def _settled(
    deps: Deps, state: ProduceState, outcome: Outcome, reason: str, example_id: str
) -> ProduceState:
    deps.store.settle(state["assignment"], outcome, reason, example_id)
    deps.tally.settled(outcome)
    return {"kept": outcome == "escalated"}


def _verdict(deps: Deps, example_id: str) -> Verdict:
    verdict = deps.store.verdict(example_id)
    if verdict is None:
        raise ProjectError(f"Example {example_id!r} was never judged", hint="Run: inscape doctor")
    return verdict


def _best(drafts: Sequence[Written]) -> str:
    """The draft the critic liked best: by mean score, then with fewest defects, then the latest."""
    judged = [draft for draft in drafts if draft.verdict is not None]
    return max(enumerate(judged), key=lambda pair: (*_liking(pair[1].verdict), pair[0]))[
        1
    ].example_id


def _liking(verdict: Verdict | None) -> tuple[float, int]:
    if verdict is None:
        return (0.0, 0)
    return (verdict.mean_score or 0.0, -len(verdict.defects))


def _reason(verdict: Verdict) -> str:
    """Machine-readable: the first defect's code, else what the scores said."""
    if verdict.defects:
        return verdict.defects[0].code
    return "uncertain" if verdict.ruling == "escalate" else "low-score"
