"""A book as the scout sees it: read, cut and rated, once for each content of a file.

Kept in the cache, so that neither a second command nor another project does it again.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.scout import Rating, Scout
from corpus.book import file_sha256
from corpus.passage import Passage, Spot
from inscape import cache
from inscape.errors import NoText
from inscape.progress import Reading, Scouting
from memory.records import BookRecord

# Raised when a change in reading, cutting or rating makes what was kept of a book outdated.
READING = 2

_BOOK, _VECTORS = "book.json", "vectors.npy"
Tell = Callable[[Reading | Scouting], None]


class Study(NamedTuple):
    """One rating and one row of `vectors` (n, d) a passage."""

    book: BookRecord
    passages: list[Passage]
    ratings: list[Rating]
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class HowRead:
    """What of a person's wishes changes the outcome; `password` is never written anywhere."""

    ocr: bool = False
    password: str | None = None


def study(path: Path, scout: Scout, how: HowRead, tell: Tell) -> Study:
    """From the cache, or by reading. Raises `BookError`s, as `read_book` does."""
    if how.password is not None or not path.is_file():
        return _read(path, scout, how, tell)  # a book that was locked is not kept unlocked
    name = f"book-{_key(path, scout, how)}"
    found = _kept(name, path)
    if found is None:
        found = _read(path, scout, how, tell)
        cache.keep(name, partial(_write, found))
    return found


def made_by(scout: Scout, how: HowRead) -> dict[str, Any]:
    """What a study depends on beside the file."""
    return {
        "reading": READING,
        "ocr": how.ocr,
        "embedder": scout.embedder.name,
        "scout": scout.version,
    }


def _key(path: Path, scout: Scout, how: HowRead) -> str:
    made = json.dumps(made_by(scout, how), sort_keys=True)
    return f"{file_sha256(path)[:24]}-{hashlib.sha256(made.encode()).hexdigest()[:12]}"


def _read(path: Path, scout: Scout, how: HowRead, tell: Tell) -> Study:
    from corpus.passages import cut_passages  # late: what is in the cache needs no PDF reader
    from corpus.reader import read_book

    book = read_book(
        path,
        password=how.password,
        ocr=how.ocr,
        progress=lambda page, pages: tell(Reading(path.name, page, pages)),
    )
    passages = cut_passages(book)
    if not passages:
        raise NoText(
            f"There is no passage of 60 words or more in {str(path)!r}",
            hint="Is it a book? inscape read shows the text that was found",
        )
    ratings, vectors = scout.study(passages, lambda done, total: tell(Scouting(done, total)))
    detail = {
        **made_by(scout, how),
        "chapters": list(book.chapters),
        "dropped": dict(book.dropped),
        "warnings": list(book.warnings),
    }
    record = BookRecord(
        book.sha256, str(path), book.title, book.author, book.pages, book.words, detail
    )
    return Study(record, passages, ratings, vectors)


def _write(found: Study, folder: Path) -> None:
    whole = {
        "book": asdict(found.book),
        "passages": [asdict(one) for one in found.passages],
        "ratings": found.ratings,
    }
    (folder / _BOOK).write_text(json.dumps(whole), encoding="utf-8")
    np.save(folder / _VECTORS, found.vectors)


def _kept(name: str, path: Path) -> Study | None:
    folder = cache.kept(name)
    if folder is None:
        return None
    try:
        whole = json.loads((folder / _BOOK).read_text(encoding="utf-8"))
        vectors = np.load(folder / _VECTORS, allow_pickle=False)
        passages = [_passage(one) for one in whole["passages"]]
        ratings = [Rating(one[0], tuple(one[1]), tuple(one[2])) for one in whole["ratings"]]
        book = BookRecord(**{**whole["book"], "path": str(path)})
        if not len(passages) == len(ratings) == len(vectors):
            raise ValueError("rows are missing")
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        cache.drop(name)
        return None
    return Study(book, passages, ratings, vectors)


def _passage(fields: dict[str, Any]) -> Passage:
    spots = tuple(Spot(one["page"], tuple(one["rect"])) for one in fields["spots"])
    return Passage(**{**fields, "spots": spots})
