"""The examiner: does the tuned model show inner life where the base model does not?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.critic import Critic
from agents.examining.comparing import Compared, Comparer, Pair
from agents.examining.gaps import Gaps
from agents.examining.measures import Rate, answered_plainly, mean, repetition, thinks_well
from agents.examining.report import write_report
from agents.training.card import write_card
from agents.training.place import Place, write_json
from agents.training.rows import read_data
from agents.training.voices import VOICES, Talk, Voice, Voices, speaking
from inscape.recipe import Sampling
from prompts.library import Library
from prompts.probes import Probes

__all__ = ["Examination", "Examiner"]

_BATCH = 8
_MOST_ROWS = 200
Told = Callable[[str, int, int], None]
Answers = dict[Voice, list[str]]


def _untold(doing: str, done: int, total: int) -> None:
    """For work that nobody watches."""


@dataclass(frozen=True)
class Examination:
    """`facts` is the whole report, as it lies in `examination.json`."""

    facts: Mapping[str, Any]
    rates: Mapping[str, Rate] = field(default_factory=dict)

    @property
    def win_rate(self) -> float:
        return float(self.facts["win_rate"]["rate"])

    @property
    def gaps(self) -> Gaps:
        return Gaps.from_json(self.facts["gaps"])


class Examiner:
    """Without a judge on the critic's panel its checks compare, and the report says so."""

    def __init__(self, critic: Critic, library: Library, told: Told = _untold) -> None:
        self._critic = critic
        self._library = library
        self._told = told

    async def examine(self, place: Place, sampling: Sampling) -> Examination:
        """Also writes the report beside the adapter and into its model card."""
        probes = self._held_out(place)
        probes = probes._replace(inner=probes.inner * sampling.samples)
        async with speaking(place) as voices:
            inner = await self._answer(voices, _talks(probes, place.system()), sampling)
            plain = [[{"role": "user", "content": one.ask}] for one in probes.plain]
            plainly = await self._answer(voices, plain, sampling)
            losses = await _losses(voices, place)
        comparer = Comparer(self._critic, self._library, sampling.seed)
        sides = zip(probes.inner, inner["base"], inner["tuned"], strict=True)
        compared = await comparer.compare_all(
            [Pair(*side) for side in sides],
            lambda done: self._told("Comparing answers", done, len(probes.inner)),
        )
        rates = _Rates.of(compared)
        facts = {
            **_whose(place),
            "judged_by": comparer.judged_by,
            "sampling": sampling.model_dump(),
            **rates.as_json(),
            "held_out_loss": losses,
            **self._quality(inner, probes),
            "regressions": _regressions(probes, plainly),
            "unreadable": sum(not one.readable for one in compared),
            "pairs": [one.as_json() for one in compared],
        }
        write_json(place.examination, facts)
        write_report(place.examination.with_suffix(".md"), facts)
        write_card(place)
        return Examination(facts, {**rates.phenomena, **rates.templates})

    def _held_out(self, place: Place) -> Probes:
        """A probe that the model was trained on proves nothing; it is left out."""
        data = read_data(place.data, place.recipe().stage)
        seen = {
            " ".join(str(message["content"]).split()).casefold()
            for row in data.train
            for message in row.get("messages", row.get("prompt", ()))
        }
        probes = self._library.probes
        new = tuple(one for one in probes.inner if one.ask.casefold() not in seen)
        return Probes(new, tuple(one for one in probes.plain if one.ask.casefold() not in seen))

    async def _answer(self, voices: Voices, talks: Sequence[Talk], sampling: Sampling) -> Answers:
        """In batches, each asked of both voices in turn with the same seed."""
        answers: Answers = {"base": [], "tuned": []}
        for start in range(0, len(talks), _BATCH):
            drawn = sampling.model_copy(update={"seed": sampling.seed + start})
            for voice in VOICES:
                batch = talks[start : start + _BATCH]
                answers[voice] += await voices.answers(voice, batch, drawn)
            self._told("Answering probes", min(start + _BATCH, len(talks)), len(talks))
        return answers

    def _quality(self, answers: Answers, probes: Probes) -> dict[str, Any]:
        """Of thinking, where a template requires it; of repetition, over all probes."""
        wanted = [
            number
            for number, one in enumerate(probes.inner)
            if self._library.template(one.template).requirements.thinking == "required"
        ]
        thinking: dict[str, Any] = {"n": len(wanted)}
        for voice in VOICES:
            thinking[voice] = mean([float(thinks_well(answers[voice][n])) for n in wanted])
        repeated = {voice: mean([*map(repetition, answers[voice])]) for voice in VOICES}
        return {"thinking": thinking, "repetition": repeated}


@dataclass(frozen=True)
class _Rates:
    overall: Rate
    phenomena: Mapping[str, Rate]
    templates: Mapping[str, Rate]

    @classmethod
    def of(cls, compared: Sequence[Compared]) -> "_Rates":
        overall = Rate.of(one.points for one in compared)
        return cls(overall, _grouped(compared, "phenomenon"), _grouped(compared, "template"))

    def as_json(self) -> dict[str, Any]:
        return {
            "probes": self.overall.n,
            "win_rate": self.overall.as_json(),
            "by_phenomenon": {name: rate.as_json() for name, rate in self.phenomena.items()},
            "by_template": {name: rate.as_json() for name, rate in self.templates.items()},
            "gaps": Gaps.of(self.phenomena, self.templates).as_json(),
        }


def _grouped(compared: Sequence[Compared], by: str) -> dict[str, Rate]:
    groups: dict[str, list[float]] = {}
    for one in compared:
        groups.setdefault(getattr(one.pair.probe, by), []).append(one.points)
    return {name: Rate.of(points) for name, points in sorted(groups.items())}


def _whose(place: Place) -> dict[str, Any]:
    plan = place.plan()
    return {
        "adapter": str(place.root),
        "base": plan["recipe"]["base"],
        "rehearsal": plan["rehearsal"],
        "dataset_sha256": plan["dataset_sha256"],
    }


def _talks(probes: Probes, system: str) -> list[Talk]:
    head = [{"role": "system", "content": system}] if system else []
    roles = ("user", "assistant")
    return [
        head
        + [
            {"role": roles[number % 2], "content": text}
            for number, text in enumerate([*one.before, one.ask])
        ]
        for one in probes.inner
    ]


async def _losses(voices: Voices, place: Place) -> dict[str, Any]:
    """On the validation side of the data; preferences have no examples of their own to measure."""
    rows = read_data(place.data, place.recipe().stage).validation[:_MOST_ROWS]
    talks = [row["messages"] for row in rows if "messages" in row]
    base, tokens = await voices.loss("base", talks)
    tuned, _ = await voices.loss("tuned", talks)
    return {"base": base, "tuned": tuned, "tokens": tokens, "examples": len(talks)}


def _regressions(probes: Probes, answers: Answers) -> dict[str, Any]:
    """Plain questions that base answers plainly and tuned does not."""
    right = {
        voice: [answered_plainly(*one) for one in zip(probes.plain, answers[voice], strict=True)]
        for voice in VOICES
    }
    lost = [
        {"id": question.id, "ask": question.ask, "base": base, "tuned": tuned}
        for question, base, tuned, was, still in zip(
            probes.plain, answers["base"], answers["tuned"], *right.values(), strict=True
        )
        if was and not still
    ]
    counted = {f"{voice}_right": sum(right[voice]) for voice in VOICES}
    return {"n": len(probes.plain), **counted, "regressed": lost}
