"""`move`: a project's store from its file to a database server, and back."""

from typing import TYPE_CHECKING

import typer

from desk.commands import options
from desk.here import Here
from desk.shown import count

if TYPE_CHECKING:
    from inscape.project import Project


def move(ctx: typer.Context, to: options.MoveTo, json: options.Json = False) -> None:
    """Copy the project's store elsewhere, and go on with it there.

    What was there stays as it is. Close the desks first: those still open go on with the old one.
    """
    from memory.database import name_of

    here = ctx.ensure_object(Here)
    here.project.require()
    moved = _moved(here, to)
    rows = _copy(here, moved)
    if json:
        here.emit({"to": name_of(moved.store), "rows": rows})
        return
    here.tell(f"Moved {count(sum(rows.values()), 'row')} to {name_of(moved.store)}.")
    here.say(f"{name_of(here.project.store)} is as it was; the settings name the new one.", "dim")
    _say_what_else(here, to)


def _moved(here: Here, to: str) -> "Project":
    from inscape.project import Project
    from inscape.rewriting import with_setting
    from inscape.settings import write_template

    project = here.project
    project.create()
    write_template(project)
    with_setting(project.settings_file.read_text(encoding="utf-8"), "store", to)  # can it be?
    return Project(project.root, to)


def _copy(here: Here, moved: "Project") -> dict[str, int]:
    from graph.holding import hold
    from graph.resuming import leave_behind
    from inscape.rewriting import write_setting
    from memory.store import Store

    with hold(here.project), here.store.alone(), Store.of(moved) as target:
        rows = here.store.copy_to(target)
        leave_behind(target)  # its checkpoints are not among the rows
        write_setting(here.project.settings_file, "store", moved.named, secret=_has_password(moved))
    return rows


def _has_password(moved: "Project") -> bool:
    from memory.database import to_url

    url = to_url(moved.store)
    return url.password is not None or "password" in url.query


def _say_what_else(here: Here, to: str) -> None:
    from inscape.settings import store_in_environment

    if store_in_environment() not in ("", to):
        here.say("INSCAPE_STORE still names the old one and wins over the settings: unset it.")
