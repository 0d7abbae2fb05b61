"""`review` and `why`: a person's word on what the critic doubts, and the story of one example."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from dataset.records import Decision
from desk.commands import options
from desk.files import read_text
from desk.here import Here
from desk.shown import count, one_line
from inscape.errors import InscapeError, UsageError

if TYPE_CHECKING:
    from dataset.example import Example
    from desk.bench import StoreBench
    from desk.session import Editing
    from memory.records import Decided, Waiting

PAGE = 200


def review(
    ctx: typer.Context,
    list_: options.List = False,
    decide: options.Decide = None,
    answer: options.Answer = None,
    example: options.EditedFile = None,
    reason: options.Reason = "",
    by: options.By = "person",
    undo: options.Undo = False,
    json: options.Json = False,
) -> None:
    """Decide on the examples that wait for you, a key each."""
    _see_one_task(list_=list_, decide=decide, undo=undo, answer=answer, example=example)
    here = ctx.ensure_object(Here)
    if list_:
        _list(here, as_json=json)
    elif undo:
        _tell(here, _bench(here).undo(by), "Taken back", as_json=json)
    elif decide is not None and answer is not None:
        edited = _edited(example, answer)
        decision = Decision(example_id=decide, answer=answer, reason=reason, by=by)
        _tell(here, _bench(here).decide(decision, edited), "Decided", as_json=json)
    elif json or not (sys.stdin.isatty() and here.out.is_terminal):
        _list(here, as_json=json)
    else:
        sit_down(here, by)


def _see_one_task(
    *, list_: bool, decide: str | None, undo: bool, answer: str | None, example: Path | None
) -> None:
    if sum((list_, decide is not None, undo)) > 1:
        raise UsageError("Only one of --list, --decide and --undo at a time")
    if (decide is None) != (answer is None):
        raise UsageError(
            "--decide ID and --answer ANSWER go together",
            hint="inscape review --decide ID --answer accept",
        )
    if (answer == "edit") != (example is not None):
        raise UsageError("--answer edit and --example FILE go together")


def _bench(here: Here) -> "StoreBench":
    from desk.bench import StoreBench

    return StoreBench(here.store, here.settings().embedder)


def _queue(here: Here) -> "Iterator[Waiting]":
    offset = 0
    while page := here.store.waiting(limit=PAGE, offset=offset):
        yield from page
        offset += len(page)


def _list(here: Here, *, as_json: bool) -> None:
    from desk import bench

    for item in _queue(here):
        if as_json:
            here.emit(bench.as_json(item))
            continue
        opening = one_line(item.example.spoken, 48)
        typer.echo(f"{item.example_id}  {item.template_id}  {', '.join(item.reasons)}: {opening}")
    waiting = here.store.counts().escalated
    if not as_json:
        here.say(f"{count(waiting, 'example')} waiting; decide with inscape review on a terminal")


def _edited(file: Path | None, answer: str) -> "Example | None":
    """Any shape that export writes, or the page the editor shows."""
    if file is None:
        return None
    from dataset.formats import read_row
    from desk.editing import from_page

    text = read_text(file)
    try:
        data = json.loads(text)
    except json.JSONDecodeError:
        found = from_page(text, "monologue")
        if found is None:
            raise InscapeError(f"The file {str(file)!r} is empty") from None
        return found
    if not isinstance(data, dict):
        raise InscapeError(f"{file} is not an example", hint='Write {"instruction", "output"}')
    try:
        return read_row(data)
    except ValueError as error:
        raise InscapeError(f"{file} is not an example: {error}") from None


def _tell(here: Here, decided: "Decided", what: str, *, as_json: bool) -> None:
    said = {
        "id": decided.decision.example_id,
        "answer": decided.decision.answer,
        "status": decided.status,
        "example": decided.example_id,
        "by": decided.decision.by,
    }
    if as_json:
        here.emit(said)
        return
    here.tell(f"{what}: {said['answer']} of {said['id']}; it is {said['status']} now.")


class Sitting(NamedTuple):
    """How a review ended; `finished` is false when the person left with some still waiting."""

    decided: int
    finished: bool


def sit_down(here: Here, by: str) -> Sitting:
    """The review proper, on a terminal."""
    from desk import screen
    from desk.keys import TerminalKeys
    from desk.session import Session

    bench = _bench(here)
    keys = TerminalKeys()
    session = Session(bench, _warming(bench, screen.editor_of(here.out, keys)), by=by)
    if session.current is None:
        held = bench.held_elsewhere()
        others = f" {count(held, 'example')} on other desks." if held else ""
        here.say(f"Nothing waits for you.{others}")
        return Sitting(0, finished=not held)
    try:
        screen.review(here.out, session, keys)
    finally:
        bench.close()
    answers = list(session.answers.values())
    left = here.store.counts().escalated
    here.say(f"{screen.farewell(answers)}; {count(left, 'example')} waiting.")
    if not left:
        here.say("The same inscape run as before goes on from here.", "dim")
    return Sitting(sum(answer != "ignore" for answer in answers), finished=not left)


def _warming(bench: "StoreBench", edit: "Editing") -> "Editing":
    """Only an edit needs the embedder, and a person needs longer for it than the loading takes."""

    def begin(item: "Waiting", page: str, complaint: str) -> str:
        bench.warm_up()
        return edit(item, page, complaint)

    return begin


def why(ctx: typer.Context, id_: options.Id, json: options.Json = False) -> None:
    """Tell everything that ever happened to one example."""
    from desk.story import tell

    here = ctx.ensure_object(Here)
    story = here.store.why(id_)
    if json:
        here.emit(story)
    else:
        tell(here.out, story)
