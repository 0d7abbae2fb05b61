"""Tells a refusal from an apology: only words about the task itself are one."""

import re
from collections.abc import Mapping
from typing import Any

from agents.reading.names import INPUT, INSTRUCTION, LIST, OUTPUT, TEXT, plain

_WILL_NOT = r"""
    (?: (?:really|just|simply|unfortunately|therefore|respectfully|politely)\s+ )?
    (?: can(?:['’]?t|\s?not) | (?:wo|would|could)n['’]t | will\s+not
      | (?:am|['’]m)\s+(?:not\s+(?:able|willing|comfortable|going|prepared)|unable|unwilling)
      | (?:must|have\s+to|need\s+to|['’]ll|will)\s+(?:\w+ly\s+)?(?:decline|refuse)
      | (?:decline|refuse)
      | (?:['’]d|would)\s+(?:rather|prefer)\s+not
      | do(?:n['’]t|\s+not)\s+feel\s+(?:comfortable|right|able)
      | do(?:n['’]t|\s+not)\s+think\s+(?:it(?:['’]s|\s+is)\s+|i\s+(?:can|should)\s+)?
    )
"""
_THE_TASK = r"""
    (?: assist(?:ing)?\b | help(?:ing)?\s+(?:you\s+)?(?:with|to\s+(?:write|create|produce))
      | help(?:ing)?\s+(?:you\s+)?(?:write|create|produce|generate)
      | compl(?:y|ying)\b | fulfil | role-?\s?play
      | (?:writ|creat|generat|produc|provid|offer|draft|complet|mak|support|simulat|process)
        (?:e|ing|es)?\s+(?:(?:it|this|that|these|those|the|an?|any|such|more|in|from|content|as|training
           |examples?|first|fictional|dialogues?|monologues?|conversations?)\b)
      | (?:engag|participat)(?:e|ing)\s+(?:in|with) | take\s+(?:part\s+in|on)
      | (?:depict|portray)(?:ing)?\b | speak(?:ing)?\s+as\b
      | continu(?:e|ing)\s+with\s+(?:this|that)
      | turn(?:ing)?\s+(?:this|that|the)\b | (?:this|that)\s+(?:request|task)\b
    )
"""
_FIRM = re.compile(rf"\bI\s*{_WILL_NOT}.{{0,40}}?\b{_THE_TASK}", re.I | re.X | re.DOTALL)
_DECLINED = re.compile(
    r"\bI\s*(?:['’]ll|['’]d|must|have\s+to|need\s+to|will|would|['’]m\s+going\s+to)\s+"
    r"(?:\w+ly\s+)?(?:(?:like|prefer)\s+to\s+)?(?:decline|pass\s+on|refuse)\b"
    r"|\bI\s+(?:\w+ly\s+)?decline\b|\bI(?:['’]m|\s+am)\s+(?:\w+ly\s+)?declining\b",
    re.I,
)
_IMPERSONAL = re.compile(
    r"""
    (?:against|violat\w+|outside|conflicts?\s+with)\s+(?:\w+\s+){0,3}
      (?:guidelines|polic(?:y|ies)|terms)
    | (?:request|content|task|prompt|example)\s+(?:\w+\s+){0,2}
      (?:can(?:not|['’]t)|will\s+not|won['’]t)\s+be\b
    | (?:request|content|task|prompt)\s+(?:was|is|has\s+been)\s+
      (?:declined|refused|rejected|blocked)
    | (?:request|content|task|example)\s+(?:was|is|has)\s+not\s+(?:been\s+)?
      (?:generated|written|produced|allowed|permitted|something\s+I)
    | \b(?:unable|not\s+able)\s+to\s+(?:help|assist|comply|provide|fulfil|generate|process)
    | (?:\bnot|n['’]t)\s+something\s+I(?:['’]m|\s+am)?\s+
      (?:can|will|should|able|willing|comfortable)
    | \bno\s+(?:example|output|content|text)\s+(?:was|is|has\s+been|will\s+be)\b
    """,
    re.I | re.X,
)
_BRIEF = re.compile(
    rf"\A\W*(?:(?:I['’]?m\s+|I\s+am\s+)?(?:so\s+|very\s+)?sorry\W+(?:but\s+)?)?"
    rf"(?:I\s*{_WILL_NOT}(?:\s+to)?\s+(?:do|answer|continue|help|go)\b|no[.,!]\s)"
    rf"|\bI\s*(?:['’]d|\s+would)\s+rather\s+not\s*[.;]",
    re.I | re.X,
)
_AS_AN_AI = re.compile(
    r"\bas\s+an\s+AI\b.{0,80}?\b(?:can(?:not|['’]t)|do(?:n['’]t|\s+not)|unable|not\s+able)\b", re.I
)
_ABOUT_THE_TASK = re.compile(
    r"\b(?:request|passage|example|training|content|prompt|guidelines|polic(?:y|ies)|as\s+an\s+ai|"
    r"language\s+model|assist|help(?:ing)?\s+(?:you\s+)?(?:with|write|create)|instead|different|"
    r"something\s+else|alternative|happy\s+to|glad\s+to|fiction|dataset|this\s+(?:one|scene)|"
    r"point\s+of\s+view|perspective|harm(?:s|ful)?|violence|inappropriate)\b",
    re.I,
)
_DEEPEST = 6
_BRIEF_WORDS, _FIELD_WORDS = 30, 120
_FIELD_OPENING = 240  # characters: who declines says so at once
_OURS = frozenset((*INSTRUCTION, *INPUT, *OUTPUT, *TEXT, *LIST))
_FLAGS = ("refused", "refusal", "refuse", "declined", "refusalreason")
_STATUS = re.compile(r"refus|declin|policy|safety|cannotcomply")


def refuses(text: str) -> bool:
    """Whether a reply without any example says no to the task, early and in so many words."""
    opening = " ".join(text.split())[:420]
    if _says_no(opening) or _AS_AN_AI.search(opening):
        return True
    return len(text.split()) <= _BRIEF_WORDS and _BRIEF.search(opening) is not None


def refuses_in_field(text: str) -> bool:
    """Whether an answer inside a well-formed example is a refusal; doubt in its voice is not."""
    if "<thinking>" in text or len(text.split()) > _FIELD_WORDS:
        return False
    opening = " ".join(text.split())[:_FIELD_OPENING]
    return _says_no(opening) and _ABOUT_THE_TASK.search(text) is not None


def _says_no(text: str) -> bool:
    return any(pattern.search(text) for pattern in (_FIRM, _DECLINED, _IMPERSONAL))


def declines(value: Any, name: str = "", depth: int = 0) -> bool:
    """Whether a structure without a usable example says no, under a key of its own or not.

    Where the example should be, its voice may doubt; under any other key no voice speaks.
    """
    if isinstance(value, str):
        return refuses_in_field(value) if name in _OURS else refuses(value)
    if depth > _DEEPEST or not isinstance(value, Mapping | list):
        return False
    if isinstance(value, list):
        return any(declines(part, name, depth + 1) for part in value)
    keys = {plain(str(key)): part for key, part in value.items()}
    return _flagged(keys) or any(declines(part, key, depth + 1) for key, part in keys.items())


def _flagged(keys: Mapping[str, Any]) -> bool:
    """`{"refused": true}`, `{"refusal": "…"}`, `{"status": "declined"}`."""
    flags = [str(keys[name]) for name in _FLAGS if keys.get(name)]
    status = [plain(str(keys.get(name, ""))) for name in ("status", "result", "error", "type")]
    said = any(plain(flag) not in ("false", "no", "none") for flag in flags)
    return said or any(len(word) < 40 and _STATUS.search(word) for word in status)
