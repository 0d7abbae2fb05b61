"""What the critic compares an example with: its book's words and names, and worn-out phrases."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from agents.critic import BookIndex, people, worn_phrases
from memory.store import Store

_BOOKS = 8
_EXAMPLES = 500
_OPENINGS = 100


class Source(NamedTuple):
    """Of one book: every run of its words, and the people in it."""

    runs: BookIndex
    names: frozenset[str]


class Watch:
    """Worked out when first needed and kept; phrases anew at every round."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.phrases: Sequence[str] = ()
        self.source = lru_cache(_BOOKS)(self._source)

    def make_ready(self, books: Sequence[str]) -> None:
        """As many as are kept."""
        for book in books[:_BOOKS]:
            self.source(book)

    def refresh(self) -> None:
        """Count phrases over the accepted examples, at most so many. Rehearsal has one small bank
        of sentences, so its phrases return by nature and are not counted."""
        rows = islice(self._store.accepted_examples(), _EXAMPLES)
        self.phrases = worn_phrases([row.example for row in rows if not row.rehearsal])

    def openings(self) -> list[str]:
        """How several accepted examples begin, each as often as it does."""
        shared = self._store.openings(limit=_OPENINGS)
        return [opening for opening, count in shared.items() for _ in range(count)]

    def _source(self, book: str) -> Source:
        text = "\n\n".join(one.passage.text for one in self._store.passages([book]))
        return Source(BookIndex(text), people(text))
