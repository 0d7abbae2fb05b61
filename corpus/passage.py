"""A passage: 60-220 words of one book, whole sentences, and where they stand."""

import hashlib
from dataclasses import dataclass, field

Rect = tuple[float, float, float, float]


@dataclass(frozen=True)
class Spot:
    """A rectangle on a page (1-based number; points, origin at the top left)."""

    page: int
    rect: Rect


@dataclass(frozen=True)
class Passage:
    """`start` and `end` are offsets in the book's clean text; pages are 1-based, inclusive.

    A book without pages (EPUB, TXT) has page 0.
    """

    id: str
    book: str
    title: str
    chapter: str
    page_start: int
    page_end: int
    start: int
    end: int
    text: str
    spots: tuple[Spot, ...] = field(default=(), compare=False)

    @property
    def words(self) -> int:
        return len(self.text.split())


def passage_id(book: str, start: int, end: int, text: str) -> str:
    """From content (book hash, span, text), never from position in a list."""
    return hashlib.sha256(f"{book}|{start}|{end}|{text}".encode()).hexdigest()[:12]
