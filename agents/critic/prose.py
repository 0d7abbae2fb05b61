"""Prose as the checks see it: words, sentences, paragraphs, with quoted speech set aside."""

import re
from functools import lru_cache
from typing import NamedTuple

from dataset.example import Example, Turn
from dataset.tags import without
from dataset.words import WORD, plain, words_of

_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|«[^»]*»")
_BREAK = re.compile(r"(?<=[.!?…])[\"”’)\]]*\s+(?=[\"“‘(\[]*[^\Wa-z])|\n\s*\n")
_LETTER = re.compile(r"\w")


class Said(NamedTuple):
    """One stretch of the assistant's words, with the number of its answer."""

    answer: int
    thought: bool
    text: str


class Sentence(NamedTuple):
    """A sentence as it stands, and the same with quoted words blanked out."""

    shown: str
    own: str


def said(example: Example) -> tuple[Said, ...]:
    """Everything the assistant thinks and says, in order; leftover tags are taken out."""
    parts = [
        Said(number, thought, without(text))
        for number, turn in enumerate(example.answers)
        for thought, text in ((True, turn.thinking), (False, turn.content))
        if text
    ]
    return tuple(parts)


def asked(example: Example) -> str:
    """The user's side: instruction, input and questions."""
    turns = [turn.content for turn in example.turns if turn.role == "user"]
    return "\n\n".join([*turns, example.input])


def length(turn: Turn) -> int:
    """Words between blanks, thinking included: what a word limit counts."""
    return len(turn.content.split()) + len((turn.thinking or "").split())


class Word(NamedTuple):
    """A word in its plain form, and where it stands in the text."""

    form: str
    start: int
    end: int


# One example is looked at by a dozen checks and every judge: its texts are taken apart once.
_remembered = lru_cache(256)


@_remembered
def located(text: str) -> tuple[Word, ...]:
    return tuple(Word(form(match[0]), *match.span()) for match in WORD.finditer(text))


@lru_cache(1 << 16)
def form(word: str) -> str:
    """A word as words are compared."""
    return plain(word).lower()


def first_words(text: str, count: int) -> str:
    """The text up to the end of its first `count` words, as it stands."""
    found = located(text)[:count]
    return text[found[0].start : found[-1].end] if found else ""


@_remembered
def tokens(text: str) -> tuple[str, ...]:
    return tuple(words_of(text))


@_remembered
def hushed(text: str) -> str:
    """The text with what stands in double quotes blanked out, letter for letter.

    Other people's words are not the voice's; offsets stay, so that evidence can be cut from `text`.
    """
    return _QUOTED.sub(lambda match: _LETTER.sub(" ", match[0]), text)


@_remembered
def sentences(text: str) -> tuple[Sentence, ...]:
    own = hushed(text)
    ends = [match.start() for match in _BREAK.finditer(own)] + [len(own)]
    starts = [0] + [match.end() for match in _BREAK.finditer(own)]
    spans = zip(starts, ends, strict=True)
    return tuple(Sentence(text[a:b], own[a:b]) for a, b in spans if own[a:b].strip())


def paragraphs(text: str) -> list[str]:
    return [piece.strip() for piece in re.split(r"\n\s*\n", text) if piece.strip()]


def excerpt(text: str, limit: int = 160) -> str:
    """The beginning of `text`, cut between words: evidence that still occurs in the example."""
    text = text.strip()
    if len(text) <= limit:
        return text
    return text[: text.rfind(" ", 0, limit)].rstrip()
