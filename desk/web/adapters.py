"""The adapters: how each was trained, and what the examination says of it."""

import time
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from agents.trainer import Place
from desk.web.desk import Desk, desk_of
from desk.web.rendering import page, part, wants_part
from inscape.errors import TrainingError

router = APIRouter()

_SILENCE = 180.0  # seconds without a word, after which a training is taken for dead
_WIDTH = 100.0


@router.get("/adapters")
def adapters(request: Request) -> HTMLResponse:
    """All of them, newest first; asked by htmx, only the list, for one may be in training."""
    desk = desk_of(request)
    places = sorted(_places(desk), key=lambda one: one.plan_file.stat().st_mtime, reverse=True)
    shown = [_summed(one) for one in places]
    if wants_part(request):
        return part("_adapters.html", adapters=shown)
    return page(request, "adapters.html", adapters=shown)


@router.get("/adapters/{name}")
def adapter(request: Request, name: str) -> HTMLResponse:
    desk = desk_of(request)
    place = _place(desk, name)
    return page(
        request,
        "adapter.html",
        adapter=_summed(place),
        recipe=place.plan()["recipe"],
        examined=_examined(place),
        changes=_changes(desk, place),
    )


@router.get("/adapters/{name}/losses.svg")
def losses(request: Request, name: str) -> Response:
    place = _place(desk_of(request), name)
    if not place.losses.exists():
        raise TrainingError(f"The adapter {name!r} has no losses drawn")
    return Response(place.losses.read_bytes(), media_type="image/svg+xml")


def _places(desk: Desk) -> list[Place]:
    return [Place(one) for one in desk.project.adapters.glob("*") if Place(one).is_started]


def _place(desk: Desk, name: str) -> Place:
    """By its directory's name among those there are, so that no address leads elsewhere."""
    for one in _places(desk):
        if one.root.name == name:
            return one
    raise TrainingError(f"There is no adapter {name!r} in this project")


def _summed(place: Place) -> dict[str, Any]:
    plan = place.plan()
    return {
        "name": place.root.name,
        "base": Path(plan["recipe"]["base"]).name,
        "stage": plan["recipe"]["stage"],
        "rehearsal": plan["rehearsal"],
        "result": place.result() if place.is_trained else None,
        "going": None if place.is_trained else _going(place),
        "win_rate": (place.examined() or {}).get("win_rate"),
    }


def _going(place: Place) -> dict[str, Any]:
    """How far a training is that has not ended: its last word, and whether it is a late one."""
    said = place.progress()
    heard = place.progress_file if said else place.plan_file
    return {"event": "", **said, "alive": time.time() - heard.stat().st_mtime < _SILENCE}


def _examined(place: Place) -> dict[str, Any] | None:
    """The report; its pairs with the lost ones first, for those teach most."""
    facts = place.examined()
    if facts is None:
        return None
    order = ("base", "neither", "tuned")
    pairs = sorted(facts["pairs"], key=lambda one: (order.index(one["winner"]), one["phenomenon"]))
    groups = {
        kind: [(name, _bar(rate)) for name, rate in sorted(facts[key].items(), key=_worst)]
        for kind, key in (("phenomenon", "by_phenomenon"), ("template", "by_template"))
    }
    return {**facts, "pairs": pairs, "groups": groups}


def _worst(item: tuple[str, dict[str, float]]) -> tuple[float, str]:
    return item[1]["rate"], item[0]


def _bar(rate: dict[str, float]) -> dict[str, float]:
    """The rate, and where its interval begins and how long it is in a hundred wide drawing."""
    return {
        **rate,
        "from": round(_WIDTH * rate["low"], 1),
        "long": round(_WIDTH * (rate["high"] - rate["low"]), 1),
        "at": round(_WIDTH * rate["rate"], 1),
    }


def _changes(desk: Desk, place: Place) -> list[str]:
    """What this examination made the next iteration ask for, when a run made the adapter."""
    known: dict[str, Any] = desk.store.recall("iterations") or {}
    for one in known.get("done", ()):
        if Path(one["adapter"]).name == place.root.name:
            return list(one["changes"])
    return []
