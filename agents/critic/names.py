"""The names of a book's people, found by how they are written, and where an example has them."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from agents.critic import prose
from agents.critic.data import wordlist
from dataset.example import Example
from dataset.records import Defect

LOWER = 0.1
"""A name is written small in at most this share of its places ("Grace" and "grace")."""
PLACE = 0.2
"""A name that follows "in" or "at" more often than this is a place."""

_BEING = ("is", "was", "'s")
"""Things and towns are and own as people do."""
_WORD = re.compile(r"[^\W\d_]+")
_GAP = " \t\"'“”‘’()[]«»*_"


class Capital(NamedTuple):
    """A capitalised word, and what its neighbours say of it.

    `opens`: a sentence begins with it; `place`: it follows "in" or the like; `person`: it has a
    title or a verb; `acts`: a verb other than being; `lives`: a verb that only people have.
    """

    name: str
    shown: str
    opens: bool
    place: bool
    person: bool
    acts: bool
    lives: bool


def people(text: str) -> frozenset[str]:
    """Who has a name, inside a sentence and with a verb or a title; no places, days or nations.

    Lower case, without accents: the form that `character_leak` compares.
    """
    inside: Counter[str] = Counter()
    placed: Counter[str] = Counter()
    known: set[str] = set()
    for capital in _capitals(text):
        inside[capital.name] += not capital.opens
        placed[capital.name] += capital.place
        if capital.person:
            known.add(capital.name)
    small = _small(text)
    return frozenset(
        name
        for name in known
        if inside[name]
        and small[name] <= LOWER * inside[name]
        and placed[name] <= PLACE * inside[name]
    )


def character_leak(example: Example, passage: str, names: Collection[str] = ()) -> Iterator[Defect]:
    """`names` are the whole book's people, as `people` gives them."""
    spoken = "\n\n".join(part.text for part in prose.said(example))
    asked = prose.asked(example)
    own = _passage_names(passage, (*capitals(spoken), *capitals(asked)))
    given = {capital.name for capital in capitals(asked)}
    for text, known in ((spoken, own | (frozenset(names) - given)), (asked, own)):
        leak = _first_leak(text, known, _small(spoken))
        if leak:
            message = f"{leak.shown!r} is one of the book's people"
            yield Defect(code="character-leak", message=message, evidence=leak.shown)
            return
    small = _small(spoken)
    stranger = next((one for one in capitals(spoken) if _is_stranger(one, small, given)), None)
    if stranger:
        message = f"{stranger.shown!r} is named, whom nobody in the example has mentioned"
        yield Defect(code="character-leak", message=message, evidence=stranger.shown)


@lru_cache(512)
def capitals(text: str) -> tuple[Capital, ...]:
    """The capitalised words that may be names, in order."""
    return tuple(_capitals(text))


def _capitals(text: str) -> Iterator[Capital]:
    before, end = "", 0
    for match in _WORD.finditer(text):
        shown, gap = match[0], text[end : match.start()]
        previous, before, end = before, prose.form(shown), match.end()
        if not shown[0].isupper() or len(shown) < 2 or shown.isupper():
            continue
        if before in _list("not_people") or before in _list("honorifics"):
            continue
        joined = previous if gap.isspace() else ""
        titled = previous in _list("honorifics") and gap.strip() in ("", ".")
        named = titled or joined in _list("speech")
        verb = _verb(text, end)
        yield Capital(
            name=before,
            shown=shown,
            opens=_opens(text, match.start()) and not titled,
            place=joined in _list("place_words"),
            person=named or _is_verb(verb),
            acts=named or (_is_verb(verb) and verb not in _BEING),
            lives=named or verb in _list("personal"),
        )


def _list(key: str) -> frozenset[str]:
    return wordlist("names.yaml", key)


@lru_cache(512)
def _small(text: str) -> Counter[str]:
    return Counter(prose.form(word) for word in _WORD.findall(text) if word[0].islower())


def _opens(text: str, start: int) -> bool:
    """Whether a sentence, a quotation or a line begins here, where every word has a capital."""
    lead = text[max(0, start - 12) : start]
    gap = lead[len(lead.rstrip(_GAP + "\n")) :]
    stem = lead.rstrip(_GAP + "\n")
    return not stem or stem[-1] in ".!?…:;—–-" or "\n" in gap or any(c in gap for c in '"“‘«(')


def _verb(text: str, end: int) -> str:
    """`Anna went`, `Anna never says`; the apostrophe of `Anna's` counts as one."""
    after = re.match(r"(['’]s\b)|\s+([a-z]+(?:['’]t)?)(?:\s+([a-z]+))?", text[end : end + 40])
    if after is None:
        return ""
    if after[1]:
        return "'s"
    passing = after[2].endswith("ly") or after[2] in ("never", "always", "still", "only")
    return (after[3] if passing else after[2]) or ""


def _is_verb(word: str) -> bool:
    keys = ("past", "past_after_subject", "present")
    if word == "'s" or any(word in wordlist("verbs.yaml", key) for key in keys):
        return True
    if word in wordlist("verbs.yaml", "between") or word in wordlist("common.yaml", "function"):
        return word in ("had", "did", "does", "could", "would", "might", "must", "should", "say")
    return word.endswith(("ed", "s")) and not word.endswith("ss")


def _passage_names(passage: str, example: Sequence[Capital]) -> frozenset[str]:
    """A name that only opens the passage's sentences must stand inside one of the example's."""
    inside = {capital.name for capital in example if not capital.opens}
    small = _small(passage)
    found = list(capitals(passage))
    places = {capital.name for capital in found if capital.place}
    return frozenset(
        one.name
        for one in found
        if not small[one.name]
        and one.name not in places
        and (not one.opens or one.name in inside or _is_surely(one))
    )


def _is_surely(one: Capital) -> bool:
    """It does what people do; or it has a verb and an accent, and is no English word at all."""
    return one.lives or (one.person and not one.shown.isascii())


def _first_leak(text: str, known: frozenset[str], small: Counter[str]) -> Capital | None:
    common = wordlist("common.yaml", "function")
    for capital in capitals(text):
        plain_word = capital.opens and (capital.name in common or not capital.person)
        if capital.name in known and not small[capital.name] and not plain_word:
            return capital
    return None


def _is_stranger(one: Capital, small: Counter[str], given: set[str]) -> bool:
    """A person by grammar, inside a sentence, brought in by the assistant alone."""
    if one.opens or one.place or not one.acts or one.name in given:
        return False
    return not small[one.name]
