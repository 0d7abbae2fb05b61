"""The overview: where the project stands, live while a run is going."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from desk.standing import batch_lines
from desk.web.desk import Desk, desk_of
from desk.web.rendering import page, rendered

router = APIRouter()

EVERY = 1.0  # seconds between two looks at the store


@router.get("/")
def overview(request: Request) -> HTMLResponse:
    desk = desk_of(request)
    agreement = {"all": desk.store.agreement(), "blind": desk.store.agreement(blind=True)}
    return page(request, "overview.html", **standing(desk), **coverage(desk), agreement=agreement)


@router.get("/live")
def live(request: Request) -> StreamingResponse:
    """The top of the overview as server-sent events, whenever it has changed."""
    return StreamingResponse(_changes(request), media_type="text/event-stream")


@router.post("/run/start")
def start(request: Request) -> RedirectResponse:
    desk = desk_of(request)
    desk.runner.start()
    return RedirectResponse("/", 303)


@router.post("/run/stop")
def stop(request: Request) -> RedirectResponse:
    desk = desk_of(request)
    desk.runner.stop()
    return RedirectResponse("/", 303)


async def _changes(request: Request) -> AsyncIterator[str]:
    desk = desk_of(request)
    before = ""
    while not (desk.closing or await request.is_disconnected()):
        now = await run_in_threadpool(lambda: rendered("_standing.html", **standing(desk)))
        yield f"event: standing\ndata: {json.dumps(now)}\n\n" if now != before else ": still\n\n"
        before = now
        await asyncio.sleep(EVERY)


def standing(desk: Desk) -> dict[str, Any]:
    """What changes while a run goes on."""
    last: dict[str, Any] = desk.store.recall("report") or {}
    counts, spent = desk.store.counts(), desk.store.ledger.spent()
    asked = (desk.store.recall("asked") or {}).get("said", {})
    target = asked.get("target") or last.get("target") or desk.settings.target
    going = desk.runner.going
    return {
        "counts": counts,
        "target": target,
        "spent": spent,
        "batches": batch_lines(desk.store),
        "usd": None if spent.unpriced else spent.usd,
        "rehearsal": bool(desk.store.origins()[1]),
        "going": going,
        "ours": desk.runner.ours,
        "can_start": not going and desk.runner.can_start,
        "stopped": None if going else last.get("stop"),
        "complaint": desk.runner.complaint,
    }


def coverage(desk: Desk) -> dict[str, Any]:
    """Phenomena down, templates across, and in each cell what was accepted."""
    cells = desk.store.coverage()
    templates = sorted({template for _, template in cells})
    phenomena = sorted({phenomenon for phenomenon, _ in cells})
    most = max((cell["accepted"] for cell in cells.values()), default=0)
    rows = [
        (one, [_cell(cells.get((one, template), {}), most) for template in templates])
        for one in phenomena
    ]
    by_template = {
        template: _summed([cell for (_, t), cell in cells.items() if t == template])
        for template in templates
    }
    return {"templates": templates, "rows": rows, "by_template": by_template}


def _cell(cell: dict[str, int], most: int) -> tuple[int, int]:
    """How many, and which of six shades."""
    accepted = cell.get("accepted", 0)
    return accepted, -(-5 * accepted // most) if most else 0


def _summed(cells: list[dict[str, int]]) -> dict[str, int]:
    return {name: sum(cell[name] for cell in cells) for name in cells[0]}
