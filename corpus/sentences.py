"""Where sentences begin and end, by nupunkt, with what a novel's talk needs on top of it."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

Span = tuple[int, int]
_SPEAKS_ON = re.compile(r"[“\"'‘(\[—–…\s]*[a-zà-öø-ÿ]")
_CLOSES = re.compile(r"[”’\"')\]…]+(?:\s|$)")


@cache
def _splitter() -> Any:
    """Imported late: the command line's help needs no sentences."""
    import nupunkt

    return nupunkt.sent_spans


def sentences(text: str) -> list[Span]:
    """The spans of whole sentences, without the white space between them."""
    spans: list[Span] = []
    for start, end in _trimmed(text, _splitter()(text)):
        if spans and _belongs(text, spans[-1], start, end):
            spans[-1] = spans[-1][0], end
        else:
            spans.append((start, end))
    return spans


def _trimmed(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    for start, end in spans:
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip())
        end -= len(piece) - len(piece.rstrip())
        if start < end:
            yield start, end


def _belongs(text: str, before: Span, start: int, end: int) -> bool:
    """“Is it bad?” he asked: what goes on in small letters is the same sentence."""
    piece = text[start:end]
    if _SPEAKS_ON.match(piece):
        return True
    return bool(_CLOSES.match(piece)) and not piece.lstrip("”’\"')]… ")


def is_open_speech(text: str) -> bool:
    """Whether a quotation begun in `text` is still going on at its end."""
    if "“" in text or "”" in text:
        return text.count("“") > text.count("”")
    return text.count('"') % 2 == 1
