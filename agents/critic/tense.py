"""Which tense a text is told in, from its finite verbs, without a parser.

Only verbs whose tense is certain are counted: `was`, `went`, `I walk`, `she looked`. What is told
of another time inside a present frame ("I remember: they were laughing") keeps the frame present.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from agents.critic import prose
from agents.critic.data import wordlist
from dataset.example import Example
from dataset.records import Defect

REACH = 9
"""How many words an "if" or "as though" colours."""


class Limits(NamedTuple):
    """When the past has taken over: its share of all verbs, and past verbs in a row.

    A run at the very beginning has no present to look back from; one that a memory opens ("I
    remember", "last night") may be `told` twice as long.
    """

    share: float
    least: int
    opening: int
    slip: int
    told: int


LIMITS = {"monologue": Limits(0.65, 6, 6, 8, 15), "conversation": Limits(0.8, 8, 11, 11, 18)}
PARAGRAPH = 35
WHOLE = 3
"""A paragraph of so many words wholly in the past shows with so many verbs fewer."""
ALONE = 4
"""So many past verbs in a monologue with none in the present leave no doubt."""


class Tense(NamedTuple):
    past: int
    present: int


class Run(NamedTuple):
    """Sentences in a row with past verbs only, where they stand and what stands before them."""

    past: int = 0
    opens: bool = False
    framed: bool = False
    first: str = ""
    whole: bool = False

    def too_long(self, limits: Limits) -> bool:
        if self.framed:
            return self.past >= limits.told
        bar = limits.opening if self.opens else limits.slip
        return self.past >= (max(ALONE, bar - WHOLE) if self.whole else bar)


def wrong_tense(example: Example) -> Iterator[Defect]:
    limits = LIMITS[example.form]
    counts = [tense(sentence.own) for sentence in _told(example)]
    past = sum(count.past for count in counts)
    verbs = past + sum(count.present for count in counts)
    runs = [*_runs(example), *_paragraphs(example)]
    slips = [run for run in runs if run.too_long(limits)]
    if (past >= limits.least and past >= limits.share * verbs) or ALONE <= past == verbs:
        message = f"told in the past: {past} of {verbs} verbs"
        longest = max(runs, key=lambda run: run.past)
    elif slips:
        longest = max(slips, key=lambda run: run.past)
        message = f"slips into the past: {longest.past} past verbs in a row"
    else:
        return
    yield Defect(code="wrong-tense", message=message, evidence=prose.excerpt(longest.first))


@lru_cache(1 << 12)
def tense(sentence: str) -> Tense:
    """Count the finite verbs of one sentence."""
    words = prose.tokens(sentence)
    past = present = 0
    for place, word in enumerate(words):
        if _is_present(words, place, word):
            present += 1
        elif _is_past(words, place, word, told=past > 0) and not _is_unreal(words, place):
            past += 1
    return Tense(past, present)


def _told(example: Example) -> Iterator[prose.Sentence]:
    for part in prose.said(example):
        yield from prose.sentences(part.text)


def _runs(example: Example) -> Iterator[Run]:
    """The stretches without a present verb, each within one thought or answer."""
    for number, part in enumerate(prose.said(example)):
        run, before, opens = Run(), "", number == 0
        for sentence in prose.sentences(part.text):
            count = tense(sentence.own)
            if count.present:
                yield run
                run, opens = Run(), False
            elif not run.past and count.past:
                run = Run(count.past, opens, _is_memory(before, sentence.own), sentence.shown)
            else:
                run = run._replace(past=run.past + count.past)
            before = sentence.own
        yield run


def _paragraphs(example: Example) -> Iterator[Run]:
    """The paragraphs of a monologue that hold no present verb at all."""
    if example.form != "monologue":
        return
    before = ""
    text = "\n\n".join(part.text for part in prose.said(example))
    for place, paragraph in enumerate(prose.paragraphs(text)):
        sentences = prose.sentences(paragraph)
        counts = [tense(sentence.own) for sentence in sentences]
        long = len(paragraph.split()) >= PARAGRAPH
        if long and not any(count.present for count in counts):
            past = sum(count.past for count in counts)
            framed = _is_memory(before, *(sentence.own for sentence in sentences[:2]))
            yield Run(past, place == 0, framed, sentences[0].shown, whole=True)
        before = sentences[-1].own if sentences else ""


def _is_memory(*sentences: str) -> bool:
    return any(_verbs("memory") & set(prose.tokens(sentence)) for sentence in sentences)


def _verbs(key: str) -> frozenset[str]:
    return wordlist("verbs.yaml", key)


def _before(words: Sequence[str], place: int) -> str:
    """The last word before `place` that is not merely between a subject and its verb."""
    for step in range(place - 1, max(-1, place - 4), -1):
        word = words[step]
        passing = word in _verbs("between") or word.endswith("ly")
        if word in _verbs("subjects") or not passing:
            return word
    return ""


def _is_present(words: Sequence[str], place: int, word: str) -> bool:
    before = words[place - 1] if place else ""
    if word in _verbs("present"):
        return before not in _verbs("modals") or word.endswith("n't")
    if word in ("have", "haven't", "do", "don't"):
        return before not in _verbs("modals") and before != "did"
    stem, mark, ending = word.partition("'")
    if mark:
        named = stem in _verbs("subjects") or stem in ("what", "where", "here", "how")
        return ending in ("m", "re", "ve", "ll") or (ending == "s" and named)
    return _follows_its_subject(words, place, word)


def _follows_its_subject(words: Sequence[str], place: int, word: str) -> bool:
    """`I lean`, `it never settles`: no ending but the present's."""
    if len(word) < 2 or word.endswith(("ed", "ing", "ly", "self", "selves")):
        return False
    if any(word in _verbs(key) for key in ("between", "same_in_past", "modals")):
        return False
    if word in _verbs("past") or word in _verbs("past_after_subject"):
        return False
    subject = _before(words, place)
    if subject in _verbs("plural_subjects"):
        return True
    return subject in _verbs("subjects") and word.endswith("s") and not word.endswith(("ss", "us"))


def _is_past(words: Sequence[str], place: int, word: str, *, told: bool) -> bool:
    if word in _verbs("past"):
        return True
    regular = len(word) > 3 and word.endswith("ed") and not word.endswith("eed")
    if not regular and word not in _verbs("past_after_subject"):
        return False
    if place and words[place - 1] in ("and", "then", "but"):
        return told
    before = _before(words, place)
    return before in _verbs("subjects") and before not in _verbs("auxiliaries")


def _is_unreal(words: Sequence[str], place: int) -> bool:
    """`as if it were`, `I wish I had`: a past form that does not tell of the past."""
    return any(word in _verbs("unreal") for word in words[max(0, place - REACH) : place])
