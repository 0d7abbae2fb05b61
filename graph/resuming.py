"""Which thread of the graph a run belongs to: the last, or a new one when the work changed."""

from typing import Any

from corpus.book import file_sha256
from graph.deps import Deps
from inscape.errors import ProjectError
from inscape.progress import Note
from memory.store import Store

_LAST = "run"


def thread_of(deps: Deps) -> str:
    """Obeys `resume`: what is accepted stays in every case, only unfinished work is at stake.

    The thread holds what was under way when a run ended; if books, templates or models are others
    now, it is left and the loop starts anew.
    """
    mode, now = deps.settings.resume, _fingerprint(deps)
    last: dict[str, Any] | None = deps.store.recall(_LAST)
    changed = [name for name in now if last and last["fingerprint"].get(name) != now[name]]
    if mode == "always":
        _insist(last, changed)
    if last and mode != "never" and not changed:
        return str(last["thread"])
    if last:
        _leave(deps, changed)
    number = last["number"] + 1 if last else 1
    thread = _thread(number)
    deps.store.remember(_LAST, {"thread": thread, "number": number, "fingerprint": now})
    return thread


def leave_behind(store: Store) -> None:
    """What was under way stays where it is written; the next run takes a thread of its own."""
    last: dict[str, Any] | None = store.recall(_LAST)
    if last is not None:
        number = last["number"] + 1
        store.remember(_LAST, {**last, "number": number, "thread": _thread(number)})


def _thread(number: int) -> str:
    return f"run-{number}"


def _leave(deps: Deps, changed: list[str]) -> None:
    if changed:
        deps.progress(Note(f"Starting anew, because there are other {' and '.join(changed)}"))
    deps.store.withdraw(deps.store.planned())


def _insist(last: dict[str, Any] | None, changed: list[str]) -> None:
    if last is None:
        raise ProjectError(
            "There is no earlier run to resume", hint="Use --resume if-possible for the first run"
        )
    if changed:
        raise ProjectError(
            f"The earlier run had other {' and '.join(changed)}",
            hint="Ask for the same as before, or use --resume if-possible or never",
        )


def _fingerprint(deps: Deps) -> dict[str, Any]:
    """What the unfinished work of a run depends on, by the word a person has for it."""
    asked = deps.asked
    return {
        "books": sorted(file_sha256(book) for book in asked.asked.books),
        "templates": sorted(f"{one.id} {one.version}" for one in asked.templates),
        "models": [asked.teacher, *asked.critics, asked.scout or "none"],
    }
