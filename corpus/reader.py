"""One door for every format: look at the bytes, hand over to the right reader, bind the book."""

import gc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.book import Book, Source, bind, file_sha256
from corpus.layout import lay_out
from corpus.pdf import OCR_HINT, Progress, scan
from inscape.errors import BookDamaged, BookEmpty, BookMissing, NotABook

_PDF_HEAD = b"%PDF-"
_HEAD = 4096
_WRONG = {
    b"<!doctype html": "an HTML page",
    b"<html": "an HTML page",
    b"\x89png": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\xd0\xcf\x11\xe0": "an old Word document",
    b"{\\rtf": "an RTF document",
    b"\x7felf": "a program",
    b"\x1f\x8b": "a compressed archive",
    b"mz\x90": "a program",
}
_TAKES = "give a PDF, EPUB, TXT or Markdown file"


def read_book(
    path: Path,
    *,
    password: str | None = None,
    ocr: bool = False,
    progress: Progress | None = None,
) -> Book:
    """The clean text of a book. `progress` is told (pages done, pages in all)."""
    sha256 = _checked(path)
    head = _first_bytes(path)
    if _PDF_HEAD in head[:1024]:
        source = _read_pdf(path, password, ocr, progress)
    elif zipfile.is_zipfile(path):
        from corpus.epub import read_epub

        source = read_epub(path)
    else:
        _refuse(path, head)
        from corpus.plaintext import read_plain

        source = read_plain(path)
    return bind(source, path, sha256)


def _checked(path: Path) -> str:
    if not path.exists():
        raise BookMissing(f"there is no file {str(path)!r}", hint="check the name and the folder")
    if path.is_dir():
        raise NotABook(f"{str(path)!r} is a folder", hint=_TAKES)
    try:
        if path.stat().st_size == 0:
            raise BookEmpty(f"{path.name!r} is empty (0 bytes)", hint="fetch the file again")
        return file_sha256(path)
    except OSError as error:
        raise BookMissing(
            f"{str(path)!r} cannot be opened: {error.strerror}", hint="check its permissions"
        ) from error


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _refuse(path: Path, head: bytes) -> None:
    """Raise for what is neither PDF nor EPUB and cannot be plain text either."""
    if head.startswith(b"PK"):
        raise BookDamaged(
            f"{path.name!r} is damaged and cannot be read",
            hint="fetch the file again, or another copy",
        )
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, what in _WRONG.items():
        if start.startswith(magic):
            raise NotABook(f"{path.name!r} is {what}, not a book file", hint=_TAKES)
    utf16 = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    if path.suffix.lower() in (".pdf", ".epub") or (b"\0" in head and not utf16):
        kind = path.suffix.lstrip(".").upper() or "book"
        raise NotABook(f"{path.name!r} is not a {kind} file", hint=_TAKES)


def _read_pdf(path: Path, password: str | None, ocr: bool, progress: Progress | None) -> Source:
    with _collector_paused():
        found = scan(path, password, ocr, progress)
        source = lay_out(found)
    source.pages = len(found.sheets) + len(found.broken)
    if found.without_text:
        named = _page_list(found.without_text)
        source.warnings.append(f"no text on {named}: pictures only; {OCR_HINT}")
    if found.broken:
        source.warnings.append(f"{_page_list(found.broken)} could not be read: the file is damaged")
    elif found.repaired:
        source.warnings.append("the file is damaged and was repaired; text may be missing")
    return source


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A hundred thousand lines and no cycles: looking for garbage takes a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _page_list(pages: list[int]) -> str:
    """“pages 3, 5-8 and 12”."""
    spans: list[list[int]] = []
    for page in pages:
        if spans and page == spans[-1][1] + 1:
            spans[-1][1] = page
        else:
            spans.append([page, page])
    names = [str(one) if one == two else f"{one}-{two}" for one, two in spans]
    if len(pages) == 1:
        return f"page {names[0]}"
    if len(names) == 1:
        return f"pages {names[0]}"
    return f"pages {', '.join(names[:-1])} and {names[-1]}"
