"""One judge: a model asked for scores with evidence. Its words are used by id, its copy never."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from agents.critic.codes import JUDGED
from agents.critic.opinion import Unusable, read_opinion
from agents.critic.verdict import Opinion
from agents.models.base import Message, Model, Reply, Request
from dataset.example import Example, Turn
from dataset.records import Defect
from prompts.library import Library, Question, Template

Item = TypeVar("Item")

EXEMPLARS = 3
MAX_TOKENS = 3000


@dataclass(frozen=True)
class Case:
    """What a judge is shown."""

    id: str
    example: Example
    template: Template
    passage: str
    findings: Sequence[Defect] = ()
    exemplars: Sequence[Example] = ()


class Judge:
    def __init__(self, model: Model, library: Library) -> None:
        self.model = model
        self._library = library

    async def weigh(self, case: Case) -> Opinion | None:
        """None when neither a correction nor a fresh try brought an answer that can be read."""
        questions = shuffled(self._library.rubric.questions, f"{case.id}|{self.model.spec}")
        request = self._request(case, questions)
        reply = await self.model.ask(request)
        try:
            return self._read(reply, case)
        except Unusable as error:
            second_chances = _second_chances(request, reply, str(error))
        for again in second_chances:
            try:
                return self._read(await self.model.ask(again), case)
            except Unusable:
                continue
        return None

    def _read(self, reply: Reply, case: Case) -> Opinion:
        if reply.stop_reason == "refusal":
            raise Unusable("the judge refused")
        ids = [question.id for question in self._library.rubric.questions]
        return read_opinion(reply.text, case.example, ids, judge=self.model.spec)

    def _request(self, case: Case, questions: Sequence[Question]) -> Request:
        prompt = self._library.prompt(
            "judge",
            template=case.template,
            questions=questions,
            example=as_shown(case.example),
            passage=case.passage,
            exemplars=[as_shown(exemplar) for exemplar in case.exemplars[:EXEMPLARS]],
            critique="\n".join(f"{found.code}: {found.message}" for found in case.findings),
        )
        return Request(
            purpose="judge",
            system=prompt.system,
            messages=(Message("user", prompt.user),),
            schema=answer_schema([question.id for question in questions]),
            schema_name="verdict",
            max_tokens=MAX_TOKENS,
            facts={"example_id": case.id},
        )


def shuffled(items: Sequence[Item], seed: str) -> list[Item]:
    """The same order for the same seed, on every machine and after every restart."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8])
    return random.Random(number).sample(list(items), len(items))


def as_shown(example: Example) -> str:
    """The example as plain text, so that what is quoted can be found again."""
    parts = [f"INPUT: {example.input}"] if example.input else []
    for turn in example.turns:
        parts += _turn_as_shown(turn)
    return "\n\n".join(parts)


def _turn_as_shown(turn: Turn) -> list[str]:
    if turn.role == "user":
        return [f"USER: {turn.content}"]
    state = [f"STATE: {name}: {value}" for name, value in (turn.state or {}).items()]
    thinking = [f"THINKING: {turn.thinking}"] if turn.thinking else []
    return [*state, *thinking, f"ASSISTANT: {turn.content}"]


def answer_schema(ids: Sequence[str]) -> Mapping[str, Any]:
    """Enums instead of bounds: every provider's structured output knows them."""
    score = {
        "id": {"type": "string", "enum": list(ids)},
        "quote": {"type": "string"},
        "score": {"type": "integer", "enum": [1, 2, 3, 4, 5]},
    }
    defect = {"code": {"type": "string", "enum": list(JUDGED)}, "quote": {"type": "string"}}
    return _object(
        {
            "scores": {"type": "array", "items": _object(score)},
            "defects": {"type": "array", "items": _object(defect)},
            "reason": {"type": "string"},
            "advice": {"type": "string"},
        }
    )


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _second_chances(request: Request, reply: Reply, error: str) -> list[Request]:
    """One correction turn quoting the error, then a fresh try. A refusal is not argued with."""
    fresh = replace(request, nonce=request.nonce + 1)
    if reply.stop_reason == "refusal" or not reply.text.strip():
        return [fresh]
    told = (
        f"Your answer could not be used: {error}. Send your judgement again as one JSON object "
        "with scores, defects, reason and advice, and nothing else."
    )
    turns = (*request.messages, Message("assistant", reply.text), Message("user", told))
    return [replace(request, messages=turns), fresh]
