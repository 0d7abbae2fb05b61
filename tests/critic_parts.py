"""What the critic's tests are made of: a voice of our own and a judge that reads a script."""

import json
from collections.abc import Sequence

from agents.critic import Critic, Policy
from agents.models.base import Model, Reply, Request, StopReason
from corpus.passage import Passage
from dataset.example import Example, from_interchange, monologue
from prompts.library import Library

LIBRARY = Library.load()

VOICE = (
    "I am at the window and I do not know what I am waiting for. The glass is cold where I lean on "
    "it. I keep thinking that someone has called me, and when I listen there is only the tap, and "
    "I go on listening to the tap. "
)
"""In the first person and the present, and of no interest to any check."""


def said(text: str) -> Example:
    return monologue("Speak from where you are.", text)


def long_enough(text: str = "") -> Example:
    """A monologue of the right length for template 1 with `text` in its middle."""
    return said(f"{VOICE * 2}{text} {VOICE * 2}")


def talk(*messages: str) -> Example:
    roles = ("human", "assistant")
    turns = [{"from": roles[n % 2], "value": text} for n, text in enumerate(messages)]
    return from_interchange({"conversations": turns})


def passage(text: str) -> Passage:
    return Passage("p1", "book", "A Book", "I", 1, 1, 0, len(text), text)


def codes(example: Example, template: str | None = "1", text: str = "", **more: object) -> set[str]:
    """What the checks find, by code."""
    shape = LIBRARY.template(template) if template else None
    critic = Critic([], LIBRARY, Policy())
    source = passage(text) if text else None
    return {defect.code for defect in critic.check(example, shape, source, **more)}  # type: ignore[arg-type]


class Scripted:
    """A judge at the seam: answers from a script and keeps what it was asked."""

    is_rehearsal = False

    def __init__(self, *answers: str, spec: str = "scripted:judge", stop: StopReason = "end_turn"):
        self.spec = spec
        self.asked: list[Request] = []
        self._answers = list(answers)
        self._stop: StopReason = stop

    async def ask(self, request: Request) -> Reply:
        self.asked.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return Reply(text=answer, stop_reason=self._stop)


def verdict(
    score: float = 4, *, defects: Sequence[tuple[str, str]] = (), quote: str = "the glass is cold"
) -> str:
    """A judge's answer that gives every question the same score."""
    ids = [question.id for question in LIBRARY.rubric.questions]
    return json.dumps(
        {
            "scores": [{"id": one, "quote": quote, "score": score} for one in ids],
            "defects": [{"code": code, "quote": words} for code, words in defects],
            "reason": "It stays at the window.",
            "advice": "Cut nothing.",
        }
    )


def panel(*judges: Model, **policy: float) -> Critic:
    return Critic(judges, LIBRARY, Policy(**policy))  # type: ignore[arg-type]
