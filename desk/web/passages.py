"""The passages, richest first, each with its page; and the pages as pictures."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from desk.web.card import pictured
from desk.web.desk import desk_of
from desk.web.rendering import page, part, wants_part

router = APIRouter()

PAGE = 20


@router.get("/passages")
def passages(
    request: Request,
    book: Annotated[str, Query(max_length=80)] = "",
    phenomenon: Annotated[str, Query(max_length=80)] = "",
    start: Annotated[int, Query(ge=0)] = 0,
) -> HTMLResponse:
    desk = desk_of(request)
    wanted = {"book": book, "phenomenon": phenomenon}
    ranked = desk.store.ranked_passages(**wanted, limit=PAGE, offset=start)
    found: dict[str, Any] = {
        **wanted,
        "query": urlencode({name: value for name, value in wanted.items() if value}),
        "ranked": [(one, pictured(desk, one.passage)[:1]) for one in ranked],
        "asked": desk.store.asked_of([one.passage.id for one in ranked]),
        "count_found": desk.store.count_passages(**wanted),
        "start": start,
        "page_size": PAGE,
    }
    if wants_part(request):
        return part("_passages.html", **found)
    kinds = [(one.id, one.name) for one in desk.library.phenomena]
    return page(request, "passages.html", **found, kinds=kinds, books=desk.store.books())


@router.get("/passages/{passage_id}/{number}.png")
def picture(request: Request, passage_id: str, number: int) -> Response:
    """The page by its number; which file that is, the store says."""
    desk = desk_of(request)
    png = desk.pictures.picture(desk.store.passage(passage_id), number)
    # What a passage's page shows never changes; the browser may keep it while it is open.
    return Response(png, media_type="image/png", headers={"cache-control": "private, max-age=3600"})
