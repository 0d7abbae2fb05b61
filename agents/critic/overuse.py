"""Openings and phrases that this dataset has worn out itself."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from agents.critic import prose
from agents.critic.data import wordlist
from dataset.example import Example
from dataset.opening import OPENING, opening_of
from dataset.records import Defect

PHRASE = 4
LEAST = 3
"""Fewer repeats than this are no habit."""
SHARE = 0.04
"""In a large dataset, an opening or phrase may return in this share of the examples."""


def overused_opening(example: Example, openings: Sequence[str]) -> Iterator[Defect]:
    """`openings`: how accepted examples begin, one each, as `opening_of` gives it."""
    own = opening_of(example)
    count = openings.count(own)
    if own and count >= _allowed(len(openings)):
        shown = prose.first_words(prose.said(example)[0].text, OPENING)
        message = f"{count} accepted examples begin with {shown!r}"
        yield Defect(code="slop", message=message, evidence=shown)


def overused_phrase(example: Example, phrases: Collection[str]) -> Iterator[Defect]:
    """`phrases`: what `worn_phrases` gives for the accepted examples."""
    if not phrases:
        return
    worn = frozenset(phrases)
    for part in prose.said(example):
        for phrase, shown in _phrases(part.text):
            if phrase in worn:
                message = f"{shown!r} stands in many accepted examples"
                yield Defect(code="slop", message=message, evidence=shown)
                return


def worn_phrases(examples: Collection[Example]) -> tuple[str, ...]:
    """Runs of four words with two telling ones, in too many examples; the most used first."""
    counts = Counter(
        phrase
        for example in examples
        for phrase in {found for part in prose.said(example) for found, _ in _phrases(part.text)}
    )
    enough = _allowed(len(examples))
    return tuple(phrase for phrase, count in counts.most_common() if count >= enough)


def _allowed(size: int) -> int:
    return max(LEAST, round(SHARE * size))


def _phrases(text: str) -> Iterator[tuple[str, str]]:
    common = wordlist("common.yaml", "function")
    found = prose.located(text)
    for place in range(len(found) - PHRASE + 1):
        run = found[place : place + PHRASE]
        if sum(word.form not in common for word in run) >= 2:
            shown = text[run[0].start : run[-1].end]
            yield " ".join(word.form for word in run), shown
