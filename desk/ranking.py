"""Passages with their ratings, as `passages` prints them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from desk.shown import one_line, visible
from inscape.progress import Progress, Scouting

if TYPE_CHECKING:
    from rich.console import Console

    from agents.scout import Rating, Scout
    from corpus.passage import Passage
    from dataset.passages_md import Highlight
    from graph.studying import Study
    from prompts.library import Library


@dataclass(frozen=True)
class Ranked:
    passage: "Passage"
    rating: "Rating"

    def as_json(self) -> dict[str, Any]:
        passage = self.passage
        return {
            "id": passage.id,
            "book": passage.book,
            "title": passage.title,
            "chapter": passage.chapter,
            "page_start": passage.page_start,
            "page_end": passage.page_end,
            "text": passage.text,
            "words": passage.words,
            "richness": round(self.rating.richness, 4),
            "phenomena": list(self.rating.phenomena),
            "templates": list(self.rating.templates),
        }


class Ranking:
    """The scout without a language model, and the embedder it looks through."""

    def __init__(self, library: "Library", embedder: str, progress: Progress) -> None:
        self._library = library
        self._embedder = embedder
        self._progress = progress

    @cached_property
    def scout(self) -> "Scout":
        from agents.scout import Scout
        from corpus.embed import Embedder

        return Scout(self._library, Embedder(self._embedder))

    def rate(self, passages: Sequence["Passage"]) -> list[Ranked]:
        ratings = self.scout.rate(
            passages, progress=lambda done, total: self._progress(Scouting(done, total))
        )
        return [Ranked(*pair) for pair in zip(passages, ratings, strict=True)]


def richest_first(studies: "Iterable[Study]") -> list[Ranked]:
    pairs = (pair for one in studies for pair in zip(one.passages, one.ratings, strict=True))
    return sorted((Ranked(*pair) for pair in pairs), key=lambda one: -one.rating.richness)


def passage_of(highlight: "Highlight") -> "Passage":
    from desk.loose import passage_of_text

    return passage_of_text(
        highlight.text,
        id=highlight.id,
        title=highlight.book or highlight.title,
        chapter=highlight.chapter,
        pages=highlight.pages,
    )


def page(chosen: Sequence[Ranked]) -> str:
    """As `passages.md`, richest first."""
    from dataset.passages_md import highlight, write_passages

    return write_passages(
        highlight(
            one.passage,
            number=number,
            phenomena=one.rating.phenomena,
            templates=one.rating.templates,
            richness=one.rating.richness,
        )
        for number, one in enumerate(chosen, start=1)
    )


def show(console: "Console", chosen: Sequence[Ranked]) -> None:
    """One passage a paragraph, to be read by a person."""
    if not chosen:
        console.print("No passage answers to that.", markup=False)
    for one in chosen:
        place = ", ".join(
            filter(None, (one.passage.title, one.passage.chapter, where(one.passage)))
        )
        console.print(f"{one.rating.richness:.2f}  {one_line(place)}", style="bold", markup=False)
        kinds = ", ".join(one.rating.phenomena)
        console.print(f"      {kinds}  ({one.passage.id})", style="dim", markup=False)
        console.print(visible(one.passage.text) + "\n", markup=False)


def where(passage: "Passage") -> str:
    """`page 12`, `pages 12-13`, or nothing for a book without pages."""
    if not passage.page_start:
        return ""
    if passage.page_start == passage.page_end:
        return f"page {passage.page_start}"
    return f"pages {passage.page_start}-{passage.page_end}"
