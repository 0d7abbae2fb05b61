"""Plain text and Markdown: hard-wrapped lines joined, markup of headings and emphasis resolved."""

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from corpus.book import Piece, Source, tidy
from corpus.headings import is_break
from corpus.hyphens import Vocabulary, join_lines
from corpus.numerals import roman_value
from corpus.sections import without_licence, without_sections, without_title_lines
from inscape.errors import NotABook, NoText

_HASHES = re.compile(r"(#{1,6})\s+(.+?)\s*#*")
_UNDERLINE = re.compile(r"(=+|-+)\s*")
_ITALIC = re.compile(r"(?<![\w_])_(?=\S)([^_]*?\S)_(?![\w_])", re.S)
_STRONG = re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*]*?[^\s*])\1(?![\w*])", re.S)
_ASIDE = re.compile(r"\[(?:illustration|transcriber|footnote|sidenote)[^\]]*\]\s*", re.I)
_NOTE = re.compile(r"\[footnote", re.I)
_CALL = re.compile(r"(?<=\S)\[(?:\d{1,3}|[A-Z*†])\]")
_PAGE = re.compile(r"\{\d{1,4}\}|\[(?:pg\.?|page)\s*\d{1,4}\]\s?", re.I)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_NAMED = re.compile(
    r"(?:chapter|book|part|letter|canto|act|section|stave|volume|prologue|epilogue|preface|introduction)\b"
    r"[\s.:—-]*(?:\d+|the \w+|\w+)?(?:[\s.:—-].{0,60})?",
    re.I,
)
_BLANKS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_MARKDOWN = frozenset({".md", ".markdown", ".mkd"})


def read_plain(path: Path) -> Source:
    """The book of a .txt or .md file."""
    text = _decoded(path)
    if not text.strip():
        raise NoText(f"{path.name!r} has no text, only white space", hint="is it the right file?")
    source = Source([])
    text, source.dropped["footnotes"] = _without_notes(text)
    if text.count("--") > text.count("—"):
        text = re.sub(r"(?<!-)--(?!-)", "—", re.sub(r"(?<!-)----(?!-)", "——", text))
    marked = path.suffix.lower() in _MARKDOWN or re.search(r"^#{1,6} \S", text, re.M) is not None
    pieces = _Reader(text, marked).pieces()
    pieces = without_licence(_with_subtitles(pieces)).pieces
    pieces = without_sections(without_title_lines(pieces), source.dropped).pieces
    if not pieces:
        raise NoText(f"{path.name!r} has no text of its own", hint="is it the right file?")
    source.pieces = pieces
    return source


def _with_subtitles(pieces: list[Piece]) -> list[Piece]:
    """“CHAPTER I”, then “Morning”: a few words under a heading that end in no stop are one too."""
    for above, piece in pairwise(pieces):
        short = piece.kind == "prose" and len(piece.text) <= 60 and above.kind == "heading"
        if short and piece.text[-1:].isalnum() and piece.text[:1].isupper():
            piece.kind, piece.level = "heading", above.level + 1
    return pieces


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    odd = sum(text.count(char) for char in "\ufffd\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f")
    if odd > 0.01 * len(text) + 8:
        raise NotABook(
            f"{path.name!r} is not a text file", hint="give a PDF, EPUB, TXT or Markdown file"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n\n")


def _without_notes(text: str) -> tuple[str, int]:
    count = len(_NOTE.findall(text))
    text = _PAGE.sub("", _ASIDE.sub("", text))
    return (_CALL.sub("", text) if count else text), count


class _Reader:
    """Turns the text's paragraphs into pieces; needs the whole text to know how wide lines are."""

    def __init__(self, text: str, marked: bool) -> None:
        self._marked = marked
        lengths = sorted(len(line) for line in text.split("\n") if line.strip())
        self._width = lengths[int(len(lengths) * 0.95)]
        wrapped = sum(0.6 * self._width < length <= self._width + 8 for length in lengths)
        self._wrapped = self._width < 110 and wrapped > 0.2 * len(lengths)
        gaps = text.count("\n\n")
        self._line_each = not self._wrapped and gaps < 0.1 * len(lengths)
        self._text = text
        self._words = Vocabulary(text.split("\n"))

    def pieces(self) -> list[Piece]:
        cut = "\n" if self._line_each else None
        found: list[Piece] = []
        for before, block in self._blocks(cut):
            found += self._block(block, before)
        return [piece for piece in found if piece.text]

    def _blocks(self, cut: str | None) -> list[tuple[int, str]]:
        """Each paragraph with the number of empty lines before it."""
        if cut:
            return [(1, line) for line in self._text.split(cut) if line.strip()]
        parts = re.split(f"({_BLANKS.pattern})", self._text)
        blocks = [(2, parts[0])]
        blocks += [
            (gap.count("\n") - 1, block)
            for gap, block in zip(parts[1::2], parts[2::2], strict=True)
        ]
        return [(gap, block) for gap, block in blocks if block.strip()]

    def _block(self, block: str, before: int) -> list[Piece]:
        lines = block.strip("\n").split("\n")
        head = lines[0].strip()
        if self._marked and (found := _HASHES.fullmatch(head)):
            rest = "\n".join(lines[1:])
            piece = Piece("heading", self._inline(found[2]), len(found[1]))
            return [piece, *(self._block(rest, 0) if rest.strip() else [])]
        if self._marked and len(lines) == 2 and _UNDERLINE.fullmatch(lines[1]) and head:
            return [Piece("heading", self._inline(head), 1 + (lines[1][0] == "-"))]
        if is_break(block) and len(lines) == 1:
            return [Piece("break", "* * *")]
        if self._marked and all(line.lstrip().startswith(">") for line in lines):
            lines = [line.lstrip()[1:] for line in lines]
        if not self._marked and len(lines) <= 3 and self._is_heading(lines, before):
            return [Piece("heading", self._inline(" ".join(map(str.strip, lines))), 1)]
        return [self._running(lines)]

    def _running(self, lines: Sequence[str]) -> Piece:
        texts = [line.strip() for line in lines]
        if len(lines) > 1 and (self._is_verse(lines) or not self._wrapped):
            return Piece("verse", "\n".join(self._inline(text) for text in texts))
        joined, _ = join_lines(texts, self._words)
        return Piece("prose", self._inline(joined))

    def _is_verse(self, lines: Sequence[str]) -> bool:
        """Lines that end where another word would have fitted."""
        forced = sum(
            len(one.rstrip()) + len(two.split()[0]) + 1 < self._width - 8
            for one, two in pairwise(lines)
        )
        return forced >= 0.6 * (len(lines) - 1)

    def _is_heading(self, lines: Sequence[str], before: int) -> bool:
        text = " ".join(line.strip() for line in lines).strip("_*")
        bare = text.strip(" .:—-[]")
        if len(text) > 90 or not bare or text[-1] in ",;":
            return False
        if bare.isdigit() or roman_value(bare):
            return True
        if _NAMED.fullmatch(bare) and not text.endswith(("?", "!")) and len(text) < 70:
            return before >= 2 or text.isupper() or text.startswith(("CHAPTER", "Chapter"))
        return before >= 2 and text.isupper() and sum(map(str.isalpha, text)) > 2

    def _inline(self, text: str) -> str:
        """The words without the marks of emphasis."""
        if self._marked:
            text = _LINK.sub(r"\1", text).replace("\\", "")
        text = _STRONG.sub(r"\2", text)
        return tidy(_ITALIC.sub(r"\1", text))
