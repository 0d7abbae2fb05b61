"""`critique` and `import`: examples that were made elsewhere."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from desk.commands import options
from desk.here import Here
from desk.shown import count, one_line
from inscape.errors import UsageError

if TYPE_CHECKING:
    from dataset.records import Verdict
    from desk.critiquing import Case
    from desk.importing import Reply, Taken
    from inscape.settings import Settings

COLOURS = {"accept": "green", "revise": "yellow", "escalate": "yellow", "reject": "red"}


def critique(
    ctx: typer.Context,
    file: options.CasesFile = None,
    checks_only: options.ChecksOnly = False,
    critic: options.Critics = None,
    codes: options.Codes = False,
    json: options.Json = False,
) -> None:
    """Let the critic weigh examples made anywhere."""
    here = ctx.ensure_object(Here)
    if codes:
        _list_codes(here, json=json)
    elif file is None:
        raise UsageError("Which file?", hint="inscape critique FILE.jsonl")
    elif checks_only and critic:
        raise UsageError("--checks-only and --critic say opposite things")
    else:
        settings = _settings(here, critic)
        asyncio.run(_critique(here, file, settings, checks_only=checks_only, json=json))


def _settings(here: Here, critic: str | None) -> "Settings":
    return here.settings({"critic": options.listed(critic)})


def _list_codes(here: Here, *, json: bool) -> None:
    from agents.critic import CODES

    for code, says in sorted(CODES.items()):
        if json:
            here.emit({"code": code, "says": says})
        else:
            here.tell(f"{code}: {says}")


async def _critique(
    here: Here, file: Path, settings: "Settings", *, checks_only: bool, json: bool
) -> None:
    from corpus.embed import Embedder
    from desk import critiquing
    from desk.panel import critic_of, some_store

    cases = critiquing.read_cases(file, here.library)
    judges = () if checks_only else settings.critic
    if not (judges or checks_only):
        here.say("No critic is chosen, so only the checks speak; --critic SPEC asks a model.")
    vectors = Embedder(settings.embedder).encode([case.example.spoken for case in cases])
    with some_store(here.project) as store:
        async with (
            critic_of((), settings, here.library, store) as checker,
            critic_of(judges, settings, here.library, store) as critic,
        ):
            async for case, verdict in critiquing.weigh(cases, vectors, checker, critic):
                if json:
                    here.emit(critiquing.as_json(case, verdict))
                else:
                    _tell(here, case, verdict)


def _tell(here: Here, case: "Case", verdict: "Verdict") -> None:
    here.tell(f"{case.id}  {verdict.ruling}: {one_line(verdict.reason)}", COLOURS[verdict.ruling])
    for defect in verdict.defects:
        quote = f" “{one_line(defect.evidence, 60)}”" if defect.evidence else ""
        here.tell(f"    {defect.code}: {one_line(defect.message)}{quote}")


def import_(
    ctx: typer.Context,
    file: options.RepliesFile,
    dry_run: options.DryRun = False,
    critic: options.Critics = None,
    json: options.Json = False,
) -> None:
    """Take in replies collected by hand, from a chat window say."""
    here = ctx.ensure_object(Here)
    from desk.importing import read_replies

    replies = list(read_replies(file, here.library))
    if dry_run:
        for reply in replies:
            _report(here, reply, None, json=json)
    else:
        asyncio.run(_import(here, replies, _settings(here, critic), json=json))
    unread = sum(reply.read.read != "ok" for reply in replies)
    here.say(f"{count(len(replies), 'reply', 'replies')}, {unread} of them could not be used.")


async def _import(here: Here, replies: "list[Reply]", settings: "Settings", *, json: bool) -> None:
    from corpus.embed import Embedder
    from desk.importing import Importer
    from desk.panel import critic_of
    from graph.trusting import Trusting
    from inscape.settings import write_template
    from memory.store import Store

    here.project.create()
    write_template(here.project)
    with Store.of(here.project) as store:
        async with critic_of(settings.critic, settings, here.library, store) as critic:
            trusting = Trusting(store, here.library, settings)
            importer = Importer(store, critic, Embedder(settings.embedder), settings, trusting)
            for reply in replies:
                taken = await importer.take(reply) if reply.read.read == "ok" else None
                _report(here, reply, taken, json=json)


def _report(here: Here, reply: "Reply", taken: "Taken | None", *, json: bool) -> None:
    if json:
        here.emit(reply.as_json() | (taken._asdict() if taken else {}))
        return
    became = f": {taken.status} ({taken.reason}) as {taken.example_id}" if taken else ""
    reason = f" ({reply.read.reason})" if reply.read.reason else ""
    here.tell(f"{reply.id}  {reply.read.read}{reason}{became}")
