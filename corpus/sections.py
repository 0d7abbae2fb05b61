"""Leaving out whole sections: licences, contents, notes, whatever is not the author's text."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from corpus.book import Piece
from corpus.matter import NOT_TEXT

_START = re.compile(r"\*{2,}\s*START OF (?:THE|THIS) PROJECT GUTENBERG", re.I)
_LICENCE_HEAD = re.compile(
    r"\*{2,}\s*END OF (?:THE|THIS) PROJECT GUTENBERG|end of (?:the |this )?project gutenberg|"
    r"(?:the )?project gutenberg(?:[’']s)? e(?:book|text)|\*{2,}\s*START: FULL LICENSE",
    re.I,
)
_PRODUCED = re.compile(
    r"\[?(?:produced by|e-?text prepared by|transcribed (?:by|from)|scanned by|"
    r"transcriber[’']s notes?|"
    r"this (?:e-?book|e-?text) (?:was|is)|html version by|this file (?:was|should)|"
    r"project gutenberg|distributed proofread)",
    re.I,
)
_BYLINE = re.compile(
    r"(?:by|translated (?:by|from)|written by|edited by|illustrated by|with an introduction by)\b",
    re.I,
)
_SIGNED = re.compile(r"(?:the )?(?:editor|publisher|translator|transcriber)s?\W*", re.I)
_PREFACE = re.compile(
    r"(?:a |the )?(?:preface|foreword|introduction|introductory note|note|prefatory note)\b.{0,30}",
    re.I,
)
_EDITION = re.compile(
    r"\b(?:this edition|present edition|present volume|text here printed|"
    r"the (?:present )?translation|"
    r"the author(?:[’']s)?|this translation|the manuscript|"
    r"first collected edition|the publishers?)\b",
    re.I,
)
_LAST_SHARE = 0.6  # notes, indexes and the like end a book; earlier such a title may be a chapter


class Kept(NamedTuple):
    pieces: list[Piece]
    pages: set[int]


def without_licence(pieces: Sequence[Piece]) -> Kept:
    """Without Project Gutenberg's own text before and after the book."""
    start, end = 0, len(pieces)
    for at, piece in enumerate(pieces):
        if "***" in piece.text and _START.search(piece.text):
            start = at + 1
            break
    for at in range(end - 1, start - 1, -1):
        text = pieces[at].text
        if "utenberg" not in text and "UTENBERG" not in text and "FULL LICENSE" not in text:
            continue
        if _LICENCE_HEAD.match(text.strip(" *")) and _is_licence(pieces[at:end]):
            if at < start + 12 and at < 0.1 * len(pieces):
                start = max(start, _after_header(pieces, at))
            else:
                end = at
    kept = list(pieces[start:end])
    while kept and _PRODUCED.match(kept[0].text):
        kept.pop(0)
    return Kept(kept, _pages_lost(pieces, kept))


def _is_licence(pieces: Sequence[Piece]) -> bool:
    return any("gutenberg" in piece.text.lower() for piece in pieces[:3])


def _after_header(pieces: Sequence[Piece], at: int) -> int:
    """Past the lines “Title:”, “Language:” and the like of a header without a start mark."""
    last = at
    for number in range(at, min(at + 20, len(pieces))):
        text = pieces[number].text
        if "gutenberg" in text.lower() or re.match(
            r"(?:title|author|release date|language|character set|last updated|posting date)\b.*:",
            text,
            re.I,
        ):
            last = number
    return last + 1


def without_sections(pieces: Sequence[Piece], dropped: dict[str, int]) -> Kept:
    """Without sections whose heading says that they are no part of the text."""
    kept: list[Piece] = []
    skipping: Piece | None = None
    total = sum(len(piece.text) for piece in pieces) or 1
    seen = 0
    for at, piece in enumerate(pieces):
        if piece.kind == "heading":
            skipping = piece if _unwanted(pieces, at, seen / total) else None
            if skipping and re.fullmatch(r"(?:end|foot)?notes", piece.text, re.I):
                dropped["footnotes"] = dropped.get("footnotes", 0) + 1
        if skipping is None:
            kept.append(piece)
        seen += len(piece.text)
    return Kept(kept, _pages_lost(pieces, kept))


def _unwanted(pieces: Sequence[Piece], at: int, share: float) -> bool:
    title = pieces[at].text.strip(" .:*[]")
    if NOT_TEXT.fullmatch(title) or _PRODUCED.match(title):
        return share < 0.15 or share > _LAST_SHARE
    return share < 0.15 and bool(_PREFACE.fullmatch(title)) and _is_editorial(pieces, at)


def _is_editorial(pieces: Sequence[Piece], at: int) -> bool:
    """A preface that an editor signed, or that speaks of the edition and its author."""
    body = []
    for piece in pieces[at + 1 :]:
        if piece.kind == "heading":
            break
        body.append(piece.text)
    if any(_SIGNED.fullmatch(text.strip()) for text in body[-3:]):
        return True
    return len(set(map(str.lower, _EDITION.findall("\n".join(body))))) >= 3


def without_title_lines(pieces: Sequence[Piece]) -> list[Piece]:
    """A plain text begins with its title and author; the heading right before the prose stays."""
    first = next((at for at, piece in enumerate(pieces[:80]) if _is_running(piece)), 0)
    lead = [piece for piece in pieces[:first] if not _BYLINE.match(piece.text)]
    keep: list[Piece] = []
    for piece in reversed(lead):
        if piece.kind not in ("heading", "verse") or NOT_TEXT.fullmatch(piece.text.strip(" .:")):
            break
        if piece.kind == "verse" and len(piece.text.split()) < 8:
            break
        keep.insert(0, piece)
    if not keep and lead and len(lead[-1].text) < 80 and lead[-1].kind == "heading":
        keep = [lead[-1]]
    return [*_innermost(keep), *pieces[first:]]


def _is_running(piece: Piece) -> bool:
    return piece.kind == "prose" and (len(piece.text.split()) > 25 or piece.text[-1:] in '.!?”"’')


def _innermost(headings: list[Piece]) -> list[Piece]:
    """Title, then part, then chapter: a heading repeated below a list of contents counts once."""
    seen: dict[str, int] = {}
    for at, piece in enumerate(headings):
        if piece.text.lower() in seen:
            return headings[at:]
        seen[piece.text.lower()] = at
    return headings


def _pages_lost(pieces: Sequence[Piece], kept: Sequence[Piece]) -> set[int]:
    left = {page for piece in kept for _, page, _ in piece.marks}
    return {page for piece in pieces for _, page, _ in piece.marks} - left
