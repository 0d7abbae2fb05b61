"""The desk as an application: its pages, and the one place where errors become answers."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from desk.web import adapters, examples, overview, passages, review, templates
from desk.web.desk import Desk
from desk.web.guard import Door, Guard
from desk.web.rendering import HERE, page
from inscape.errors import InscapeError, Overtaken

_TITLES = {400: "Refused", 404: "Not found", 409: "Changed elsewhere", 422: "Not understood"}


def make_app(desk: Desk, door: Door) -> FastAPI:
    """No generated documentation: its pages would need a server elsewhere."""
    app = FastAPI(title="Inscape", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = desk
    for module in (overview, review, examples, passages, templates, adapters):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.add_exception_handler(InscapeError, _complain)
    app.add_exception_handler(RequestValidationError, _misunderstand)
    app.add_exception_handler(404, _miss)
    app.add_middleware(Guard, door=door)
    return app


def _complain(request: Request, error: Exception) -> Response:
    """409 when somebody else was quicker, 404 for what was looked for, else 400."""
    assert isinstance(error, InscapeError)
    looked = request.method == "GET"
    status = 409 if isinstance(error, Overtaken) else 404 if looked else 400
    return _told(request, status, str(error), error.hint)


def _misunderstand(request: Request, error: Exception) -> Response:
    return _told(request, 422, "The desk did not understand that.", "")


def _miss(request: Request, error: Exception) -> Response:
    return _told(request, 404, "There is no such page.", "")


def _told(request: Request, status: int, message: str, hint: str) -> Response:
    said = f"{message} {hint}".strip()
    if request.headers.get("content-type") == "application/json":
        return JSONResponse({"error": said}, status)
    title = _TITLES[status]
    return page(request, "error.html", status=status, title=title, message=message, hint=hint)
