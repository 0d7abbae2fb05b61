"""Books and a person's own highlights into the store: passages, ratings, vectors, once each."""

from collections.abc import Callable, Sequence
from pathlib import Path

from agents.scout import Rating, Scout
from corpus.book import file_sha256
from corpus.embed import Embedder
from corpus.passage import Passage, passage_id
from corpus.passages import cut_passages
from corpus.reader import read_book
from dataset.passages_md import Highlight, read_passages
from inscape.errors import BookError, NoText
from inscape.progress import Note, Progress, Reading, Scouting
from memory.records import BookRecord
from memory.store import Store

# Raised when a change in reading, cutting or rating makes what the store holds of a book outdated.
_READING = 1


class Reader:
    """Fills the store's shelf. `interrupted` is called often and may raise to stop the work."""

    def __init__(
        self,
        store: Store,
        scout: Scout,
        embedder: Embedder,
        progress: Progress,
        *,
        interrupted: Callable[[], None],
        ocr: bool = False,
        password: str | None = None,
    ) -> None:
        self._store = store
        self._scout = scout
        self._embedder = embedder
        self._progress = progress
        self._interrupted = interrupted
        self._ocr = ocr
        self._password = password

    def read(self, path: Path) -> str:
        """The book's SHA-256. A book that the store knows is not opened again."""
        sha256 = file_sha256(path)
        made = {"reading": _READING, "ocr": self._ocr, "embedder": self._embedder.name}
        if any(known.sha256 == sha256 and _same(known, made) for known in self._store.books()):
            return sha256
        book = read_book(
            path,
            password=self._password,
            ocr=self._ocr,
            progress=lambda page, pages: self._tell(Reading(path.name, page, pages)),
        )
        for warning in book.warnings:
            self._progress(Note(f"{path.name}: {warning}"))
        passages = cut_passages(book, self._embedder)
        if not passages:
            raise NoText(
                f"There is no passage of 60 words or more in {str(path)!r}",
                hint="Is it a book? inscape read shows the text that was found",
            )
        detail = {**made, "chapters": list(book.chapters), "dropped": dict(book.dropped)}
        record = BookRecord(
            sha256, str(path), book.title, book.author, book.pages, book.words, detail
        )
        self._keep(record, passages)
        return sha256

    def read_highlights(self, path: Path) -> str:
        """A person's passages.md as a book of its own, its passages marked as chosen by hand."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BookError(
                f"Cannot read the passages in {str(path)!r}: {error}", hint="Look at the path"
            ) from error
        sha256 = file_sha256(path)
        highlights = read_passages(text, name=path.name)
        passages = [_as_passage(sha256, path, one) for one in highlights]
        self._keep(BookRecord(sha256, str(path), path.stem), passages, highlights)
        return sha256

    def _keep(
        self,
        record: BookRecord,
        passages: Sequence[Passage],
        highlights: Sequence[Highlight] = (),
    ) -> None:
        studied = self._scout.study(passages, lambda done, total: self._tell(Scouting(done, total)))
        ratings = studied.ratings
        if highlights:
            pairs = zip(ratings, highlights, strict=True)
            ratings = [self._as_marked(rating, one) for rating, one in pairs]
        ids = [passage.id for passage in passages]
        rated = {
            key: (one.richness, one.phenomena, one.templates)
            for key, one in zip(ids, ratings, strict=True)
        }
        self._store.add_book(
            record,
            passages,
            highlighted=bool(highlights),
            ratings=rated,
            embedder=self._embedder.name,
            vectors=dict(zip(ids, studied.vectors, strict=True)),
        )

    def _as_marked(self, rating: Rating, one: Highlight) -> Rating:
        """What the person wrote beside the passage wins over what the machine thinks."""
        phenomena = self._scout.named(one.phenomena) or rating.phenomena
        library = self._scout.library
        templates = tuple(library.template(ref).id for ref in one.templates)
        return rating._replace(phenomena=phenomena, templates=templates or rating.templates)

    def _tell(self, event: Reading | Scouting) -> None:
        self._progress(event)
        self._interrupted()


def _same(known: BookRecord, made: dict[str, object]) -> bool:
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
