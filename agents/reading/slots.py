"""Finds what a model forgot to fill in: bracketed slots of the prompt that come back as text."""

import re

_WHOLE = re.compile(
    r"\A(?:\[[^\[\]]*\]|<[^<>]*>|\{[^{}]*\}|\{\{[^{}]*\}\}|[.…\s]+|string|text|to.?do|tbd|"
    r"(?:your|insert|the) \w+(?: \w+)? here)\.?\Z",
    re.IGNORECASE,
)
_WORDS = (
    r"insert|paste|your|describe|place.?holder|fill|prompt|response|reply|monologue|conversation|"
    r"passage|\d+\s*(?:-|–|to)\s*\d+[\s-]*words?|first[- ]person|stream of consciousness|"
    r"(?:human|user|assistant|ai)(?:'s|’s)?\s+(?:message|turn|question|reply|response|answer)|"
    r"emotion|feeling|continue[sd]?|rest of|etc|same as|and so on|name|topic|example|instruction|"
    r"thinking|inner (?:process|thoughts?|experience)|message|text here|to be \w+"
)
_INSIDE = re.compile(
    rf"\[[^\[\]]{{0,80}}\b(?:{_WORDS})\b[^\[\]]{{0,200}}\]"
    rf"|\[(?:\.\.\.|…)\]|(?-i:\[[A-Z][A-Z_ ]{{3,}}\])"
    rf"|\{{\{{[^{{}}]*\}}\}}|\{{[a-z_]+\}}|<(?:insert|your|paste|describe)\b[^<>]*>",
    re.IGNORECASE,
)


def unfilled(text: str, *, may_be_silent: bool = False) -> bool:
    """`may_be_silent`: a person in a conversation may answer with three dots, or `[silence]`."""
    whole = _WHOLE.match(text.strip()) is not None and not may_be_silent
    return whole or _INSIDE.search(text) is not None
