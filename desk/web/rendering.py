"""Pages from templates: everything that is printed is escaped, and made visible first."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from desk.pace import money
from desk.ranking import where
from desk.shown import count, one_line, visible
from desk.web.desk import desk_of

HERE = Path(__file__).parent


@cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "number": lambda number: f"{number:,}",
        "percent": lambda share: f"{share:.0%}",
        "one_line": one_line,
        "when": lambda at: at[:16].replace("T", " "),
        "words": lambda name: name.replace("-", " "),
        "as_written": lambda text: Markup(escape(text)),
        "sentence": lambda text: text.partition("?")[0] + "?" if "?" in text else text,
    }
    made.globals |= {"count": count, "money": money, "where": where, "joined": _joined}
    return made


def _shown(value: Any) -> Any:
    """Of whatever a template prints: a text that could act upon the page becomes its code."""
    return visible(value) if type(value) is str else value


def _joined(parts: Iterable[str], by: str = ", ") -> str:
    return by.join(part for part in parts if part)


def page(request: Request, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page, with what all of them show."""
    common = {"nav": desk_of(request).nav(), "path": request.url.path}
    text = environment().get_template(name).render({**common, **values})
    return HTMLResponse(text, status_code=status)


def part(name: str, **values: Any) -> HTMLResponse:
    """A piece of a page."""
    return HTMLResponse(rendered(name, **values))


def rendered(name: str, **values: Any) -> str:
    return environment().get_template(name).render(values)


def wants_part(request: Request) -> bool:
    """Asked by htmx for a piece, not by a person for a page."""
    return request.headers.get("hx-request") == "true"
