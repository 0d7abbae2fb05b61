"""Books and a person's own highlights into the store: passages, ratings, vectors, once each."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agents.scout import Rating, Scout
from corpus.book import file_sha256
from corpus.passage import Passage, passage_id
from dataset.passages_md import Highlight, read_passages
from graph.library import Workers, studied, together
from graph.studying import HowRead, Study, Tell, made_by, study
from inscape.errors import BookError
from inscape.progress import Note, Progress, Reading, Scouting
from memory.records import BookRecord
from memory.store import Store


class Reader:
    """Fills the store's shelf. `interrupted` is called often and may raise to stop the work."""

    def __init__(
        self,
        store: Store,
        scout: Scout,
        progress: Progress,
        *,
        interrupted: Callable[[], None],
        how: HowRead,
    ) -> None:
        self._store = store
        self._scout = scout
        self._progress = progress
        self._interrupted = interrupted
        self._how = how

    def read(self, path: Path) -> str:
        """The book's SHA-256. A book that the store knows is not opened again."""
        if not self._knows(sha256 := file_sha256(path)):
            self._keep(study(path, self._scout, self._how, self._tell))
        return sha256

    def read_library(self, paths: Sequence[Path], workers: Workers) -> None:
        """Whatever of it the store does not know, by Ray. Raises for what cannot be read after
        everything else has been kept."""
        unknown = [path for path in paths if not self._knows(file_sha256(path))]
        unread: list[BookError] = []
        for _, found in studied(unknown, workers, self._tell):
            if isinstance(found, BookError):
                unread.append(found)
            else:
                self._keep(found)
        if unread:
            raise together(unread, len(paths))

    def _knows(self, sha256: str) -> bool:
        made = made_by(self._scout, self._how)
        return any(known.sha256 == sha256 and _same(known, made) for known in self._store.books())

    def read_highlights(self, path: Path) -> str:
        """A person's passages.md as a book of its own, its passages marked as chosen by hand."""
        found = highlights(path, self._scout, self._tell)
        self._keep(found, highlighted=True)
        return found.book.sha256

    def _keep(self, found: Study, *, highlighted: bool = False) -> None:
        for warning in found.book.detail.get("warnings", ()):
            self._progress(Note(f"{Path(found.book.path).name}: {warning}"))
        ids = [passage.id for passage in found.passages]
        rated = {
            key: (one.richness, one.phenomena, one.templates)
            for key, one in zip(ids, found.ratings, strict=True)
        }
        self._store.add_book(
            found.book,
            found.passages,
            highlighted=highlighted,
            ratings=rated,
            embedder=self._scout.embedder.name,
            vectors=dict(zip(ids, found.vectors, strict=True)),
        )

    def _tell(self, event: Reading | Scouting) -> None:
        self._progress(event)
        self._interrupted()


def highlights(path: Path, scout: Scout, tell: Tell) -> Study:
    """A person's passages.md as the scout sees it. Raises for a page without a passage."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BookError(
            f"Cannot read the passages in {str(path)!r}: {error}", hint="Look at the path"
        ) from error
    sha256 = file_sha256(path)
    found = read_passages(text, name=path.name)
    passages = [_as_passage(sha256, path, one) for one in found]
    rated, vectors = scout.study(passages, lambda done, total: tell(Scouting(done, total)))
    ratings = [_as_marked(scout, *pair) for pair in zip(rated, found, strict=True)]
    return Study(BookRecord(sha256, str(path), path.stem), passages, ratings, vectors)


def _as_marked(scout: Scout, rating: Rating, one: Highlight) -> Rating:
    """What the person wrote beside the passage wins over what the machine thinks."""
    phenomena = scout.named(one.phenomena) or rating.phenomena
    templates = tuple(scout.library.template(ref).id for ref in one.templates)
    return rating._replace(phenomena=phenomena, templates=templates or rating.templates)


def _same(known: BookRecord, made: dict[str, Any]) -> bool:
    return {name: known.detail.get(name) for name in made} == made


def _as_passage(book: str, path: Path, one: Highlight) -> Passage:
    first, last = one.pages or (0, 0)
    return Passage(
        id=one.id or passage_id(book, one.number, one.number, one.text),
        book=book,
        title=one.book or one.title or path.stem,
        chapter=one.chapter,
        page_start=first,
        page_end=last,
        start=0,
        end=len(one.text),
        text=one.text,
    )
