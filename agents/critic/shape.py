"""The outward shape a template asks for: length, turns, thinking, state."""

from collections.abc import Iterator

from agents.critic import prose
from agents.critic.data import wordlist
from dataset.example import Example, Turn
from dataset.records import Defect
from prompts.library import Template

SAME_WORDS = 0.55
"""Share of a thought's telling words that its answer repeats; of unlike pairs few pass 0.4."""
FEW = 5
"""A thought of fewer telling words repeats its answer by chance."""


def wrong_length(example: Example, template: Template) -> Iterator[Defect]:
    """Only a monologue has a length of its own; talk is measured in turns."""
    limits = template.requirements.words
    if limits is None or template.form != "monologue":
        return
    count = sum(prose.length(turn) for turn in example.answers)
    answer = example.answers[0].content if example.answers else ""
    if count < limits[0]:
        message = f"{count} words; at least {limits[0]} are wanted"
        yield Defect(code="too-short", message=message, evidence=prose.excerpt(answer))
    if count > limits[1]:
        message = f"{count} words; at most {limits[1]} are wanted"
        yield Defect(code="too-long", message=message, evidence=prose.excerpt(answer))


def wrong_turns(example: Example, template: Template) -> Iterator[Defect]:
    """Every message counts, the user's too."""
    count = len(example.turns)
    evidence = prose.excerpt(example.turns[-1].content) if example.turns else ""
    limits = template.requirements.turns
    if template.form == "monologue":
        limits = (2, 2)
    if limits and example.form == "monologue" and template.form == "either":
        limits = None
    if limits and not limits[0] <= count <= limits[1]:
        message = f"{count} messages; {limits[0]} to {limits[1]} are wanted"
        yield Defect(code="turn-count", message=message, evidence=evidence)
    elif _out_of_order(example):
        message = "user and assistant must take turns, from the user to the assistant"
        yield Defect(code="turn-count", message=message, evidence=evidence)


def _out_of_order(example: Example) -> bool:
    roles = [turn.role for turn in example.turns]
    return roles != ["user", "assistant"] * (len(roles) // 2)


def missing_thinking(example: Example, template: Template) -> Iterator[Defect]:
    if template.requirements.thinking != "required":
        return
    for number, turn in enumerate(example.answers, start=1):
        if not (turn.thinking or "").strip():
            message = f"answer {number} does not begin with its thinking"
            yield Defect(
                code="missing-thinking", message=message, evidence=prose.excerpt(turn.content)
            )


def missing_state(example: Example, template: Template) -> Iterator[Defect]:
    for number, turn in enumerate(example.answers, start=1):
        state = turn.state or {}
        gone = [name for name in template.requirements.state if not state.get(name, "").strip()]
        if gone:
            message = f"answer {number} does not say its {' and '.join(gone)}"
            yield Defect(
                code="missing-state", message=message, evidence=prose.excerpt(turn.content)
            )


def thinking_equals_response(example: Example) -> Iterator[Defect]:
    for number, turn in enumerate(example.answers, start=1):
        share = repeated_share(turn)
        if share >= SAME_WORDS:
            message = f"the thought of answer {number} is the answer in other words ({share:.0%})"
            yield Defect(
                code="thinking-equals-response",
                message=message,
                evidence=prose.excerpt(turn.thinking or ""),
            )


def repeated_share(turn: Turn) -> float:
    """How much of what is thought is said as well: 1.0 when it is simply typed twice."""
    thought, answer = _telling(turn.thinking or ""), _telling(turn.content)
    if not thought or not answer:
        return 0.0
    if thought == answer:
        return 1.0
    if min(len(thought), len(answer)) < FEW:
        return 0.0
    shared = sum(any(_kin(word, other) for other in set(answer)) for word in thought)
    return shared / len(thought)


def _telling(text: str) -> list[str]:
    common = wordlist("common.yaml", "function")
    return [word for word in prose.tokens(text) if word not in common]


def _kin(word: str, other: str) -> bool:
    """The same word but for its ending."""
    stem = max(4, max(len(word), len(other)) - 3)
    return word == other or word[:stem] == other[:stem]
