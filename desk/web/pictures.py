"""Pages of books as pictures, kept for a while: drawing one takes longer than reading it."""

import threading
from collections import OrderedDict
from pathlib import Path

from corpus.passage import Passage
from corpus.picture import page_picture
from inscape.errors import BookError, BookMissing
from memory.store import Store

KEPT = 64


class Pictures:
    """MuPDF draws one page at a time. Paths come from the store, never from who asks."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._paths: dict[str, Path] = {}
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def pages(self, passage: Passage) -> list[int]:
        """The pages there are pictures of; none for a book without pages, or no longer there."""
        if not passage.page_start or not self._path(passage.book).is_file():
            return []
        if self._path(passage.book).suffix.lower() != ".pdf":
            return []
        return list(range(passage.page_start, passage.page_end + 1))

    def picture(self, passage: Passage, page: int) -> bytes:
        """PNG of one page of the passage, the passage marked on it. Raises BookError."""
        if page not in self.pages(passage):
            raise BookMissing(f"There is no picture of page {page} of {passage.title!r}")
        key = (passage.id, page)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = page_picture(self._path(passage.book), page, passage.spots)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]

    def _path(self, book: str) -> Path:
        if book not in self._paths:
            self._paths = {one.sha256: Path(one.path) for one in self._store.books()}
        try:
            return self._paths[book]
        except KeyError:
            raise BookError(f"There is no book {book!r} in this project") from None
