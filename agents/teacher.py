"""The teacher: one assignment in, one example out; what cannot be read is asked for again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from agents.models.base import Message, Model, Reply, Request
from agents.reading import REASONS, Read, read_reply
from agents.schemas import example_schema
from corpus.passage import Passage
from dataset.example import Example, to_interchange
from dataset.records import Verdict
from inscape.errors import InscapeError
from prompts.library import Library, Template

_TRIES = 3
_HOPELESS = frozenset({"empty", "truncated", "refused"})  # a correction has nothing to go by


class Unreadable(InscapeError):
    """Every rung of the ladder failed; `raw` is the last reply, `key` its name in the ledger."""

    def __init__(self, reason: str, raw: str, key: str = "") -> None:
        super().__init__(
            f"The teacher's replies could not be used: {REASONS[reason]}",
            hint="See the raw reply with: inscape why ID",
        )
        self.reason, self.raw, self.key = reason, raw, key


class Draft(NamedTuple):
    """What came out, the reply it was read from with its ledger key, and the spec of the model."""

    example: Example
    raw: str
    model: str
    key: str = ""


class Teacher:
    def __init__(self, model: Model, library: Library) -> None:
        self._model, self._library = model, library

    @property
    def is_rehearsal(self) -> bool:
        return self._model.is_rehearsal

    async def write(
        self,
        passage: Passage,
        template: Template,
        *,
        phenomena: Sequence[str],
        avoid: Sequence[str],
        variant: int,
    ) -> Draft:
        """A first draft. `avoid` holds openings and phrases used too often already.

        Raises Unreadable, and whatever the model raises.
        """
        request = self._request(passage, template, phenomena, avoid, variant)
        return await self._draft(request, template)

    async def revise(
        self,
        passage: Passage,
        template: Template,
        example: Example,
        verdict: Verdict,
        *,
        phenomena: Sequence[str],
        avoid: Sequence[str],
        variant: int,
        attempt: int,
    ) -> Draft:
        """The example written anew with the critique in hand; `attempt` counts from 1.

        The talk begins with what was asked for the first draft, to the letter.
        """
        first = self._request(passage, template, phenomena, avoid, variant)
        wish = self._library.prompt("revise", critique=critique_of(verdict), attempt=attempt)
        talk = (*first.messages, _answer(example), _said(wish.system, wish.user))
        facts = {**first.facts, "attempt": str(attempt)}
        request = replace(first, purpose="revise", messages=talk, facts=facts)
        return await self._draft(request, template)

    def _request(
        self,
        passage: Passage,
        template: Template,
        phenomena: Sequence[str],
        avoid: Sequence[str],
        variant: int,
    ) -> Request:
        prompt = self._library.assignment(
            template, passage=passage.text, phenomena=phenomena, avoid=avoid, variant=variant
        )
        return Request(
            purpose="teach",
            system=prompt.system,
            messages=(Message("user", prompt.user),),
            schema=example_schema(template),
            schema_name="example",
            facts=facts_of(passage, template, phenomena, variant),
        )

    async def _draft(self, request: Request, template: Template) -> Draft:
        """The ladder: as asked, then a correction or a fresh try, then a fresh try."""
        asked, refused = request, False
        for number in range(1, _TRIES + 1):
            reply = await self._model.ask(asked)
            read = read_reply(reply.text, reply.stop_reason, template.form)
            if read.example is not None:
                return Draft(read.example, reply.text, self._model.spec, reply.key)
            if read.read == "refusal" and refused:
                break
            refused = refused or read.read == "refusal"
            last = number == _TRIES - 1
            asked = self._again(request, template, reply, read, nonce=number, fresh=last)
        raise Unreadable(read.reason, reply.text, reply.key)

    def _again(
        self,
        request: Request,
        template: Template,
        reply: Reply,
        read: Read,
        *,
        nonce: int,
        fresh: bool,
    ) -> Request:
        """One correction turn that quotes the error, or the same request as if never answered."""
        if fresh or read.reason in _HOPELESS:
            room = request.max_tokens * (2**nonce if read.reason == "truncated" else 1)
            return replace(request, nonce=request.nonce + nonce, max_tokens=room)
        wish = self._library.prompt("correct", template=template, error=REASONS[read.reason])
        talk = (*request.messages, Message("assistant", reply.text), _said(wish.system, wish.user))
        return replace(request, messages=talk)


def facts_of(
    passage: Passage, template: Template, phenomena: Sequence[str], variant: int
) -> Mapping[str, str]:
    """What the rehearsal model composes from; no other model is told."""
    needs = template.requirements
    facts = {
        "template": template.id,
        "form": template.form,
        "passage_id": passage.id,
        "phenomenon": phenomena[0] if phenomena else "",
        "variant": str(variant),
        "thinking": needs.thinking,
        "literal": str(needs.literal).lower(),
        "state": ",".join(needs.state),
    }
    for name, span in (("words", needs.words), ("turns", needs.turns)):
        if span:
            facts[name] = f"{span[0]}-{span[1]}"
    return facts


def critique_of(verdict: Verdict) -> str:
    """A verdict as the teacher hears it: each defect with its evidence, low scores, advice."""
    lines = [
        f"- {defect.message}" + (f' ("{defect.evidence}")' if defect.evidence else "")
        for defect in verdict.defects
    ]
    lines += [
        f'- {score.question}: {score.score:g} of 5 ("{score.evidence}")'
        for score in verdict.scores
        if score.score < 4 and score.evidence
    ]
    lines += [verdict.advice or verdict.reason]
    return "\n".join(line for line in lines if line)


def _answer(example: Example) -> Message:
    """The draft as the teacher's own turn, in the form it is asked for."""
    return Message("assistant", json.dumps(to_interchange(example), ensure_ascii=False))


def _said(*parts: str) -> Message:
    return Message("user", "\n\n".join(part for part in parts if part))
