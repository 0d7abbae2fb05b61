"""Every layout that books have gives back the words that were printed, and nothing else."""

from pathlib import Path

import pymupdf
import pytest

from corpus.book import Book
from corpus.reader import read_book
from tests.printed import EXAMPLE, Layout, Printer, chapters

LAYOUTS = {
    "indented paragraphs, alternating heads": Layout(),
    "block paragraphs, folio in dashes": Layout(indent=0, gap=7, folio="dash"),
    "folio in the outer corner, no heads": Layout(heads=False, folio="corner"),
    "folio beside the running head": Layout(folio="head"),
    "a footer on every page": Layout(heads=False, footer="Downloaded from www.example.org"),
    "numbered footnotes": Layout(notes="number"),
    "starred footnotes": Layout(notes="star"),
    "two columns": Layout(width=500, height=700, body=9.5, lead=11.5, indent=10, columns=2),
    "two columns under wide headings": Layout(
        width=500, height=700, body=9.5, lead=11.5, indent=10, columns=2, wide_headings=True
    ),
    "a typescript, double spaced": Layout(
        width=612, height=792, margin=72, body=12, lead=24, indent=36, heads=False, folio="foot"
    ),
}


@pytest.fixture(scope="module")
def paragraphs() -> list[str]:
    return chapters(3)


@pytest.fixture(scope="module")
def books(paragraphs: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Book]:
    """Each layout printed and read once."""
    folder = tmp_path_factory.mktemp("layouts")
    return {
        name: read_book(Printer(layout).print(paragraphs, folder / f"{number}.pdf"))
        for number, (name, layout) in enumerate(LAYOUTS.items())
    }


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_words_come_back_and_nothing_else(
    name: str, books: dict[str, Book], paragraphs: list[str]
) -> None:
    book = books[name]
    assert book.text.split() == "\n\n".join(paragraphs).split()


@pytest.mark.parametrize("name", LAYOUTS)
def test_paragraphs_are_whole_across_lines_columns_and_pages(
    name: str, books: dict[str, Book], paragraphs: list[str]
) -> None:
    book = books[name]
    expected = {" ".join(one.split()) for one in paragraphs if not one.startswith("# ")}
    found = {" ".join(one.text.split()) for one in book.paragraphs if one.kind != "heading"}
    assert len(expected - found) <= 0.05 * len(expected)
    assert list(book.chapters) == [one[2:] for one in paragraphs if one.startswith("# ")]


def test_what_was_left_out_is_counted(paragraphs: list[str], tmp_path: Path) -> None:
    printer = Printer(Layout(notes="star"))
    book = read_book(printer.print(paragraphs, tmp_path / "book.pdf"))
    assert book.dropped["page_numbers"] == book.pages
    assert book.dropped["running_heads"] == book.pages - 3
    assert book.dropped["footnotes"] == printer.noted


def test_verse_keeps_its_lines(tmp_path: Path) -> None:
    stanza = "I went to look for the key of the sea\nAnd found it was under my hand\nAnd turned it"
    prose = chapters(1)
    printed = [*prose[:5], stanza, *prose[5:]]
    book = read_book(Printer(Layout()).print(printed, tmp_path / "book.pdf"))
    assert [one.text for one in book.paragraphs if one.kind == "verse"] == [stanza]


def _lines(path: Path, lines: list[str], left: float = 50) -> Path:
    """One page of lines, and two more of filler so that the book has a body size."""
    document = pymupdf.open()
    page = document.new_page(width=420, height=595)
    for number, line in enumerate(lines):
        page.insert_text((left, 80 + 14 * number), line, fontsize=11, fontname="tiro")
    document.save(path)
    return path


def test_a_word_divided_by_the_printer_is_joined(tmp_path: Path) -> None:
    lines = [
        "The lantern stood on the step and the lan-",
        "tern was lit. He had a well-known name, and a well-",
        "known face, and he had come about the cable tele-",
        "gram that lay in his hand and would not keep.",
    ]
    text = read_book(_lines(tmp_path / "book.pdf", lines)).text
    assert "the lantern was lit" in text
    assert "a well-known face" in text
    assert "cable telegram that" in text


def test_a_drop_cap_set_apart_is_the_first_letter_of_its_word(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page(width=420, height=595)
    page.insert_text((50, 102), "S", fontsize=32, fontname="tiro")
    for number, line in enumerate(
        ["ayle had been lying on the wrong side", "of the bed and knew it."]
    ):
        page.insert_text((72, 84 + 14 * number), line, fontsize=11, fontname="tiro")
    for number in range(6):
        text = "There was a wall where there should have been somebody else, or a"
        page.insert_text((50, 116 + 14 * number), text, fontsize=11, fontname="tiro")
    document.save(tmp_path / "book.pdf")
    assert read_book(tmp_path / "book.pdf").text.startswith(
        "Sayle had been lying on the wrong side of the bed and knew it."
    )


def test_front_matter_goes_and_is_counted(example_book: Path) -> None:
    book = read_book(example_book)
    assert book.text.startswith("# I. The Boy on the Step")
    assert book.dropped["front_matter_pages"] == 4
    assert "Set in EB Garamond" not in book.text


def test_the_example_book_is_its_own_text(example_book: Path) -> None:
    truth = EXAMPLE.read_text(encoding="utf-8").replace("*", "")
    assert read_book(example_book).text.replace("*", "").split() == truth.split()


def test_every_paragraph_knows_its_place(example_book: Path) -> None:
    book: Book = read_book(example_book)
    for one in book.paragraphs:
        assert book.text[one.start : one.end] == one.text
        assert one.spots and all(1 <= spot.page <= book.pages for spot in one.spots)


def test_progress_reaches_the_last_page(example_book: Path) -> None:
    seen: list[tuple[int, int]] = []
    book = read_book(example_book, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (book.pages, book.pages)
