"""One node, one piece of work: read ids from the state, call one agent, store, return ids."""

import asyncio
import contextlib
import gc
from collections.abc import Sequence

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agents.teacher import Unreadable
from graph import inbox, iterating, publishing, scouting
from graph.batching import Deferred
from graph.deps import Deps
from graph.gateway import subject
from graph.halt import Halted
from graph.library import Workers
from graph.produce import produce as make
from graph.reading import Reader
from graph.state import State
from graph.steering import breadth, next_stop, round_size
from graph.studying import HowRead
from inscape.errors import ModelRefusedCall, ModelUnavailable

_MOST_ATTEMPTS = 3


async def read(state: State, runtime: Runtime[Deps]) -> State:
    """Every book into passages with ratings and vectors; what is known is not read again."""
    books = await asyncio.to_thread(_read_all, runtime.context)
    return {"books": books, "stop": "", "exhausted": False, "assignments": []}


async def scout(state: State, runtime: Runtime[Deps]) -> State:
    """Choose this round's assignments: what a stopped run left planned comes first."""
    deps = runtime.context
    target = iterating.target(deps)
    standing = deps.standing(target)
    if next_stop(standing, deps.settings.limits):
        return {"assignments": []}
    await deps.gate.recount(standing.counts, target)
    deps.watch.refresh()
    size = round_size(standing, breadth(deps.settings))
    chosen = await deps.batching.in_waves(lambda: scouting.choose(deps, state["books"], size))
    deps.tally.planned(len(chosen))
    return {"assignments": chosen, "exhausted": not chosen, "round": state.get("round", 0) + 1}


async def produce(state: State, runtime: Runtime[Deps]) -> State:
    """The round's assignments, as many at once as the gate lets in and each begun as soon as there
    is room. What a stopped run had settled already is passed over."""
    deps = runtime.context
    await asyncio.gather(deps.vectors.load(), asyncio.to_thread(_make_ready, deps, state["books"]))
    await deps.batching.in_waves(lambda: _wave(deps, state["assignments"]))
    return {}


async def steer(state: State, runtime: Runtime[Deps]) -> State:
    """Go on, or stop for a reason."""
    deps = runtime.context
    deps.tally.round_over()
    standing = deps.standing(iterating.target(deps), exhausted=state["exhausted"])
    stop = next_stop(standing, deps.settings.limits)
    if stop == "review":
        return {"stop": stop, "reviewing": deps.store.waiting(limit=1)[0].example_id}
    return {"stop": stop}


async def review(state: State, runtime: Runtime[Deps]) -> State:
    """Ask a person about one example. Nothing is paid for here, so running it again is free."""
    deps, example = runtime.context, state["reviewing"]
    response = interrupt(inbox.question(deps.store, example))
    inbox.answer(deps.store, deps.embedder, example, response)
    return {"exhausted": False}


async def publish(state: State, runtime: Runtime[Deps]) -> State:
    """Write the dataset down."""
    deps = runtime.context
    await asyncio.to_thread(publishing.publish, deps)
    wanted = deps.asked.asked.train is not None
    return {"training": wanted and not iterating.is_over(deps)}


async def train(state: State, runtime: Runtime[Deps]) -> State:
    """An adapter from what was published."""
    await iterating.train_once(runtime.context)
    return {}


async def examine(state: State, runtime: Runtime[Deps]) -> State:
    """Is it better than its base? Where it is not, the loop goes on with new wishes."""
    deps = runtime.context
    await iterating.examine_once(deps)
    return {"stop": "target" if iterating.is_over(deps) else "", "exhausted": False}


def _read_all(deps: Deps) -> list[str]:
    asked = deps.asked.asked
    reader = Reader(
        deps.store,
        deps.scout,
        deps.progress,
        interrupted=deps.halt.check,
        how=HowRead(asked.ocr, asked.password),
    )
    own = [reader.read_highlights(asked.highlights)] if asked.highlights else []
    if asked.ray is not None:
        embedder = deps.settings.embedder
        reader.read_library(asked.books, Workers(asked.ray, deps.library, embedder, asked.ocr))
    return own + [reader.read(book) for book in asked.books]


def _make_ready(deps: Deps, books: Sequence[str]) -> None:
    """What the first example would wait for, and every call beside it."""
    deps.store.make_ready()
    deps.critic.make_ready()
    deps.watch.make_ready(books)
    # What the libraries hold is never garbage, and each look through it stops all calls for 0.2 s;
    # what examples leave behind is looked for less often than by default.
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


async def _wave(deps: Deps, assignments: Sequence[str]) -> None:
    """Each assignment to its end, or to where it needs a batch."""
    await deps.gate.recount(deps.tally.read(), iterating.target(deps))
    planned = set(deps.store.planned())
    try:
        async with asyncio.TaskGroup() as under_way:
            for assignment in (one for one in assignments if one in planned):
                if deps.halt.stop is not None or not await deps.gate.enter():
                    break
                under_way.create_task(_work_on(deps, assignment))
    except ExceptionGroup as errors:  # the first one ended the others
        raise errors.exceptions[0] from None


async def _work_on(deps: Deps, assignment: str) -> None:
    """One assignment to its end, or left planned when the run is being stopped."""
    kept = deferred = False
    subject.set(assignment)
    try:
        await deps.gateway.turns.take()
        attempts = deps.store.start(assignment)
        with contextlib.suppress(Halted):  # stays planned; its paid answers are in the ledger
            kept = await make(deps, assignment)
    except Deferred:
        deferred = True
    except ModelUnavailable:
        if attempts >= _MOST_ATTEMPTS:
            _fail(deps, assignment, "unavailable")
    except ModelRefusedCall:
        _fail(deps, assignment, "call-refused")
    except Unreadable as error:
        _fail(deps, assignment, error.reason)
    finally:
        await deps.gate.leave(kept=kept, deferred=deferred)


def _fail(deps: Deps, assignment: str, reason: str) -> None:
    deps.store.settle(assignment, "failed", reason)
    deps.tally.settled("failed")
