"""What the words of a passage show of inner experience, counted sentence by sentence.

No meaning is looked for here: which verbs, whose voice, what tense, how much talk, what rhythm.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from corpus.sentences import Span, sentences

Floats = NDArray[np.float32]

_TOKEN = re.compile(r"[a-zß-öø-ÿ]+(?:[-'’][a-zß-öø-ÿ]+)*")
_SPEECH = re.compile(
    r"“[^”]*(?:”|\Z)|(?<!\w)\"[^\"]*(?:\"|\Z)|(?<!\w)‘(?:[^’]|’(?=\w))*(?:’(?!\w)|\Z)|^—[^\n]*",
    re.MULTILINE,
)
SIGNS_FILE = Path(__file__).with_name("signs.yaml")
_LISTS: dict[str, dict[str, Any]] = yaml.safe_load(SIGNS_FILE.read_text(encoding="utf-8"))
_WORDS: dict[str, str] = _LISTS["words"]
_PATTERNS = {
    name: re.compile("|".join(turns), re.IGNORECASE) for name, turns in _LISTS["phrases"].items()
}
_MARKS = {
    "comma": ",",
    "semicolon": ";",
    "colon": ":",
    "dash": "—",
    "ellipsis": "…",
    "asked": "?",
    "cried": "!",
    "quoted": "“",
}
_SHAPES = {
    "names": re.compile(r"(?<=[a-z,;] )[A-ZÀ-Þ][a-zß-ÿ]+"),
    "digits": re.compile(r"\d+"),
    "ed": re.compile(r"\b[a-z]+ed\b"),
    "ing": re.compile(r"\b[a-z]+ing\b"),
    "ly": re.compile(r"\b[a-z]+ly\b"),
    "abstract": re.compile(r"\b[a-z]+(?:ness|tion|ity|ment|ence|ance)\b"),
}
COUNTED = (*_WORDS, *_PATTERNS, *_MARKS, *_SHAPES, "letters")
SIGNS = (*COUNTED, "words", "spoken")
"""The columns of `Evidence.counts`; the last two are the words and the share that is spoken."""

_COLUMN = {name: at for at, name in enumerate(_WORDS)}
_EXACT: dict[str, set[int]] = {}
_STEMS: list[tuple[str, int]] = []
for _name, _words in _WORDS.items():
    for _word in _words.split():
        if _word.endswith("*"):
            _STEMS.append((_word[:-1], _COLUMN[_name]))
        else:
            _EXACT.setdefault(_word, set()).add(_COLUMN[_name])


class Evidence(NamedTuple):
    """One row a sentence, all passages after one another; `owner` says whose each is."""

    counts: Floats
    owner: NDArray[np.intp]
    spans: list[list[Span]]


def gather(texts: Sequence[str]) -> Evidence:
    spans = [sentences(text) or [(0, len(text))] for text in texts]
    rows = [_count(text, own) for text, own in zip(texts, spans, strict=True)]
    counts = np.concatenate(rows) if rows else np.zeros((0, len(SIGNS)), np.float32)
    owner = np.repeat(np.arange(len(texts)), [len(own) for own in spans])
    return Evidence(counts, owner, spans)


def _count(text: str, spans: Sequence[Span]) -> Floats:
    rows = np.zeros((len(spans), len(SIGNS)), np.float32)
    spoken = _spoken(text)
    for row, (start, end) in zip(rows, spans, strict=True):
        sentence = text[start:end]
        lower = sentence.lower()
        tokens = _TOKEN.findall(lower)
        for token in tokens:
            for column in _groups(token):
                row[column] += 1
        row[len(_WORDS) :] = [
            *(len(pattern.findall(sentence)) for pattern in _PATTERNS.values()),
            *(sentence.count(mark) for mark in _MARKS.values()),
            *(len(shape.findall(sentence)) for shape in _SHAPES.values()),
            sum(map(len, tokens)),
            max(1, len(tokens)),
            spoken[start:end].mean() if end > start else 0.0,
        ]
    return rows


def _spoken(text: str) -> NDArray[np.bool_]:
    """Which characters stand inside quotation marks, also where the opening one is missing."""
    mask = np.zeros(len(text), bool)
    close = text.find("”")
    opened = text.find("“")
    if close >= 0 and not 0 <= opened < close:
        mask[: close + 1] = True
    for match in _SPEECH.finditer(text):
        mask[match.start() : match.end()] = True
    return mask


@lru_cache(maxsize=1 << 17)
def _groups(token: str) -> tuple[int, ...]:
    """The columns a word counts for; a contraction counts for its first part too."""
    word = token.replace("’", "'")
    base = word.removesuffix("'s")
    found = set(_EXACT.get(word, ())) | _EXACT.get(base, set())
    if "'" in word:
        found |= _EXACT.get(word.split("'")[0], set())
    if word.endswith("n't"):
        found |= _EXACT["n't"]
    found.update(column for stem, column in _STEMS if base.startswith(stem))
    return tuple(sorted(found))
