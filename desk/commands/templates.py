"""`templates new` and `templates import`: templates of one's own, brought into the project."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from desk.commands import options
from desk.here import Here
from inscape.errors import UsageError

if TYPE_CHECKING:
    from prompts.shapes import Template
    from prompts.writing import Written


def import_templates(
    ctx: typer.Context,
    file: options.TemplatesFile,
    force: options.Replace = False,
    json: options.Json = False,
) -> None:
    """Take in a hand-made elicitation_templates.md.

    Each template is a line **TEMPLATE n: NAME** and a fenced body with [PASTE_PASSAGE] in it. One
    that has the name of a template of ours takes its place in this project.
    """
    from prompts.writing import read_handmade

    here = ctx.ensure_object(Here)
    _save(here, read_handmade(file, here.library), force=force, json=json)


def new_template(
    ctx: typer.Context,
    description: options.Phenomenology = None,
    teacher: options.Teacher = None,
    force: options.Replace = False,
    json: options.Json = False,
) -> None:
    """Have a model draft a template from a phenomenon that you describe."""
    here = ctx.ensure_object(Here)
    spec = here.settings({"teacher": teacher}).teacher
    if not description or not description.strip():
        raise UsageError(
            "Which phenomenon?", hint='inscape templates new "waking without a name" --teacher SPEC'
        )
    if not spec:
        raise UsageError("Which model shall write it?", hint="Say --teacher SPEC")
    written = asyncio.run(_draft(here, description, spec))
    _save(here, [written], force=force, json=json)


async def _draft(here: Here, description: str, spec: str) -> "Written":
    from agents.drafting import Drafter
    from desk.panel import model_of, some_store

    settings = here.settings({"teacher": spec})
    with some_store(here.project) as store:
        async with model_of(spec, settings, store) as model:
            return await Drafter(model, here.library).draft(description)


def _save(here: Here, written: "list[Written]", *, force: bool, json: bool) -> None:
    from inscape.settings import write_template
    from prompts.library import Library
    from prompts.writing import check, save

    folder = here.project.prompts / "templates"
    check(written, folder, force=force)
    here.project.create()
    write_template(here.project)
    for one in written:
        _tell(here, save(one, folder), json=json)
    Library.load(here.project.prompts)


def _tell(here: Here, template: "Template", *, json: bool) -> None:
    if json:
        here.emit({"id": template.id, "number": template.number, "file": template.file})
        return
    needs = template.requirements.model_dump(exclude_none=True, exclude_defaults=True, mode="json")
    said = ", ".join(f"{name} {value}" for name, value in needs.items()) or "nothing to be checked"
    here.tell(f"{template.number}  {template.id}: {template.form}, {said}", "bold")
    here.tell(f"   {Path(template.file)}; read it and change what you like")
