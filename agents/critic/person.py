"""Who speaks: the first person that a template asks for, or somebody told about from outside."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agents.critic import prose
from agents.critic.data import wordlist
from dataset.example import Example
from dataset.records import Defect

LEAST = 25
"""Fewer words than this say nothing about the person."""
RATE = 2.0
"""First-person words in a hundred, below which nobody says "I"; lived prose has five and more."""
SLIP, PRIVATE, STORY = 5, 2, 8
"""So many times subject with no "I" between, and so often feeling or wondering: another's story.
So is more of a story without a feeling in it."""
SUBJECTS = ("he", "she", "they", "second", "impersonal")


class Seen(NamedTuple):
    message: str
    evidence: str


def wrong_person(example: Example) -> Iterator[Defect]:
    seen = _absent(example) or _as_a_thing(example) or _slip(example)
    if seen:
        yield Defect(code="wrong-person", message=seen.message, evidence=seen.evidence)


def _list(key: str) -> frozenset[str]:
    return wordlist("person.yaml", key)


def _rate(words: Sequence[str]) -> float:
    first = _list("first")
    return 100 * sum(word in first for word in words) / max(1, len(words))


def _absent(example: Example) -> Seen | None:
    texts = [part.text for part in prose.said(example)]
    words = prose.tokens(" ".join(prose.hushed(text) for text in texts))
    if len(words) < LEAST or _rate(words) >= RATE:
        return None
    return Seen("nobody says “I”: it is told from outside", prose.excerpt(texts[0]))


def _as_a_thing(example: Example) -> Seen | None:
    """`The system notes…`, `this assistant's answer`: oneself as one of a kind."""
    parts = prose.said(example)
    known = set(prose.tokens(prose.asked(example))) - {"model", "assistant", "ai"}
    hits = [
        sentence.shown
        for part in parts
        for sentence in prose.sentences(part.text)
        for _ in range(_named_selves(prose.tokens(sentence.own), known))
    ]
    rare = _rate(prose.tokens(" ".join(part.text for part in parts))) < 2 * RATE
    if len(hits) >= 2 or (hits and rare):
        return Seen("it speaks of itself in the third person", prose.excerpt(hits[0]))
    return None


def _named_selves(words: Sequence[str], known: set[str]) -> int:
    """How often its speaker is named; `this system` can be nobody else, and counts twice."""
    kinds, own_names = _list("selves") - known, _list("own_names") - known
    count = 0
    for place, word in enumerate(words):
        name, _, owns = word.partition("'")
        if name not in kinds and name not in own_names:
            continue
        lead = words[max(0, place - 2) : place]
        told = name in own_names or "the" in lead or "this" in lead
        if told and (owns == "s" or _acts(words[place + 1 : place + 3])):
            count += 2 if "this" in lead else 1
    return count


def _acts(after: Sequence[str]) -> bool:
    """Whether the words after a name are its verb."""
    verbs = [word for word in after if not word.endswith("ly")][:1]
    helpers = wordlist("verbs.yaml", "modals") | wordlist("verbs.yaml", "auxiliaries")
    past = wordlist("verbs.yaml", "past")
    return any(
        word in helpers - {"to"} or word in past or word.endswith(("s", "ed", "n't"))
        for word in verbs
    )


def _slip(example: Example) -> Seen | None:
    """A monologue that leaves its "I" for a while. In talk, others are told about rightly."""
    if example.form != "monologue":
        return None
    for run in _runs_without_first(example):
        words = prose.tokens(" ".join(sentence.own for sentence in run))
        if len(words) >= LEAST and any(_lives_inside(words, key) for key in SUBJECTS):
            message = "here it tells of somebody else's inside instead of saying “I”"
            return Seen(message, prose.excerpt(run[0].shown))
    return None


def _runs_without_first(example: Example) -> Iterator[list[prose.Sentence]]:
    run: list[prose.Sentence] = []
    for part in prose.said(example):
        for sentence in prose.sentences(part.text):
            if _list("first").isdisjoint(prose.tokens(sentence.own)):
                run.append(sentence)
                continue
            yield run
            run = []
    yield run


def _lives_inside(words: Sequence[str], subject: str) -> bool:
    """Whether one and the same person is the subject again and again, and feels and thinks."""
    verbs = [
        _verb(words[place + 1 :]) for place, word in enumerate(words) if word in _list(subject)
    ]
    private = sum(verb in _list("private") for verb in verbs)
    return len(verbs) >= STORY or (len(verbs) >= SLIP and private >= PRIVATE)


def _verb(after: Sequence[str]) -> str:
    """The verb behind a subject, past its helpers and adverbs."""
    passing = _list("helpers") | {"not", "never", "always", "still", "only", "also", "no", "longer"}
    return next((w for w in after[:4] if w not in passing and not w.endswith("ly")), "")
