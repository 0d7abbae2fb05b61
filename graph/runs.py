"""A run from beginning to end: the only module that calls the graph."""

import asyncio
import contextlib
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from agents.models import parse_spec
from graph.asked import Asked, Checked, check
from graph.assembly import assemble
from graph.build import build_graph
from graph.checkpoints import open_checkpoints
from graph.deps import Deps
from graph.halt import Halted
from graph.holding import hold
from graph.inbox import REFRESH
from graph.iterating import history
from graph.publishing import note_run
from graph.report import RunReport
from graph.resuming import thread_of
from graph.state import State
from inscape.errors import ProjectError
from inscape.progress import Note, Progress, Started, Stop, Stopped, unwatched
from inscape.project import Project
from inscape.settings import TEMPLATE, write_template
from memory.records import Spent
from memory.store import Store

# Rounds are bounded by steering, never by the engine.
_NO_LIMIT = 1_000_000


async def run(asked: Asked, *, progress: Progress = unwatched) -> RunReport:
    """Go on until there is a reason to stop. Safe to call again at any time, also after a kill.

    Raises InscapeError for bad input and for servers that do not answer; a project that this very
    call has made for nothing is taken away again.
    """
    checked = check(asked)
    with (
        _made(asked.project),
        hold(asked.project),
        Store.of(asked.project) as store,
        store.alone(),
    ):
        _keep_apart(checked, store)
        store.remember("asked", asked.as_json())
        before, began = store.ledger.spent(), time.monotonic()
        async with assemble(checked, store, progress) as deps:
            if asked.settings.batch:
                await deps.batching.see_that_taken(checked.asks)
            note_run(store, checked)
            progress(_started(checked, deps))
            with _stopping_gently(deps):
                state = await _go(deps)
            report = _report(deps, state, before, time.monotonic() - began)
    progress(Stopped(report.stop, report.counts, report.reason))
    return report


def _keep_apart(checked: Checked, store: Store) -> None:
    """Rehearsal and real examples never count toward one target."""
    real, rehearsal = store.origins()
    rehearses = parse_spec(checked.teacher).provider == "rehearsal"
    if (real and rehearses) or (rehearsal and not rehearses):
        held = f"{real} real" if rehearses else f"{rehearsal} rehearsal"
        raise ProjectError(
            f"The project {str(checked.asked.project.root)!r} holds {held} examples",
            hint="Rehearsal and real data never mix: choose another directory with --project DIR",
        )


async def _go(deps: Deps) -> State:
    """Take up the graph where it was left, or start it; then let it come to rest."""
    async with open_checkpoints(deps.project, deps.progress) as saver:
        graph = build_graph(saver)
        config: RunnableConfig = {
            "configurable": {"thread_id": thread_of(deps)},
            "recursion_limit": _NO_LIMIT,
        }
        given = await _input(graph, config)
        try:
            state: Any = await graph.ainvoke(given, config, context=deps)
        except Halted:  # while books were read or scouted; the next run takes that node up again
            state = {"stop": deps.halt.stop}
    failed = deps.halt.error is not None and not deps.gateway.paused
    if failed and deps.halt.stop == "interrupted":
        assert deps.halt.error is not None
        raise deps.halt.error
    return state  # type: ignore[no-any-return]


async def _input(
    graph: CompiledStateGraph[State, Deps, State, State], config: RunnableConfig
) -> State | Command[Any] | None:
    """What LangGraph wants: an answer to a pending question, nothing after a kill, or a start."""
    snapshot = await graph.aget_state(config)
    if any(task.interrupts for task in snapshot.tasks):
        return Command(resume=REFRESH)
    return None if snapshot.next else {"stop": ""}


@contextlib.contextmanager
def _made(project: Project) -> Iterator[None]:
    """Make the project; when nothing came of it because the input was bad, leave nothing behind."""
    new = not project.root.exists()
    project.create()
    try:
        write_template(project)
        yield
    except BaseException:
        if new and not _worth_keeping(project):
            shutil.rmtree(project.root, ignore_errors=True)
        raise


def _worth_keeping(project: Project) -> bool:
    """A book that was read, anything paid for, or a file that making a project does not leave.

    A store on a server loses nothing with the directory.
    """
    if not _only_made(project):
        return True
    if isinstance(project.store, str) or not project.store.exists():
        return False
    with Store.of(project) as store:
        return bool(store.books() or store.ledger.spent().calls)


def _only_made(project: Project) -> bool:
    """Whether the directory holds only what every run puts there: no export, adapter or change."""
    file = project.settings_file
    if file.exists() and file.read_bytes() != TEMPLATE.encode():
        return False
    databases = (Path(project.store).name, project.checkpoints.name)  # with their -wal and -shm
    begun = {file, project.vectors}
    return all(one in begun or one.name.startswith(databases) for one in project.root.iterdir())


@contextlib.contextmanager
def _stopping_gently(deps: Deps) -> Iterator[None]:
    """Ctrl-C and SIGTERM: calls in flight end and are kept. A second Ctrl-C stops at once."""
    loop = asyncio.get_running_loop()
    handled = (signal.SIGINT, signal.SIGTERM)

    def stop() -> None:
        for one in handled:
            loop.remove_signal_handler(one)
        deps.halt.say("interrupted")
        deps.progress(Note("Stopping when the calls in flight have ended; Ctrl-C stops at once"))

    for one in handled:
        loop.add_signal_handler(one, stop)
    try:
        yield
    finally:
        for one in handled:
            loop.remove_signal_handler(one)


def _started(checked: Checked, deps: Deps) -> Started:
    return Started(
        target=checked.target,
        teacher=checked.teacher,
        critic=", ".join(checked.critics),
        counts=deps.tally.before,
        rehearsal=deps.teacher.is_rehearsal,
        concurrency=deps.settings.concurrency,
    )


def _report(deps: Deps, state: State, before: Spent, seconds: float) -> RunReport:
    spent = deps.store.ledger.spent()
    stop = state["stop"] or "interrupted"
    return RunReport(
        stop=stop,
        target=deps.asked.target,
        counts=deps.tally.read(),
        calls=spent.calls - before.calls,
        calls_reused=deps.gateway.reused,
        input_tokens=spent.input_tokens - before.input_tokens,
        output_tokens=spent.output_tokens - before.output_tokens,
        usd=spent.usd - before.usd,
        rounds=deps.tally.rounds,
        seconds=seconds,
        reason=str(deps.halt.error or "") or _little(deps, state, stop),
        dataset=str(deps.project.exports / "latest") if stop == "target" else "",
        rehearsal=deps.teacher.is_rehearsal,
        training=history(deps) if deps.asked.asked.train else (),
    )


def _little(deps: Deps, state: State, stop: Stop) -> str:
    """Why the books gave no more: a manual has little of what is looked for, and that is said."""
    if stop != "corpus":
        return ""
    shelf = deps.store.passages(state["books"])
    limits = deps.settings.limits
    rich = sum((one.richness or 0.0) >= limits.richness or one.highlighted for one in shelf)
    return (
        f"{rich:,} of {len(shelf):,} passages show enough inner experience (richness "
        f"{limits.richness:g} and more), and each gives {limits.per_passage} examples at most"
    )
