"""The smallest parts of passages: a paragraph, a piece of a long one, some short ones."""

from collections.abc import Iterator
from dataclasses import dataclass

from corpus.book import Book, Paragraph
from corpus.sentences import is_open_speech, sentences

_SMALL, _LARGE = 30, 80  # words
_TERMINAL = ".!?…”’\"')*"


@dataclass(frozen=True, slots=True)
class Unit:
    """A cut after it leaves the paragraph whole, or the sentence, where the flags say so."""

    start: int
    end: int
    words: int
    ends_paragraph: bool = True
    ends_sentence: bool = True


def stretches(book: Book) -> Iterator[list[Unit]]:
    """Units that belong together: of one chapter, with no break between scenes."""
    current: list[Unit] = []
    chapter = None
    for paragraph in book.paragraphs:
        if paragraph.kind in ("heading", "break") or paragraph.chapter != chapter:
            if current:
                yield _merged(current, book.text)
            current, chapter = [], paragraph.chapter
        if paragraph.kind in ("prose", "verse"):
            current += _units(paragraph)
    if current:
        yield _merged(current, book.text)


def _units(paragraph: Paragraph) -> list[Unit]:
    text = paragraph.text
    words = len(text.split())
    whole = text[-1:] in _TERMINAL
    if paragraph.kind == "verse" or words <= _LARGE:
        return [Unit(paragraph.start, paragraph.end, words, True, whole)]
    units: list[Unit] = []
    start = 0
    spans = sentences(text)
    for _, end in spans:
        piece = text[start:end]
        count = len(piece.split())
        if count >= _SMALL and (count > 2 * _LARGE or not is_open_speech(text[:end])):
            units.append(_part(paragraph, start, end, count))
            start = end + 1
    if start < len(text):
        rest = text[start:]
        units.append(_part(paragraph, start, len(text), len(rest.split())))
    last = units[-1]
    units[-1] = Unit(last.start, last.end, last.words, True, whole)
    return units


def _part(paragraph: Paragraph, start: int, end: int, words: int) -> Unit:
    text = paragraph.text
    while start < end and text[start].isspace():
        start += 1
    return Unit(paragraph.start + start, paragraph.start + end, words, False, True)


def _merged(units: list[Unit], text: str) -> list[Unit]:
    """Short paragraphs (talk, mostly) go together; so does what leads up to a speech or a verse."""
    merged: list[Unit] = []
    for unit in units:
        last = merged[-1] if merged else None
        if last and _sticks(last, unit, text):
            words = last.words + unit.words
            merged[-1] = Unit(last.start, unit.end, words, unit.ends_paragraph, unit.ends_sentence)
        else:
            merged.append(unit)
    return merged


def _sticks(last: Unit, unit: Unit, text: str) -> bool:
    if last.words + unit.words > 2 * _LARGE:
        return False
    tail = text[last.end - 1]
    if tail in ":—" or not last.ends_sentence or text[unit.start].islower():
        return True
    return last.words < _SMALL or unit.words < 12
