"""Passages are whole sentences of one chapter, stand where they say, and are cut at turns."""

from pathlib import Path

import numpy as np
import pytest

from corpus.book import Book
from corpus.embed import Embedder
from corpus.passage import Passage
from corpus.passages import cut_passages
from corpus.picture import page_picture
from corpus.reader import read_book
from corpus.sentences import sentences


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


@pytest.fixture(scope="module")
def book() -> Book:
    return read_book(Path(__file__).resolve().parent.parent / "examples" / "lamp-and-scale.pdf")


@pytest.fixture(scope="module")
def passages(book: Book) -> list[Passage]:
    return cut_passages(book)


def test_passages_have_the_size_and_cover_the_book(book: Book, passages: list[Passage]) -> None:
    assert all(60 <= one.words <= 220 for one in passages)
    assert sum(one.words for one in passages) > 0.95 * book.words


def test_each_is_verbatim_and_none_overlaps(book: Book, passages: list[Passage]) -> None:
    assert all(book.text[one.start : one.end] == one.text for one in passages)
    ends = [0, *(one.end for one in passages)]
    assert all(one.start >= end for one, end in zip(passages, ends, strict=False))
    assert len({one.id for one in passages}) == len(passages)


def test_each_is_of_one_chapter_and_begins_and_ends_a_sentence(
    book: Book, passages: list[Passage]
) -> None:
    chapters = {one.start: one for one in book.paragraphs}
    for one in passages:
        assert "\n# " not in one.text and "* * *" not in one.text
        assert one.chapter in book.chapters
        assert not one.text[0].islower() and one.text[-1] not in ",;:"
    assert sum(one.start in chapters for one in passages) > 0.6 * len(passages)


def test_the_rectangles_lie_on_the_pages_named(passages: list[Passage]) -> None:
    for one in passages:
        pages = [spot.page for spot in one.spots]
        assert (min(pages), max(pages)) == (one.page_start, one.page_end)


def test_the_page_is_drawn_with_the_passage_marked(book: Book, passages: list[Passage]) -> None:
    one = passages[3]
    marked = page_picture(book.path, one.page_start, one.spots, zoom=0.5)
    plain = page_picture(book.path, one.page_start, (), zoom=0.5)
    assert marked.startswith(b"\x89PNG") and marked != plain


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("“I met Mr. Kitto at St. Paul’s,” he said. “Is it bad?”", 2),
        ("“Is it bad?” he asked. She did not answer.", 2),
        ("He waited… and then he went. Dr. Sayle, M.D., came at 4 a.m. on Tuesday.", 2),
        ("I am a sick man.… I am a spiteful man.", 2),
        ("“Come in!” said the Count. It was dark.", 2),
        ("“What?—you are here?” cried he. ‘So it is.’ And so on.", 3),
    ],
)
def test_sentences_of_novels_are_told_apart(text: str, count: int) -> None:
    spans = sentences(text)
    assert len(spans) == count
    assert "".join(text[start:end] for start, end in spans).replace(" ", "") == text.replace(
        " ", ""
    )


def test_vectors_are_of_length_one_and_keep_their_order(embedder: Embedder) -> None:
    texts = ["The lamp was lit.", "A cable lay on the bottom of the sea for thirty years.", "Rain."]
    together = embedder.encode(texts)
    assert together.shape == (3, embedder.dimension) and together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([embedder.encode([text]) for text in texts])
    assert ((together * alone).sum(axis=1) > 1 - 5e-3).all()


def test_meaning_is_near_meaning(embedder: Embedder) -> None:
    one, two, far = embedder.encode(
        [
            "She was afraid of the dark sea.",
            "The black water frightened her.",
            "Two and two is four.",
        ]
    )
    assert one @ two > one @ far + 0.2


def test_no_text_no_vectors(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, embedder.dimension)
