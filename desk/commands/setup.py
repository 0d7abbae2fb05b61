"""`templates` and `doctor`: what there is to work with."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from desk.commands import options
from desk.here import Here
from desk.shown import one_line, visible
from inscape.errors import InscapeError

if TYPE_CHECKING:
    from prompts.library import Template

MARKS = {"ok": ("✓", "green"), "note": ("·", "yellow"), "bad": ("✗", "red")}


def list_templates(ctx: typer.Context, json: options.Json = False) -> None:
    """List the templates: number, id, form, and what each is for."""
    here = ctx.ensure_object(Here)
    for template in here.library.templates:
        if json:
            here.emit(_described(template))
            continue
        state = "" if template.on else "  (off)"
        head = f"{template.number}  {template.id}{state}"
        here.tell(f"{head}  {template.form}, {template.version}", "bold")
        here.tell(f"   {one_line(template.summary)}")


def show_template(
    ctx: typer.Context,
    ref: options.TemplateRef,
    json: options.Json = False,
) -> None:
    """Show one template as its file stands."""
    here = ctx.ensure_object(Here)
    template = here.library.template(ref)
    if json:
        here.emit(_described(template) | {"body": template.body})
        return
    here.say(f"{template.file} (version {template.version})", "dim")
    typer.echo(visible(Path(template.file).read_text(encoding="utf-8")).rstrip())


def check_templates(
    ctx: typer.Context,
    file: options.TemplateFile = None,
) -> None:
    """Check a template file, or all prompts, and say where one is wrong."""
    here = ctx.ensure_object(Here)
    if file is None:
        library = here.library
        here.tell(
            f"{len(library.templates)} templates, {len(library.phenomena)} phenomena and "
            f"{len(library.rubric.questions)} rubric questions are in order."
        )
        return
    from prompts.library import read_template

    if not file.is_file():
        raise InscapeError(f"There is no template file {str(file)!r}", hint="Check the path")
    template = read_template(file)
    here.tell(f"{file} is in order: template {template.id!r}.")


def _described(template: "Template") -> dict[str, Any]:
    return {
        "id": template.id,
        "number": template.number,
        "name": template.name,
        "summary": template.summary,
        "on": template.on,
        "form": template.form,
        "version": template.version,
        "file": template.file,
        "requirements": template.requirements.model_dump(mode="json"),
    }


def doctor(
    ctx: typer.Context,
    teacher: options.Teacher = None,
    critic: options.Critics = None,
    scout: options.Scout = None,
    json: options.Json = False,
) -> None:
    """See whether everything a run needs is there.

    Each model that is chosen gets one tiny call.
    """
    from desk.checkup import all_well, examine
    from inscape.settings import keys

    here = ctx.ensure_object(Here)
    settings = here.settings({"teacher": teacher, "critic": options.listed(critic), "scout": scout})
    findings = []
    for finding in examine(here.project, settings, keys()):
        findings.append(finding)
        if not json:
            mark, colour = MARKS[finding.state]
            hint = f". {finding.hint}" if finding.hint else ""
            here.out.print(f"[{colour}]{mark}[/] {finding.name}: ", end="")
            here.out.print(one_line(finding.detail + hint), markup=False, soft_wrap=True)
    well = all_well(findings)
    if json:
        here.emit({"ok": well, "checks": [finding.as_json() for finding in findings]})
    if not well:
        raise typer.Exit(1)
