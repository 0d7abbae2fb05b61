"""Tells a refusal from an apology: only words about the task itself are one."""

import re

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
      | (?:engag|participat)(?:e|ing)\s+(?:in|with) | take\s+part\s+in
      | (?:depict|portray)(?:ing)?\b | speak(?:ing)?\s+as\b
      | continu(?:e|ing)\s+with\s+(?:this|that)
      | turn(?:ing)?\s+(?:this|that|the)\b | (?:this|that)\s+(?:request|task|one)
    )
"""
_FIRM = re.compile(rf"\bI\s*{_WILL_NOT}.{{0,40}}?\b{_THE_TASK}", re.I | re.X | re.DOTALL)
_DECLINED = re.compile(
    r"\bI\s*(?:['’]ll|['’]d|must|have\s+to|need\s+to|will|would|['’]m\s+going\s+to)\s+"
    r"(?:\w+ly\s+)?(?:(?:like|prefer)\s+to\s+)?(?:decline|pass\s+on|refuse)\b"
    r"|\bI\s+(?:\w+ly\s+)?decline\b",
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
    | \bnot\s+something\s+I(?:['’]m|\s+am)?\s+(?:can|will|able|willing|comfortable)
    """,
    re.I | re.X,
)
_BRIEF = re.compile(
    rf"\A\W*(?:(?:I['’]?m\s+|I\s+am\s+)?(?:so\s+|very\s+)?sorry\W+(?:but\s+)?)?"
    rf"(?:I\s*{_WILL_NOT}(?:\s+to)?\s+(?:do|answer|continue|help|go)\b|no[.,!]\s)",
    re.I | re.X,
)
_ABOUT_THE_TASK = re.compile(
    r"\b(?:request|passage|example|training|content|prompt|guidelines|polic(?:y|ies)|as\s+an\s+ai|"
    r"language\s+model|assist|help(?:ing)?\s+(?:you\s+)?(?:with|write|create)|instead|different|"
    r"something\s+else|alternative|happy\s+to|glad\s+to|fiction|dataset)\b",
    re.I,
)
_BRIEF_WORDS, _FIELD_WORDS = 25, 120


def refuses(text: str) -> bool:
    """Whether a reply without any example says no to the task, early and in so many words."""
    opening = " ".join(text.split())[:420]
    if any(pattern.search(opening) for pattern in (_FIRM, _DECLINED, _IMPERSONAL)):
        return True
    return len(text.split()) <= _BRIEF_WORDS and _BRIEF.search(opening) is not None


def refuses_in_field(text: str) -> bool:
    """Whether an answer inside a well-formed example is a refusal; doubt in its voice is not."""
    if "<thinking>" in text or len(text.split()) > _FIELD_WORDS:
        return False
    return refuses(text) and _ABOUT_THE_TASK.search(text) is not None
