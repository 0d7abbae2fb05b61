"""What typical calls take: the requests that the agents themselves make, sent to nobody."""

import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from agents.close_reading import BATCH, TOKENS_EACH, CloseReader
from agents.critic.judge import Case, Judge
from agents.models.base import Reply, Request, Usage
from agents.teacher import Teacher
from corpus.passage import Passage
from dataset.example import Example, monologue, to_interchange
from dataset.records import Verdict
from graph.brief import AVOIDED, EXEMPLARS
from graph.costs import request_tokens
from prompts.library import Library, Template

_CHARACTERS_A_TOKEN = 4
_ANSWER_WORDS = 350
_WORN_WORDS = 5
_VERDICT_TOKENS = 400


class _Said(Exception):
    def __init__(self, request: Request) -> None:
        self.request = request


class _Listener:
    """A model that answers nobody: what was asked is what one wants to know."""

    spec = "listener"
    is_rehearsal = False

    async def ask(self, request: Request) -> Reply:
        raise _Said(request)


@dataclass(frozen=True)
class Typical:
    """Means over the templates, for one passage and drafts as long as they usually are. `late`:
    as when others were accepted before, which teacher and judge are told of."""

    library: Library
    templates: Sequence[Template]
    passage: Passage
    phenomena: Sequence[str]

    async def taught(self, *, late: bool) -> Usage:
        teacher, wish = Teacher(_Listener(), self.library), self._wish(late=late)
        return await self._mean(
            [teacher.write(self.passage, one, **wish) for one in self.templates], self._answer
        )

    async def revised(self, *, late: bool) -> Usage:
        """The draft and what was found in it go back with the first request."""
        told = self._words(_VERDICT_TOKENS * _CHARACTERS_A_TOKEN // 6)
        verdict = Verdict(ruling="revise", reason="low-score", advice=told)
        teacher, draft = Teacher(_Listener(), self.library), self._draft
        wish = self._wish(late=late)
        return await self._mean(
            [
                teacher.revise(self.passage, one, draft, verdict, attempt=1, **wish)
                for one in self.templates
            ],
            self._answer,
        )

    async def judged(self, *, late: bool) -> Usage:
        judge, exemplars = Judge(_Listener(), self.library), [self._draft] * (EXEMPLARS * late)
        return await self._mean(
            [
                judge.weigh(Case("", self._draft, one, self.passage.text, exemplars=exemplars))
                for one in self.templates
            ],
            _VERDICT_TOKENS,
        )

    async def scouted(self) -> Usage:
        reader = CloseReader(self.library, _Listener())
        return await self._mean([reader.read([self.passage] * BATCH, {})], BATCH * TOKENS_EACH)

    async def _mean(self, askings: Sequence[Coroutine[Any, Any, object]], answer: int) -> Usage:
        sizes = [request_tokens(await _heard(one), _CHARACTERS_A_TOKEN) for one in askings]
        return Usage(sum(sizes) // len(sizes), answer)

    def _wish(self, *, late: bool) -> dict[str, Any]:
        avoid = [self._words(_WORN_WORDS)] * (2 * AVOIDED * late)
        return {"phenomena": self.phenomena, "avoid": avoid, "variant": 0}

    @property
    def _answer(self) -> int:
        whole = json.dumps(to_interchange(self._draft), ensure_ascii=False)
        return len(whole) // _CHARACTERS_A_TOKEN

    @property
    def _draft(self) -> Example:
        return monologue(self._words(30), self._words(_ANSWER_WORDS))

    def _words(self, count: int) -> str:
        """The passage's own again and again: what is measured is their length."""
        return " ".join(islice(cycle(self.passage.text.split()), count))


async def _heard(asking: Coroutine[Any, Any, object]) -> Request:
    try:
        await asking
    except _Said as said:
        return said.request
    raise AssertionError("an agent answers without asking")
