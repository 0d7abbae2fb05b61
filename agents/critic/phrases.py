"""Ready-made wording, found by patterns: boilerplate, commentary, unfilled slots, clichés."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from agents.critic import prose
from agents.critic.data import load
from dataset.example import Example
from dataset.records import Defect

_STRAIGHT = str.maketrans("’‘“”", "''\"\"")


class Kind(NamedTuple):
    """One code with its patterns; each pattern counts once, with its weight."""

    code: str
    says: str
    where: str
    enough: int
    patterns: tuple[tuple[int, re.Pattern[str]], ...]


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
    patterns = tuple(
        (weight, re.compile(pattern, re.IGNORECASE | re.MULTILINE))
        for strength, weight in weights.items()
        for pattern in entry.get(strength, ())
    )
    return Kind(code, entry["says"], entry.get("where", "answers"), enough, patterns)


def _text(example: Example, where: str) -> str:
    parts = prose.said(example)
    if where == "everything":
        return "\n\n".join([prose.asked(example), *(part.text for part in parts)])
    first = 1 if where == "later answers" else 0
    return "\n\n".join(prose.hushed(part.text) for part in parts if part.answer >= first)


def _hits(kind: Kind, text: str) -> Iterator[tuple[int, str]]:
    straight = text.translate(_STRAIGHT)
    for weight, pattern in kind.patterns:
        match = pattern.search(straight)
        if match:
            start = match.end() - len(match[0].lstrip(" .!?…\n\t*-"))
            yield weight, text[start : match.end()]
