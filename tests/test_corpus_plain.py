"""Plain text, Markdown and EPUB give the same clean text as a printed page."""

import zipfile
from pathlib import Path

import pytest

from corpus.book import Book
from corpus.reader import read_book

LICENCE = """The Project Gutenberg EBook of The Lamp, by A. N. Author

This eBook is for the use of anyone anywhere.

Title: The Lamp

*** START OF THIS PROJECT GUTENBERG EBOOK THE LAMP ***



Produced by A Volunteer




THE LAMP

By A. N. Author


CONTENTS

   I. Morning
   II. Evening



CHAPTER I

Morning


The lamp was _lit_--or so it seemed to him, who had come up the stairs in the
dark with one hand on the wall, and had expected nothing at all but the cold
and the smell of the sea.

    Little lamp upon the sill,
    Burn until the sea is still.

He sat down beside it.[1] "Well," said Mr. Hale, "it burns." He meant that it
would go out.

[Footnote 1: In the first draft he stands.]

       *       *       *       *       *

Nobody came that night, and the lamp went on burning for as long as there was
any oil in it, and then for a little longer.



CHAPTER II

Evening


It was dark again when he woke, and he knew without looking that somebody had
put the lamp out and gone away with the key.




End of Project Gutenberg's The Lamp, by A. N. Author

*** END OF THIS PROJECT GUTENBERG EBOOK THE LAMP ***

You may copy it, give it away or re-use it under the terms of the licence.
"""


@pytest.fixture
def lamp(tmp_path: Path) -> Book:
    path = tmp_path / "lamp.txt"
    path.write_text(LICENCE, encoding="utf-8")
    return read_book(path)


def test_the_licence_and_the_title_lines_go(lamp: Book) -> None:
    assert lamp.text.startswith("# CHAPTER I")
    assert lamp.text.endswith("gone away with the key.")
    assert "Gutenberg" not in lamp.text and "Volunteer" not in lamp.text


def test_wrapped_lines_are_joined_and_markup_is_resolved(lamp: Book) -> None:
    prose = [one.text for one in lamp.paragraphs if one.kind == "prose"]
    assert prose[0].startswith("The lamp was lit—or so it seemed to him, who had come up the")
    assert prose[1] == (
        'He sat down beside it. "Well," said Mr. Hale, "it burns." He meant that it would go out.'
    )
    assert lamp.dropped["footnotes"] == 1


def test_verse_keeps_its_lines_and_stars_are_a_break(lamp: Book) -> None:
    kinds = {one.kind: one.text for one in lamp.paragraphs}
    assert kinds["verse"] == "Little lamp upon the sill,\nBurn until the sea is still."
    assert kinds["break"] == "* * *"


def test_a_chapter_is_named_by_its_heading(lamp: Book) -> None:
    assert "CHAPTER II" in lamp.chapters
    assert lamp.paragraphs[-1].chapter


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "cp1252"])
def test_any_usual_encoding_is_read(coding: str, tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    text = "“Is it bad?” she asked, and he – who had read it – said that it was, très bad."
    path.write_bytes(text.encode(coding))
    assert read_book(path).text == text


def test_markdown_headings_have_levels(tmp_path: Path) -> None:
    path = tmp_path / "book.md"
    path.write_text(
        "# Part One\n\n## Morning\n\nThe *lamp* was lit, and **nobody** saw it there.\n\n"
        "## Evening\n\nIt was dark again and he woke.\n",
        encoding="utf-8",
    )
    book = read_book(path)
    assert book.paragraphs[2].text == "The lamp was lit, and nobody saw it there."
    assert book.paragraphs[-1].chapter == "Part One, Evening"


CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="o/book.opf"/></rootfiles></container>"""
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">
<metadata><dc:title>The Lamp</dc:title><dc:creator>A. N. Author</dc:creator></metadata>
<manifest><item id="t" href="title.xhtml"/><item id="c" href="one.xhtml"/></manifest>
<spine><itemref idref="t"/><itemref idref="c"/></spine></package>"""
TITLE = '<html><body><section epub:type="titlepage"><h1>The Lamp</h1></section></body></html>'
CHAPTER = """<html><head><title>no</title></head><body>
<hgroup><h2>Part I</h2><p>Morning</p></hgroup>
<p>The <em>lamp</em> was lit.<a epub:type="noteref" href="#n">1</a></p><hr/>
<p>Little lamp upon the sill,<br/>Burn until the sea is still.</p>
<aside epub:type="footnote" id="n"><p>In the first draft it is not.</p></aside></body></html>"""


@pytest.fixture
def epub(tmp_path: Path) -> Path:
    path = tmp_path / "lamp.epub"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("o/book.opf", PACKAGE)
        archive.writestr("o/title.xhtml", TITLE)
        archive.writestr("o/one.xhtml", CHAPTER)
    return path


def test_an_epub_is_read_by_its_markup(epub: Path) -> None:
    book = read_book(epub)
    assert (book.title, book.author, book.pages) == ("The Lamp", "A. N. Author", 0)
    assert book.text == (
        "# Part I: Morning\n\nThe lamp was lit.\n\n* * *\n\n"
        "Little lamp upon the sill,\nBurn until the sea is still."
    )
    assert book.dropped["footnotes"] == 1 and book.dropped["front_matter_pages"] == 1
