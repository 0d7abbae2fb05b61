"""What people's decisions allow the critic to do alone: learnt anew whenever one is added."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agents.critic import Aim, Trust, Weighed, audited, calibrate, traits_of
from agents.critic.calibration import Traits
from dataset.records import Verdict
from inscape.settings import Calibration, Settings
from memory.store import Store
from prompts.library import Library

FIRST, AUDIT = "first-look", "audit"
"""Why a person is asked to look at an example that the critic would take alone."""

RECENT = 500
_OTHERWISE = 60.0  # seconds a decision takes, until there are decisions to measure
_STEPS = (0.9, 0.95, 0.98)


class Trusting:
    """`now` costs one look at the store; only a new decision costs more."""

    def __init__(self, store: Store, library: Library, settings: Settings) -> None:
        self._store = store
        self._questions = tuple(one.id for one in library.rubric.questions)
        self._settings = settings.calibration
        self._learnt_at = -1
        self._trust: Trust | None = None

    def now(self) -> Trust | None:
        """None until there are enough decisions."""
        last = self._store.last_decision()
        if last != self._learnt_at:
            self._learnt_at = last
            self._learn()
        return self._trust

    def asks(self, example_id: str, verdict: Verdict) -> str:
        """Why a person should look at an example that is about to be accepted; "" when not.

        Without a judge there is nothing to trust or to learn, so nobody is asked.
        """
        if not verdict.scores:
            return ""
        if self.now() is not None:
            return AUDIT if audited(example_id, self._settings.audit) else ""
        first = self._settings.first
        return FIRST if self._store.kept(first) < first else ""

    def _learn(self) -> None:
        before = self._trust.band if self._trust else None
        decided, seen = _history(self._store)
        self._trust = calibrate(decided, seen, self._questions, aim_of(self._settings))
        if self._trust is not None and self._trust.band != before:
            self._store.note("calibration", decisions=self._trust.taste.n, band=_told(self._trust))


def aim_of(settings: Calibration) -> Aim:
    return Aim(enough=settings.enough, precision=settings.precision, wasted=settings.wasted)


def outlook(store: Store, library: Library, settings: Settings) -> dict[str, Any]:
    """For `status`: where the lines are, and what drawing them elsewhere would cost a person."""
    questions = tuple(one.id for one in library.rubric.questions)
    decided, seen = _history(store)
    seconds = store.seconds_a_decision()
    aim = aim_of(settings.calibration)
    trust = calibrate(decided, seen, questions, aim)
    return {
        "decisions": len(decided),
        "needed": settings.calibration.enough,
        "active": trust is not None,
        "band": _told(trust) if trust else _scores(settings),
        "seconds_a_decision": seconds,
        "looks": store.looks(),
        "choices": [
            {**said, "minutes_a_hundred": said["escalated"] * 100 * (seconds or _OTHERWISE) / 60}
            for said in (
                _choices(trust, decided, seen, questions, aim)
                if trust
                else _score_choices(seen, settings)
            )
        ],
    }


def _history(store: Store) -> tuple[list[Weighed], list[Traits]]:
    decided = [
        Weighed(traits, accepted)
        for verdict, accepted in store.decided()
        if (traits := traits_of(verdict.scores, verdict.defects))
    ]
    judged = (traits_of(one.scores, one.defects) for one in store.judged(RECENT))
    return decided, [traits for traits in judged if traits]


def _told(trust: Trust) -> dict[str, float | None]:
    """As JSON has it: no line for accepting alone is null."""
    accept, reject = trust.band
    return {"accept": None if math.isinf(accept) else accept, "reject": reject}


def _scores(settings: Settings) -> dict[str, float | None]:
    return {"accept": settings.verdicts.accept, "reject": settings.verdicts.reject}


def _choices(
    trust: Trust,
    decided: Sequence[Weighed],
    seen: Sequence[Traits],
    questions: Sequence[str],
    aim: Aim,
) -> list[dict[str, Any]]:
    """The band at several promises, on what was judged of late."""
    alike = [one for one in seen if set(questions) <= set(one.scores)]
    chances = trust.taste.chances(alike)[0] if alike else []
    found = []
    for precision in sorted({*_STEPS, aim.precision}):
        other = calibrate(decided, seen, questions, replace(aim, precision=precision))
        assert other is not None
        accept, reject = other.band
        found.append(
            {
                "precision": precision,
                "accept": _told(other)["accept"],
                "accepted": _share(chances, accept, math.inf),
                "escalated": _share(chances, reject, accept),
            }
        )
    return found


def _score_choices(seen: Sequence[Traits], settings: Settings) -> list[dict[str, Any]]:
    """The same before there are decisions: by the mean score from which the critic accepts."""
    means = [sum(one.scores.values()) / len(one.scores) for one in seen]
    reject = settings.verdicts.reject
    lines = {settings.verdicts.accept + step for step in (-0.5, 0.0, 0.5)}
    return [
        {
            "accept": line,
            "accepted": _share(means, line, math.inf),
            "escalated": _share(means, reject, line),
        }
        for line in sorted(line for line in lines if reject < line <= 5)
    ]


def _share(values: Sequence[float], low: float, high: float) -> float:
    return sum(low <= value < high for value in values) / len(values) if len(values) else 0.0
