"""Preference pairs in TRL's conversational form: two answers to the same prompt, one preferred.

The prompt is the accepted example up to the first answer in which the two truly differ. What was
turned down may have answered another wording of the question: the accepted one's stands then, and
the manifest says so.
"""

import re
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from dataset.example import Turn
from dataset.formats import Style, Unsayable, message, turns_of
from dataset.row import Refused, Row

NEAR = 0.98  # this share of words in common, in order, leaves nothing to prefer
ALIKE = "the two hardly differ"
ALONE = "nothing was turned down for it"

_WORD = re.compile(r"\w+")


class Pair(NamedTuple):
    """`own` is false where the rejected answer was written to another wording of the prompt."""

    data: dict[str, Any]
    turn: int
    own: bool


def write_pair(row: Row, rival: Refused, style: Style, system: str | None) -> Pair:
    """Raises Unsayable when the two hardly differ, or when one of them says nothing."""
    chosen, rejected = turns_of(row.example), turns_of(rival.example)
    place, other = _first_difference(chosen, rejected, style)
    before = chosen[:place]
    head = [{"role": "system", "content": system}] if system else []
    data = {
        "prompt": head + [message(turn, style) for turn in before],
        "chosen": [message(chosen[place], style)],
        "rejected": [message(rejected[other], style)],
    }
    return Pair(data, place, _said(before) == _said(rejected[:other]))


def _first_difference(one: list[Turn], other: list[Turn], style: Style) -> tuple[int, int]:
    """Where in each the answers begin to differ, counted answer by answer."""
    pairs = zip(_answers(one), _answers(other), strict=False)
    for place, counterpart in pairs:
        if not _hardly_differ(one[place], other[counterpart], style):
            return place, counterpart
    raise Unsayable(ALIKE)


def _answers(turns: list[Turn]) -> list[int]:
    return [place for place, turn in enumerate(turns) if turn.role == "assistant"]


def _hardly_differ(one: Turn, other: Turn, style: Style) -> bool:
    """Judged by what will be written: a difference in thoughts is none when they are stripped."""
    parts = [turn.content for turn in (one, other)]
    if style.thinking != "strip":
        parts = [f"{turn.thinking or ''}\n{turn.content}" for turn in (one, other)]
    words, others = (_WORD.findall(part.lower()) for part in parts)
    if words == others:
        return True
    matcher = SequenceMatcher(None, words, others, autojunk=False)
    return matcher.quick_ratio() >= NEAR and matcher.ratio() >= NEAR


def _said(turns: list[Turn]) -> list[str]:
    return [turn.content for turn in turns]
