"""A page of a PDF as a picture, with a passage marked on it."""

from collections.abc import Iterable
from pathlib import Path

from corpus.passage import Spot
from corpus.pdf import opened, pymupdf
from inscape.errors import BookError

_YELLOW = (1.0, 0.84, 0.25)
_MARGIN = 1.0  # points around the line


def page_picture(path: Path, page: int, spots: Iterable[Spot], zoom: float = 1.5) -> bytes:
    """PNG of the 1-based page."""
    with opened(path) as document:
        if not 1 <= page <= len(document):
            raise BookError(
                f"{path.name!r} has no page {page}", hint=f"its pages are 1 to {len(document)}"
            )
        sheet = document[page - 1]
        for spot in spots:
            if spot.page == page:
                x0, y0, x1, y1 = spot.rect
                around = pymupdf.Rect(x0 - _MARGIN, y0 - _MARGIN, x1 + _MARGIN, y1 + _MARGIN)
                sheet.draw_rect(around, color=None, fill=_YELLOW, fill_opacity=0.35, overlay=True)
        picture: bytes = sheet.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom)).tobytes("png")
    return picture
