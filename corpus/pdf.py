"""Opening a PDF and streaming its pages as lines; what is wrong with the file is said here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pymupdf as _pymupdf

from corpus.lines import Line, read_lines
from inscape.errors import BookDamaged, BookEncrypted, MissingExtra, NotABook, NoText

Progress = Callable[[int, int], None]
OCR_HINT = (
    "read it with --ocr (needs Tesseract: apt-get install tesseract-ocr, or brew install tesseract)"
)
# PyMuPDF annotates half of its functions; taken as Any, the other half needs no excuses.
pymupdf: Any = _pymupdf
_FLAGS = (
    pymupdf.TEXT_PRESERVE_WHITESPACE
    | pymupdf.TEXT_MEDIABOX_CLIP
    | pymupdf.TEXT_CID_FOR_UNKNOWN_UNICODE
)
_DAMAGE = (RuntimeError, ValueError, AttributeError, IndexError, TypeError, KeyError)
_RELEASE_EVERY = 512  # pages between two emptyings of MuPDF's own cache
_INVISIBLE_FONT = "GlyphLess"

pymupdf.TOOLS.mupdf_display_errors(False)
pymupdf.TOOLS.mupdf_display_warnings(False)


class OutlineEntry(NamedTuple):
    level: int
    title: str
    page: int


@dataclass(slots=True)
class Sheet:
    """One page: its size and its lines."""

    number: int
    width: float
    height: float
    lines: list[Line]
    rough: bool = False  # recognised by OCR: heights and places are a guess


@dataclass(slots=True)
class Scan:
    """All that was read of a PDF before any rule of layout is applied."""

    title: str = ""
    author: str = ""
    sheets: list[Sheet] = field(default_factory=list)
    outline: list[OutlineEntry] = field(default_factory=list)
    without_text: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    repaired: bool = False


@contextmanager
def opened(path: Path, password: str | None = None) -> Iterator[Any]:
    """The document, unlocked; every trouble on the way as a BookError."""
    try:
        document = pymupdf.open(path, filetype="pdf")
    except _DAMAGE as error:
        raise _damaged(path) from error
    try:
        _unlock(document, path, password)
        yield document
    finally:
        document.close()
        pymupdf.TOOLS.store_shrink(100)


def _unlock(document: Any, path: Path, password: str | None) -> None:
    if document.needs_pass and not document.authenticate(password or ""):
        what = "does not open with the password given" if password else "is locked by a password"
        raise BookEncrypted(
            f"{path.name!r} {what}", hint="put its password in a variable and pass --password-env"
        )
    if not document.is_pdf:
        raise NotABook(f"{path.name!r} is not a PDF", hint="give a PDF, EPUB, TXT or Markdown file")


def _damaged(path: Path) -> BookDamaged:
    return BookDamaged(
        f"{path.name!r} is damaged and cannot be read", hint="fetch the file again, or another copy"
    )


def scan(path: Path, password: str | None, ocr: bool, progress: Progress | None) -> Scan:
    """Read every page once, keeping lines only."""
    with opened(path, password) as document:
        try:
            total = len(document)
            found = Scan(repaired=bool(document.is_repaired))
            found.title, found.author = _named(document)
            found.outline = _outline(document)
        except _DAMAGE as error:
            raise _damaged(path) from error
        for number in range(total):
            _scan_page(document, number, found, ocr)
            if number % _RELEASE_EVERY == 0:
                pymupdf.TOOLS.store_shrink(100)
                if progress:
                    progress(number, total)
        if progress:
            progress(total, total)
    _complain(path, found, total, ocr)
    return found


def _scan_page(document: Any, number: int, found: Scan, ocr: bool) -> None:
    try:
        page = document[number]
        blocks = page.get_textpage(flags=_FLAGS).extractDICT()["blocks"]
        lines = read_lines(number + 1, blocks)
        has_picture = not lines and bool(page.get_images())
        if has_picture and ocr:
            blocks = _recognised(page)
            lines = read_lines(number + 1, blocks)
        rough = bool(lines) and _is_ocr_layer(blocks)
        rect = page.rect
    except _DAMAGE:
        found.broken.append(number + 1)
        return
    if has_picture and not lines:
        found.without_text.append(number + 1)
    found.sheets.append(Sheet(number + 1, rect.width, rect.height, lines, rough))


def _is_ocr_layer(blocks: list[Any]) -> bool:
    for block in blocks:
        for line in block.get("lines", ()):
            font: str = line["spans"][0]["font"]
            return font.startswith(_INVISIBLE_FONT)
    return False


def _recognised(page: Any) -> list[Any]:
    try:
        text = page.get_textpage_ocr(language="eng", dpi=300, full=True)
    except RuntimeError as error:
        raise MissingExtra(
            "--ocr needs Tesseract with its English data, which is not installed here",
            hint="apt-get install tesseract-ocr, or brew install tesseract",
        ) from error
    blocks: list[Any] = page.get_text("dict", flags=_FLAGS, textpage=text)["blocks"]
    return blocks


def _named(document: Any) -> tuple[str, str]:
    data = document.metadata or {}
    return (data.get("title") or "").strip(), (data.get("author") or "").strip()


def _outline(document: Any) -> list[OutlineEntry]:
    return [OutlineEntry(row[0], row[1], row[2]) for row in document.get_toc()]


def _complain(path: Path, found: Scan, total: int, ocr: bool) -> None:
    """Raise when there is nothing to work with."""
    words = sum(len(sheet.lines) for sheet in found.sheets)
    if total == 0 or (found.broken and not words) or len(found.broken) > total / 2:
        raise _damaged(path)
    if words:
        return
    if found.without_text and not ocr:
        raise NoText(f"{path.name!r} has no text: its {total} pages are pictures", hint=OCR_HINT)
    if found.repaired:
        raise _damaged(path)
    raise NoText(f"{path.name!r} has no text on its {total} pages", hint="is it the right file?")
