"""The templates: read, changed with a preview of what the teacher would be sent, and saved."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from desk.web.desk import Desk, desk_of
from desk.web.forms import form
from desk.web.rendering import page, part
from inscape.errors import Overtaken, PromptError
from inscape.files import replace_whole
from memory.catalogue import Filter
from prompts.library import Library, Template

router = APIRouter()

CHOICE = 12  # passages to try a template on

Form = Annotated[dict[str, str], Depends(form)]


@router.get("/templates")
def templates(request: Request) -> HTMLResponse:
    desk = desk_of(request)
    made = {one: sum(versions.values()) for one, versions in _versions(desk).items()}
    return page(request, "templates.html", templates=desk.library.templates, made=made)


@router.get("/templates/{id}")
def template(request: Request, id: str, saved: str = "") -> HTMLResponse:
    desk = desk_of(request)
    shown = desk.library.template(id)
    passages = [one.passage for one in desk.store.ranked_passages(limit=CHOICE)]
    return page(
        request,
        "template.html",
        template=shown,
        text=Path(shown.file).read_text(encoding="utf-8"),
        own=_own(desk, shown).exists(),
        passages=passages,
        versions=_versions(desk).get(shown.id, {}),
        saved=saved == shown.version,
    )


@router.post("/templates/{id}/preview")
def preview(request: Request, id: str, said: Form) -> HTMLResponse:
    """What the teacher would be sent, and what the change leaves behind; nothing is written."""
    desk = desk_of(request)
    before = desk.library.template(id)
    try:
        changed = desk.library.with_template(before, _text(said))
    except PromptError as error:
        return part("_preview.html", wrong=f"{error} {error.hint}".strip())
    after = changed.template(id)
    return part(
        "_preview.html",
        wrong="",
        prompt=_asked(desk, changed, after, said.get("passage", "")),
        same=after.version == before.version,
        made=_versions(desk).get(before.id, {}).get(before.version, 0),
        planned=desk.store.count(Filter(status="planned", template=before.id)),
        going=desk.runner.going,
    )


@router.post("/templates/{id}")
def save(request: Request, id: str, said: Form) -> RedirectResponse:
    """Into the project's own prompts, unless somebody else saved it since it was shown."""
    desk = desk_of(request)
    with desk.writing:
        desk.forget_library()
        before = desk.library.template(id)
        if said.get("version") != before.version:
            raise Overtaken(
                f"The template {before.id!r} was changed elsewhere meanwhile",
                hint="Open it again and make your change there",
            )
        text = _text(said)
        after = desk.library.with_template(before, text).template(id)
        own = _own(desk, before)
        own.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(own, text.encode())
        desk.forget_library()
    return RedirectResponse(f"/templates/{before.id}?saved={after.version}", 303)


def _versions(desk: Desk) -> dict[str, dict[str, int]]:
    return desk.store.template_versions()


def _own(desk: Desk, template: Template) -> Path:
    """Where the project keeps its own: the name is that of the file the library read."""
    return desk.project.prompts / "templates" / Path(template.file).name


def _text(said: dict[str, str]) -> str:
    """A browser sends lines as CR LF, whatever they were."""
    return said.get("text", "").replace("\r\n", "\n")


def _asked(desk: Desk, library: Library, template: Template, passage_id: str) -> Any:
    if not passage_id:
        return None
    rated = desk.store.rated_passage(passage_id)
    return library.assignment(template, passage=rated.passage.text, phenomena=rated.phenomena)
