"""All examples: searched, filtered, decided on in bulk; and the whole story of one."""

from dataclasses import asdict, fields
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from dataset.example import from_interchange
from desk.several import BECOMES, MOST, Answer
from desk.story import verdict_of
from desk.web.card import asked, evidence_of, pictured
from desk.web.card import told as shown
from desk.web.desk import Desk, desk_of
from desk.web.forms import form
from desk.web.rendering import page, part, wants_part
from inscape.errors import Overtaken
from memory.catalogue import Filter
from memory.records import SETTLED

router = APIRouter()

PAGE = 40
NAMES = tuple(field.name for field in fields(Filter))


def wanted(
    text: Annotated[str, Query(max_length=200)] = "",
    status: Annotated[str, Query(max_length=80)] = "",
    verdict: Annotated[str, Query(max_length=80)] = "",
    defect: Annotated[str, Query(max_length=80)] = "",
    template: Annotated[str, Query(max_length=80)] = "",
    phenomenon: Annotated[str, Query(max_length=80)] = "",
    book: Annotated[str, Query(max_length=80)] = "",
) -> Filter:
    return Filter(text, status, verdict, defect, template, phenomenon, book)


@router.get("/examples")
def examples(
    request: Request,
    filter: Annotated[Filter, Depends(wanted)],
    start: Annotated[int, Query(ge=0)] = 0,
    done: Annotated[str, Query(max_length=200)] = "",
) -> HTMLResponse:
    """The list; asked by htmx, only what changes with the filter."""
    desk = desk_of(request)
    found: dict[str, Any] = {
        "filter": filter,
        "query": urlencode({n: v for n, v in asdict(filter).items() if v}),
        "entries": desk.store.entries(filter, limit=PAGE, offset=start),
        "count_found": desk.store.count(filter),
        "start": start,
        "page_size": PAGE,
        "most": MOST,
        "done": done,
    }
    if wants_part(request):
        return part("_entries.html", **found)
    return page(request, "examples.html", **found, choices=_choices(desk))


@router.post("/examples/bulk")
def bulk(request: Request, said: Annotated[dict[str, str], Depends(form)]) -> RedirectResponse:
    """Decide on all that the filter lets through, if it still lets through as many as were shown.

    Each is a decision of its own, taken only if it stands as it did a moment ago.
    """
    desk = desk_of(request)
    answer: Answer = "accept" if said.get("answer") == "accept" else "reject"
    filter = Filter(**{name: said.get(name, "") for name in NAMES})
    count = desk.store.count(filter)
    if said.get("count") != str(count):
        raise Overtaken(
            f"The filter let through {said.get('count')} when you looked, and now {count}",
            hint="Go back and look again; nothing was changed",
        )
    done = desk.bench.decide_all(filter, answer, reason=said.get("reason", "")[:500], by=desk.by)
    left = f"; {done.left} left as they were" if done.left else ""
    told = f"{len(done.ids)} {BECOMES[answer]}{left}."
    query = {n: v for n, v in asdict(filter).items() if v} | {"done": told}
    return RedirectResponse(f"/examples?{urlencode(query)}", 303)


@router.get("/examples/{id}")
def history(request: Request, id: str) -> HTMLResponse:
    """Everything that ever happened to one example."""
    desk = desk_of(request)
    story = desk.store.why(id)
    passage = desk.store.passage(story["passage"]["id"])
    drafts = [_draft(desk, draft) for draft in story["drafts"]]
    values: dict[str, Any] = {"story": story, "passage": passage, "drafts": drafts}
    waits = story["assignment"]["status"] == "escalated"
    pages = pictured(desk, passage)
    return page(request, "history.html", **values, waits=waits, pages=pages)


def _draft(desk: Desk, draft: dict[str, Any]) -> dict[str, Any]:
    verdicts = [verdict_of(said) for said in draft["verdicts"]]
    last = verdicts[-1] if verdicts else None
    return {
        **draft,
        "told": shown(from_interchange(draft["example"]), evidence_of(last)),
        "verdict": last,
        "questions": asked(desk.library.rubric.questions, last),
    }


def _choices(desk: Desk) -> dict[str, list[tuple[str, str]]]:
    """What each filter can be set to, as (value, words)."""
    store = desk.store
    cells = store.coverage()
    return {
        "status": [(one, "waiting" if one == "escalated" else one) for one in SETTLED],
        "verdict": [(one, one) for one in SETTLED],
        "defect": [(code, f"{code} ({n:,})") for code, n in store.defects().items()],
        "template": [(one, one) for one in sorted({template for _, template in cells})],
        "phenomenon": [(one, one) for one in sorted({phenomenon for phenomenon, _ in cells})],
        "book": [(book.sha256, book.title) for book in store.books()],
    }
