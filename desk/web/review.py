"""The review: one example at a time, and what a key does to it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from dataset.records import Answer, Decision
from desk.editing import texts, with_texts
from desk.session import DONE, REASONS, critic_said
from desk.several import Offer
from desk.web.card import card, comparisons
from desk.web.desk import Desk, desk_of
from desk.web.rendering import page, part
from inscape.errors import ProjectError
from memory.records import Decided, Waiting

router = APIRouter()

Id = Annotated[str, Field(min_length=1, max_length=80)]
Text = Annotated[str, Field(max_length=300_000)]
Reason = Annotated[str, Field(max_length=500)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Said(Strict):
    """A decision as the page sends it; `texts` are those of an edit, by name."""

    example_id: Id
    answer: Answer
    reason: Reason = ""
    blind: bool = False
    texts: dict[Id, Text] = {}


class Explained(Strict):
    example_id: Id
    reason: Annotated[int, Field(ge=1, le=len(REASONS))]


class TakenBack(Strict):
    """Without examples, the last decision of this person."""

    examples: Annotated[list[Id], Field(max_length=1000)] = []


class Alike(Strict):
    """Others to be rejected with an example: those waiting with the same defect."""

    example_id: Id
    defect: Id
    reason: Reason = ""


@router.get("/review")
def review(request: Request, id: str = "") -> HTMLResponse:
    """From the front of the queue, or from one example in it, if it still waits."""
    desk = desk_of(request)
    item = (desk.bench.item(id) if id else None) or desk.bench.beside(-1, 1)
    shown = {**card(desk, item), "ended": False} if item else _end(desk)
    return page(request, "review.html", **shown, reasons=REASONS)


@router.get("/review/card")
def next_card(
    request: Request, id: str = "", after: int | None = None, before: int | None = None
) -> HTMLResponse:
    """The next one, the one before, or a certain one; the end where there is none."""
    desk = desk_of(request)
    item = _wanted(desk, id, after, before)
    if item is None:
        return part("_end.html", **_end(desk))
    return part("_card.html", **card(desk, item))


@router.get("/review/compare")
def compare(request: Request, id: Annotated[str, Query(max_length=80)]) -> HTMLResponse:
    """Fetched when it is opened: a word diff of long texts takes a while."""
    desk = desk_of(request)
    found = comparisons(desk, desk.store.item(id))
    return part("_compare.html", comparisons=found)


@router.get("/review/edit")
def edit(request: Request, id: Annotated[str, Query(max_length=80)]) -> HTMLResponse:
    desk = desk_of(request)
    item = desk.bench.item(id) or desk.store.item(id)  # an edit takes its time: claimed anew
    desk.bench.warm_up()
    return part("_edit.html", item=item, texts=texts(item.example))


@router.post("/review/decide")
def decide(request: Request, said: Said) -> dict[str, Any]:
    """Decided only if the example still waits as it was shown; else 409 and nothing is changed."""
    desk = desk_of(request)
    item = desk.store.item(said.example_id)
    edited = with_texts(item.example, said.texts) if said.answer == "edit" else None
    if edited is not None and edited == item.example:
        raise ProjectError("Unchanged, so nothing was decided.")
    decision = Decision(
        example_id=said.example_id,
        answer=said.answer,
        reason=said.reason,
        by=desk.by,
        blind=said.blind,
    )
    decided = desk.bench.decide(decision, edited, shown="escalated")
    offered = desk.bench.offer(item) if said.answer == "edit" or said.reason else None
    return _told(desk, decided, offered) | {"critic": critic_said(item)}


@router.post("/review/explain")
def explain(request: Request, said: Explained) -> dict[str, Any]:
    """The rejection stands already; now its reason is known."""
    desk, reason = desk_of(request), REASONS[said.reason - 1]
    decided = desk.bench.explain(said.example_id, reason, desk.by)
    offered = desk.bench.offer(desk.store.item(said.example_id))
    return _told(desk, decided, offered) | {"message": f"Rejected: {reason}."}


@router.post("/review/alike")
def reject_alike(request: Request, said: Alike) -> dict[str, Any]:
    """Reject the others that wait with the same defect."""
    desk = desk_of(request)
    done = desk.bench.reject_alike(said.defect, said.reason, desk.by)
    waiting = desk.store.counts().escalated
    message = f"{len(done.ids)} more rejected for {said.defect}."
    return {"message": message, "examples": done.ids, "waiting": waiting, "offer": None}


@router.post("/review/undo")
def undo(request: Request, said: TakenBack) -> dict[str, Any]:
    """Take back what this page did last; its examples wait again."""
    desk = desk_of(request)
    if not said.examples:
        taken = [desk.bench.undo(desk.by, own=True)]
    else:
        taken = [desk.bench.undo(desk.by, own=True, example_id=key) for key in said.examples]
    message = f"Taken back: {DONE[taken[0].decision.answer].lower()}."
    if len(taken) > 1:
        message = f"Taken back: {len(taken)} decisions."
    waiting = desk.store.counts().escalated
    return {"message": message, "id": taken[0].decision.example_id, "waiting": waiting}


def _wanted(desk: Desk, id: str, after: int | None, before: int | None) -> Waiting | None:
    if id:
        return desk.bench.item(id)
    if before is not None:
        return desk.bench.beside(before, -1)
    return desk.bench.beside(-1 if after is None else after, 1)


def _end(desk: Desk) -> dict[str, Any]:
    last = desk.store.recall("report") or {}
    return {
        "ended": True,
        "waiting": desk.store.counts().escalated,
        "elsewhere": desk.bench.held_elsewhere(),
        "can_start": desk.runner.can_start,
        "going": desk.runner.going,
        "stopped": last.get("stop"),
    }


def _told(desk: Desk, decided: Decided, offered: Offer | None) -> dict[str, Any]:
    return {
        "message": f"{DONE[decided.decision.answer]}.",
        "status": decided.status,
        "waiting": desk.store.counts().escalated,
        "offer": offered._asdict() if offered else None,
    }
