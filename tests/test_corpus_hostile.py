"""Whatever the file, the answer is a book or one clear line: no crash, no hang, no traceback."""

import random
import time
import zipfile
from pathlib import Path

import pymupdf
import pytest

from corpus.reader import read_book
from inscape.errors import (
    BookDamaged,
    BookEmpty,
    BookEncrypted,
    BookError,
    BookMissing,
    NotABook,
    NoText,
)

PATIENCE = 5.0


def complaint(path: Path) -> str:
    """The error's class name; the line must name the file, and say what to do."""
    start = time.monotonic()
    with pytest.raises(BookError) as caught:
        read_book(path)
    assert time.monotonic() - start < PATIENCE
    assert path.name in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.hint
    return type(caught.value).__name__


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("empty.pdf", b"", BookEmpty),
        ("page.pdf", b"<!DOCTYPE html><html><body>404</body></html>", NotABook),
        ("picture.pdf", b"\x89PNG\r\n\x1a\n" + bytes(99), NotABook),
        ("head.pdf", b"%PDF-1.7\n", BookDamaged),
        ("words.pdf", b"just some words", NotABook),
        ("blank.txt", b" \n\n \n", NoText),
        ("program.txt", bytes(range(256)) * 9, NotABook),
        ("cut.epub", b"PK\x03\x04 and no more", BookDamaged),
    ],
)
def test_what_is_no_book_is_said(name: str, data: bytes, error: type, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert complaint(path) == error.__name__


def test_a_missing_file_and_a_folder_are_said(tmp_path: Path) -> None:
    assert complaint(tmp_path / "no.pdf") == BookMissing.__name__
    assert complaint(tmp_path) == NotABook.__name__


def test_an_archive_that_is_no_epub_is_said(tmp_path: Path) -> None:
    path = tmp_path / "book.epub"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert complaint(path) == NotABook.__name__


def test_blank_pages_have_no_text(tmp_path: Path) -> None:
    document = pymupdf.open()
    document.new_page()
    document.save(tmp_path / "blank.pdf")
    assert complaint(tmp_path / "blank.pdf") == NoText.__name__


def test_a_locked_book_opens_with_its_password_only(example_book: Path, tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    with pymupdf.open(example_book) as document:
        document.save(path, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="lamp", owner_pw="own")
    assert complaint(path) == BookEncrypted.__name__
    with pytest.raises(BookEncrypted, match="does not open with the password"):
        read_book(path, password="scale")
    assert read_book(path, password="lamp").words == read_book(example_book).words


def test_pages_without_text_are_named(example_book: Path, tmp_path: Path) -> None:
    path = tmp_path / "mixed.pdf"
    with pymupdf.open(example_book) as document:
        for number in (8, 9, 14):
            picture = document[number].get_pixmap(dpi=50)
            document.delete_page(number)
            page = document.new_page(number, width=396, height=612)
            page.insert_image(page.rect, pixmap=picture)
        document.save(path)
    (warning,) = read_book(path).warnings
    assert "pages 9-10 and 15" in warning and "--ocr" in warning


@pytest.mark.parametrize("tenth", range(1, 10))
def test_a_book_cut_short_is_read_or_refused(
    tenth: int, example_book: Path, tmp_path: Path
) -> None:
    data = example_book.read_bytes()
    path = tmp_path / "cut.pdf"
    path.write_bytes(data[: len(data) * tenth // 10])
    check_read_or_refused(path)


@pytest.mark.parametrize("seed", range(12))
def test_a_book_with_flipped_bytes_is_read_or_refused(
    seed: int, example_book: Path, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    data = bytearray(example_book.read_bytes())
    for _ in range(10 ** (seed % 4)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    path = tmp_path / "flipped.pdf"
    path.write_bytes(data)
    check_read_or_refused(path)


def check_read_or_refused(path: Path) -> None:
    start = time.monotonic()
    try:
        assert read_book(path).words > 0
    except BookError as error:
        assert path.name in str(error) and error.hint
    assert time.monotonic() - start < PATIENCE
