"""Ready-made wording, found by patterns: boilerplate, commentary, unfilled slots, clichés."""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from agents.critic import prose
from agents.critic.data import load
from dataset.example import Example
from dataset.records import Defect

_STRAIGHT = str.maketrans("’‘“”", "''\"\"")


Weighted = tuple[tuple[int, re.Pattern[str]], ...]


class Kind(NamedTuple):
    """One code with its patterns; each pattern counts once, with its weight.

    `worded` ones begin with a word and are in lower case; all together they are `any_worded`, which
    is how most texts are passed over in one look.
    """

    code: str
    says: str
    where: str
    enough: int
    worded: Weighted
    any_worded: re.Pattern[str] | None
    anywhere: Weighted


def ready_made(example: Example) -> Iterator[Defect]:
    """At most one defect for each kind of phrase, with the plainest hit as its evidence."""
    for kind in kinds():
        hits = sorted(_hits(kind, _text(example, kind.where)), reverse=True)
        if sum(weight for weight, _ in hits) >= kind.enough:
            shown = ", ".join(repr(hit) for _, hit in hits[:3])
            yield Defect(code=kind.code, message=f"{kind.says}: {shown}", evidence=hits[0][1])


@cache
def kinds() -> tuple[Kind, ...]:
    return tuple(_kind(code, entry) for code, entry in load("phrases.yaml").items())


def _kind(code: str, entry: Mapping[str, Any]) -> Kind:
    enough = int(entry["enough"])
    weights = {"strong": enough, "middling": 2, "weak": 1}
    worded = [(weight, found) for name, weight in weights.items() for found in entry.get(name, ())]
    anywhere = tuple(
        (weight, re.compile(found, re.IGNORECASE | re.MULTILINE))
        for name, weight in weights.items()
        for found in entry.get("anywhere", {}).get(name, ())
    )
    return Kind(
        code,
        entry["says"],
        entry.get("where", "answers"),
        enough,
        tuple((weight, _beginning(found)) for weight, found in worded),
        _beginning("|".join(found for _, found in worded)) if worded else None,
        anywhere,
    )


def _beginning(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})", re.MULTILINE)


def _text(example: Example, where: str) -> str:
    parts = prose.said(example)
    if where == "everything":
        return "\n\n".join([prose.asked(example), *(part.text for part in parts)])
    first = 1 if where == "later answers" else 0
    return "\n\n".join(prose.hushed(part.text) for part in parts if part.answer >= first)


def _hits(kind: Kind, text: str) -> Iterator[tuple[int, str]]:
    straight, low = _levelled(text)
    worded = kind.worded if kind.any_worded and kind.any_worded.search(low) else ()
    for patterns, within in ((worded, low), (kind.anywhere, straight)):
        for weight, pattern in patterns:
            match = pattern.search(within)
            if match:
                start = match.end() - len(match[0].lstrip(" .!?…\n\t*-"))
                yield weight, text[start : match.end()]


@lru_cache(16)
def _levelled(text: str) -> tuple[str, str]:
    """With straight quotes, and the same in lower case: each kind looks through the same text."""
    straight = text.translate(_STRAIGHT)
    return straight, _lower(straight)


def _lower(text: str) -> str:
    """Letter for letter, so that places are the same: a few letters have a longer lower case."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(one if len(one.lower()) > 1 else one.lower() for one in text)
