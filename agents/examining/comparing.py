"""Two answers to one probe, and which is better: by blind judges, or by the critic's checks."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import json_repair

from agents.critic import Critic
from agents.models.base import Message, Model, Request
from agents.together import together
from dataset.example import Example, Form, Turn, split_thinking
from prompts.library import Library
from prompts.probes import Probe

_SCHEMA = {
    "type": "object",
    "properties": {
        "quote": {"type": "string"},
        "better": {"type": "string", "enum": ["first", "second", "neither"]},
        "reason": {"type": "string"},
    },
    "required": ["quote", "better", "reason"],
    "additionalProperties": False,
}
_MAX_TOKENS = 600
CHECKS = "checks"


@dataclass(frozen=True)
class Pair:
    probe: Probe
    base: str
    tuned: str


@dataclass(frozen=True)
class Compared:
    """`points` of the tuned answer: 1 better, 0 worse, 0.5 neither. `first` is who was shown
    first; `readable` is False when no judge gave an answer that can be read."""

    pair: Pair
    points: float
    first: str
    reason: str = ""
    readable: bool = True

    def as_json(self) -> dict[str, Any]:
        winner = "tuned" if self.points > 0.5 else "base" if self.points < 0.5 else "neither"
        probe = self.pair.probe
        return {
            "id": probe.id,
            "phenomenon": probe.phenomenon,
            "template": probe.template,
            "ask": probe.ask,
            "base": self.pair.base,
            "tuned": self.pair.tuned,
            "first": self.first,
            "winner": winner,
            "points": round(self.points, 3),
            "reason": self.reason,
            "readable": self.readable,
        }


class Comparer:
    """Who answered is never said to a judge, and which stands first is drawn by `seed`."""

    def __init__(self, critic: Critic, library: Library, seed: int) -> None:
        self._judges: Sequence[Model] = [judge.model for judge in critic.judges]
        self._critic = critic
        self._library = library
        self._seed = seed

    @property
    def judged_by(self) -> list[str]:
        return [model.spec for model in self._judges] or [CHECKS]

    async def compare_all(
        self, pairs: Sequence[Pair], told: Callable[[int], None]
    ) -> list[Compared]:
        """In the order given; `told` hears how many are done."""
        done = 0

        async def one(pair: Pair) -> Compared:
            nonlocal done
            compared = await self.compare(pair)
            done += 1
            told(done)
            return compared

        return await together(one(pair) for pair in pairs)

    async def compare(self, pair: Pair) -> Compared:
        if not self._judges:
            return self._by_checks(pair)
        swapped = self._swapped(pair.probe.id)
        first = "tuned" if swapped else "base"
        heard = await together(self._ask(judge, pair, swapped) for judge in self._judges)
        said = [one for one in heard if one is not None]
        if not said:
            return Compared(pair, 0.5, first, "no judge gave an answer that can be read", False)
        points = sum(point for point, _ in said) / len(said)
        return Compared(pair, points, first, said[0][1])

    def _swapped(self, probe: str) -> bool:
        return bool(hashlib.sha256(f"{self._seed}|{probe}".encode()).digest()[0] % 2)

    async def _ask(self, judge: Model, pair: Pair, swapped: bool) -> tuple[float, str] | None:
        """Points for the tuned answer with the reason; one fresh try for what cannot be read."""
        for nonce in (0, 1):
            found = _read((await judge.ask(self._request(pair, swapped, nonce))).text)
            if found is not None:
                better, reason = found
                tuned = {"first": float(swapped), "second": float(not swapped), "neither": 0.5}
                return tuned[better], reason
        return None

    def _request(self, pair: Pair, swapped: bool, nonce: int) -> Request:
        answers = (pair.tuned, pair.base) if swapped else (pair.base, pair.tuned)
        shown = self._library.phenomenon(pair.probe.phenomenon)
        prompt = self._library.prompt(
            "compare",
            phenomenon=f"{shown.name}: {shown.description}",
            asked="\n\n".join([*pair.probe.before, pair.probe.ask]),
            first=answers[0] or "(silence)",
            second=answers[1] or "(silence)",
        )
        return Request(
            purpose="examine",
            system=prompt.system,
            messages=(Message("user", prompt.user),),
            schema=_SCHEMA,
            schema_name="comparison",
            max_tokens=_MAX_TOKENS,
            nonce=nonce,
        )

    def _by_checks(self, pair: Pair) -> Compared:
        """The answer with fewer defects; an empty one has the most."""
        base, tuned = (self._defects(pair.probe, text) for text in (pair.base, pair.tuned))
        points = 0.5 if base == tuned else float(tuned < base)
        return Compared(pair, points, "", f"{base} defects in base, {tuned} in tuned")

    def _defects(self, probe: Probe, answer: str) -> int:
        if not answer.strip():
            return 99
        template = self._library.template(probe.template)
        return len(self._critic.check(as_example(probe, answer), template, None))


def as_example(probe: Probe, answer: str) -> Example:
    """The talk so far with the answer at its end, as an example is written."""
    said = [*probe.before, probe.ask]
    turns = [
        Turn(role="assistant" if number % 2 else "user", content=text)
        for number, text in enumerate(said)
    ]
    parts = split_thinking(answer)
    turns.append(Turn(role="assistant", content=parts.content, thinking=parts.thinking))
    form: Form = "monologue" if probe.template == "monologue" else "conversation"
    return Example(form=form, turns=tuple(turns))


def _read(raw: str) -> tuple[str, str] | None:
    found = json_repair.loads(raw)
    if not isinstance(found, Mapping):
        return None
    better = str(found.get("better", "")).strip().casefold()
    if better not in ("first", "second", "neither"):
        return None
    return better, " ".join(str(found.get("reason") or "").split())
