"""Passages that stand in no book we know: cut out by hand, or pasted beside an example."""

import hashlib

from corpus.passage import Passage


def passage_of_text(
    text: str,
    *,
    id: str = "",
    book: str = "",
    title: str = "",
    chapter: str = "",
    pages: tuple[int, int] | None = None,
) -> Passage:
    """Its id comes from its text unless it brings one."""
    first, last = pages or (0, 0)
    return Passage(
        id=id or hashlib.sha256(f"{book}|{text}".encode("utf-8", "replace")).hexdigest()[:12],
        book=book,
        title=title,
        chapter=chapter,
        page_start=first,
        page_end=last,
        start=0,
        end=len(text),
        text=text,
    )
