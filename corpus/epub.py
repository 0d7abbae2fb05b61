"""EPUB: the spine's documents in order, read by their markup; no page is ever laid out."""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

from corpus.book import Kind, Piece, Source, tidy
from corpus.headings import is_break
from corpus.sections import without_licence, without_sections
from inscape.errors import BookDamaged, BookEncrypted, NotABook, NoText

_LARGEST = 64 << 20  # bytes of one unpacked document; more is no book
_CONTAINER = "META-INF/container.xml"
_SKIPPED = frozenset(
    {"script", "style", "head", "svg", "math", "nav", "figure", "table", "audio", "video"}
)
_VOID = frozenset(
    {"br", "hr", "img", "meta", "link", "input", "col", "area", "base", "wbr", "source"}
)
_BLOCKS = frozenset({
    "p", "div", "section", "article", "blockquote", "li", "ul", "ol", "dl", "dt", "dd", "body",
    "header", "footer", "main", "aside", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "hgroup",
    "center", "address", "cite",
})  # fmt: skip
_NOT_TEXT = frozenset({
    "titlepage", "halftitlepage", "imprint", "colophon", "copyright-page", "toc", "landmarks",
    "endnotes", "footnotes", "footnote", "endnote", "rearnote", "rearnotes", "index", "loi", "lot",
    "cover", "epigraph", "noteref", "pagebreak", "backlink", "dedication", "bibliography",
    "page-list",
    "doc-noteref", "doc-endnotes", "doc-footnote", "doc-toc", "doc-index", "doc-colophon",
    "doc-cover", "doc-pagebreak", "doc-backlink", "doc-dedication", "other-credits",
    "acknowledgments",
})  # fmt: skip
_NOT_TEXT_NAME = re.compile(
    r"pg-?(?:header|footer|boilerplate)|pagenum|page-?number|footnotes?|endnotes?|noteref|toc|uncopyright|copyright|titlepage",
    re.I,
)
_NOTES = frozenset({"footnote", "endnote", "rearnote", "doc-footnote", "doc-endnote"})
_FONT_ALGORITHMS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_NUMBER = re.compile(r"\W*(?:\d{1,4}|[*†‡§])\W*")


def read_epub(path: Path) -> Source:
    """The book of an EPUB file."""
    source = Source([])
    try:
        with zipfile.ZipFile(path) as archive:
            _check(archive, path)
            package = _package_name(archive, path)
            root = ElementTree.fromstring(_read(archive, package))
            source.title, source.author = _named(root)
            for name in _spine(root, package):
                _read_document(archive, name, source)
    except (
        zipfile.BadZipFile,
        ElementTree.ParseError,
        KeyError,
        OSError,
        EOFError,
        RuntimeError,
        ValueError,
        zlib.error,
    ) as error:
        raise BookDamaged(
            f"{path.name!r} is damaged and cannot be read",
            hint="fetch the file again, or another copy",
        ) from error
    pieces = without_licence(source.pieces).pieces
    source.pieces = without_sections(pieces, source.dropped).pieces
    if not any(piece.kind == "prose" for piece in source.pieces):
        raise NoText(f"{path.name!r} holds no text", hint="is it a book of pictures?")
    return source


def _check(archive: zipfile.ZipFile, path: Path) -> None:
    names = set(archive.namelist())
    if _CONTAINER not in names:
        raise NotABook(
            f"{path.name!r} is a ZIP archive but not an EPUB",
            hint="give a PDF, EPUB, TXT or Markdown file",
        )
    if "META-INF/encryption.xml" in names:
        text = _read(archive, "META-INF/encryption.xml").decode("utf-8", "replace")
        methods = re.findall(r'Algorithm="([^"]+)"', text)
        if any(not method.startswith(_FONT_ALGORITHMS) for method in methods):
            raise BookEncrypted(
                f"{path.name!r} is locked by its publisher (DRM)", hint="use a copy without DRM"
            )


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _LARGEST:
        raise ValueError(name)
    return archive.read(name)


def _package_name(archive: zipfile.ZipFile, path: Path) -> str:
    root = ElementTree.fromstring(_read(archive, _CONTAINER))
    for element in root.iter():
        if element.tag.endswith("rootfile") and (name := element.get("full-path")):
            return unquote(name)
    raise BookDamaged(
        f"{path.name!r} names no package document", hint="fetch the file again, or another copy"
    )


def _named(root: ElementTree.Element) -> tuple[str, str]:
    found = {"title": "", "creator": ""}
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if found.get(name) == "" and element.text:
            found[name] = element.text.strip()
    return found["title"], found["creator"]


def _spine(root: ElementTree.Element, package: str) -> Iterable[str]:
    folder = posixpath.dirname(package)
    items: dict[str, str] = {}
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        if tag == "item" and "nav" not in (element.get("properties") or "").split():
            items[element.get("id") or ""] = element.get("href") or ""
        elif tag == "itemref" and (href := items.get(element.get("idref") or "")):
            yield posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0])))


def _read_document(archive: zipfile.ZipFile, name: str, source: Source) -> None:
    try:
        data = _read(archive, name)
    except KeyError:
        source.warnings.append(f"the file names {name!r}, which is not in it")
        return
    reader = _Document()
    reader.feed(data.decode("utf-8-sig", "replace"))
    reader.close()
    reader.end_block()
    if not reader.pieces and reader.notes == 0 and reader.skipped_text:
        source.dropped["front_matter_pages"] = source.dropped.get("front_matter_pages", 0) + 1
    source.dropped["footnotes"] = source.dropped.get("footnotes", 0) + reader.notes
    source.pieces += reader.pieces


class _Document(HTMLParser):
    """One document of the spine as pieces."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[Piece] = []
        self.notes = 0
        self.skipped_text = False
        self._open: list[str] = []
        self._skip = 0  # how many open elements deep the skipped part began
        self._text: list[str] = []
        self._heading = 0
        self._grouped = 0  # how deep the open <hgroup> is
        self._in_group = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self._void(tag)
            return
        self._open.append(tag)
        if self._skip:
            return
        given = dict(attrs)
        kinds = set(f"{given.get('epub:type') or ''} {given.get('role') or ''}".split())
        if tag in _BLOCKS:
            self.end_block()
        if tag == "hgroup":
            self._grouped, self._in_group = len(self._open), False
        if self._is_unwanted(tag, given, kinds):
            self.notes += bool(kinds & _NOTES)
            self._skip = len(self._open)
            return
        if tag[0] == "h" and tag[1:].isdigit():
            self._heading = int(tag[1:])

    def _is_unwanted(self, tag: str, given: dict[str, str | None], kinds: set[str]) -> bool:
        if tag in _SKIPPED or kinds & _NOT_TEXT:
            return True
        names = f"{given.get('id') or ''} {given.get('class') or ''}".split()
        return tag != "body" and any(_NOT_TEXT_NAME.fullmatch(name) for name in names)

    def _void(self, tag: str) -> None:
        if self._skip:
            return
        if tag == "br":
            self._text.append("\n")
        elif tag == "hr":
            self.end_block()
            self.pieces.append(Piece("break", "* * *"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self._void(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID or tag not in self._open:
            return
        while self._open:
            last = self._open.pop()
            if self._skip > len(self._open):
                self._skip = 0
            if self._grouped > len(self._open):
                self.end_block()
                self._grouped = 0
            if last == tag:
                break
        if tag in _BLOCKS and not self._skip:
            self.end_block()
            if tag[0] == "h" and tag[1:].isdigit():
                self._heading = 0

    def handle_data(self, data: str) -> None:
        if self._skip:
            self.skipped_text = self.skipped_text or bool(data.strip())
            return
        self._text.append(re.sub(r"[ \t\r\n\f]+", " ", data))

    def _add_heading(self, text: str) -> None:
        """A group of headings is one: “Part I: Underground”."""
        if self._grouped and self._in_group:
            self.pieces[-1].text += f": {text}"
        else:
            self.pieces.append(Piece("heading", text, self._heading or 2))
        self._in_group = bool(self._grouped)

    def end_block(self) -> None:
        """Close the paragraph that is being collected."""
        raw, self._text = "".join(self._text), []
        lines = [tidy(line) for line in raw.split("\n")]
        lines = [line for line in lines if line]
        if not lines:
            return
        if self._heading or self._grouped:
            self._add_heading(" ".join(lines))
            return
        text = "\n".join(lines)
        kind: Kind = "verse" if len(lines) > 1 else "break" if is_break(text) else "prose"
        self.pieces.append(Piece(kind, text))
