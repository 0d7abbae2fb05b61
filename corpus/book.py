"""A book as clean text: its paragraphs, its chapters, and what was left out of it."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from corpus.passage import Rect, Spot

Kind = Literal["prose", "heading", "verse", "break"]
DROPPED = ("running_heads", "page_numbers", "footnotes", "front_matter_pages")
_CHUNK = 1 << 20


# One printed line: where it begins in its paragraph's text, its page, its place on that page.
# A plain tuple, because a long book has a hundred thousand of them.
Mark = tuple[int, int, Rect]


@dataclass(slots=True)
class Piece:
    """A paragraph before it has a place in the book. `level` orders headings: 1 is the highest."""

    kind: Kind
    text: str
    level: int = 0
    page: int = 0
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Paragraph:
    """`text == book.text[start:end]`; a "break" is the white space or stars between two scenes."""

    text: str
    kind: Kind
    chapter: str
    start: int
    end: int
    marks: tuple[Mark, ...] = field(default=(), repr=False, compare=False)

    @cached_property
    def spots(self) -> tuple[Spot, ...]:
        return tuple(Spot(page, rect) for _, page, rect in self.marks)

    def spots_between(self, start: int, end: int) -> tuple[Spot, ...]:
        """The printed lines that carry the book's characters from `start` up to `end`."""
        found = []
        ends = [*(offset for offset, _, _ in self.marks[1:]), len(self.text)]
        for (offset, page, rect), after in zip(self.marks, ends, strict=False):
            if self.start + offset < end and self.start + after > start:
                found.append(Spot(page, rect))
        return tuple(found)


@dataclass(frozen=True)
class Book:
    """What the rest of the house knows of a source file. `pages` is 0 where there are none."""

    sha256: str
    path: Path
    title: str
    author: str
    pages: int
    paragraphs: tuple[Paragraph, ...] = field(repr=False)
    chapters: tuple[str, ...] = field(repr=False)
    dropped: Mapping[str, int]
    warnings: tuple[str, ...]

    @cached_property
    def text(self) -> str:
        return "\n\n".join(_printed(one.kind, one.text) for one in self.paragraphs)

    @cached_property
    def words(self) -> int:
        return sum(len(one.text.split()) for one in self.paragraphs if one.kind != "break")


@dataclass(slots=True)
class Source:
    """What a reader of one format hands over: pieces in order, and what it knows of the book."""

    pieces: list[Piece]
    title: str = ""
    author: str = ""
    pages: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def bind(source: Source, path: Path, sha256: str) -> Book:
    """Give every piece its place in the text and its chapter."""
    return Book(
        sha256=sha256,
        path=path,
        title=source.title or path.stem,
        author=source.author,
        pages=source.pages,
        paragraphs=tuple(_placed(source.pieces)),
        chapters=tuple(one.text for one in source.pieces if one.kind == "heading"),
        dropped={name: source.dropped.get(name, 0) for name in DROPPED},
        warnings=tuple(source.warnings),
    )


def _placed(pieces: Iterable[Piece]) -> Iterable[Paragraph]:
    at = 0
    path: list[tuple[int, str]] = []
    chapter = ""
    for piece in pieces:
        if piece.kind == "heading":
            path = [*(one for one in path if one[0] < piece.level), (piece.level, piece.text)]
            chapter = ", ".join(text for _, text in path)
        start = at + (2 if piece.kind == "heading" else 0)
        end = start + len(piece.text)
        yield Paragraph(piece.text, piece.kind, chapter, start, end, piece.marks)
        at = end + 2


def _printed(kind: Kind, text: str) -> str:
    return f"# {text}" if kind == "heading" else text


def file_sha256(path: Path) -> str:
    """The name by which a book is known."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


# A hair space is the typesetter's, between marks that the author wrote together.
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u2009\u202f\u205f\u3000]+")
_INVISIBLE = re.compile(
    r"[\u200a-\u200f\u2028-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\x00-\x08\x0b-\x1f\x7f]"
)


def tidy(text: str) -> str:
    """One plain space where there was any, and nothing that cannot be seen."""
    text = text.replace("\u2e3a", "——").replace("\u2e3b", "———")
    return _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()
