"""Does calibration keep its word? Simulated people with a known taste decide what is escalated.

    python bench/simulated_reviewer.py [--seeds 20] [--json]

A judge's six scores come from one quality that they share and six of their own, rounded to whole
points, so that they are as bunched and as correlated as a model's scores are; defects are named
the more often the worse the example is. A person accepts with a chance that is logistic in a
weighted mean of the scores: `firm` log-odds a point, so that a person with 4 wavers within about
half a point and one with 6 within a third. Everything else is the code that runs: the ruling of the
critic, the first looks, the random audit, and the calibration, learnt anew as decisions come in.

Precision is the mean true chance of pleasing over the fresh examples that would be accepted alone,
so that luck in the draw of the person's answers does not blur it. Escalation is compared twice:
with what the uncalibrated rule escalates of the same fresh examples, and with the share that the
person really had to look at until calibration began.
"""

import argparse
import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from agents.critic.auditing import audited
from agents.critic.calibration import Aim, Traits, Trust, Weighed, calibrate, traits_of
from agents.critic.verdict import Opinion, Policy, decide
from dataset.records import Defect, Ruling, Score

QUESTIONS = ("authentic", "unfinished", "first-person", "same-being", "explaining", "solving")
DECISIONS = 60
FRESH = 4000
EVERY = 5  # decisions between two calibrations
FIRST = 10
AUDIT = 0.03
RECENT = 500  # as many judged examples as the graph looks back on
MOST = 5000  # examples; a person whose queue stays empty has been left in peace

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Taste:
    """Who decides: the point of the weighted mean where they waver, and how they weigh."""

    name: str
    wavers_at: float
    weights: tuple[float, ...] = (1, 1, 1, 1, 1, 1)
    lapses: float = 0.0

    def chance(self, item: "Item", firm: float) -> float:
        weights = np.array(self.weights) / sum(self.weights)
        mean = float(weights @ np.array([score.score for score in item.opinion.scores]))
        logit = firm * (mean - self.wavers_at) - 0.7 * len(item.opinion.defects)
        return self.lapses / 2 + (1 - self.lapses) / (1 + float(np.exp(-logit)))


TASTES = (
    Taste("plain", 3.7),
    Taste("lenient", 3.2),
    Taste("strict", 4.2),
    Taste("one question", 3.7, (10, 1, 1, 1, 1, 1)),
    Taste("two questions", 3.9, (5, 5, 1, 1, 1, 1)),
    Taste("lapses", 3.5, lapses=0.04),
)


@dataclass(frozen=True)
class Item:
    id: str
    opinion: Opinion

    @property
    def traits(self) -> Traits:
        found = traits_of(self.opinion.scores, self.opinion.defects)
        assert found is not None
        return found


@dataclass(frozen=True)
class Outcome:
    """One seed: precision and shares on fresh examples, after so many `decisions`."""

    taste: str
    seed: int
    decisions: int
    examples: int
    accepts: float
    precision: float
    escalates: float
    rule_escalates: float
    before: float
    wasted: float


def items(random: np.random.Generator, count: int, name: str) -> list[Item]:
    shared = random.normal(size=(count, 1))
    scores = 3.9 + 0.65 * shared + 0.5 * random.normal(size=(count, len(QUESTIONS)))
    scores = np.clip(np.rint(scores), 1, 5)
    named = random.binomial(2, 1 / (1 + np.exp(2.0 + 1.8 * shared[:, 0])))
    return [
        Item(f"{name}{at}", _opinion(row, int(defects)))
        for at, (row, defects) in enumerate(zip(scores, named, strict=True))
    ]


def _opinion(row: Floats, defects: int) -> Opinion:
    scores = tuple(
        Score(question=name, score=float(score), judge="j")
        for name, score in zip(QUESTIONS, row, strict=True)
    )
    named = tuple(Defect(code=f"d{n}", message="", source="judge") for n in range(defects))
    return Opinion("j", scores, named, "", "")


def ruling(item: Item, trust: Trust | None) -> Ruling:
    """No revisions: a draft that was revised as often as may be."""
    policy = Policy(max_revisions=0)
    return decide(policy, (), [item.opinion], trust=trust).ruling


def review(taste: Taste, firm: float, seed: int, decisions: int) -> Outcome:
    random = np.random.default_rng(seed)
    decided: list[Weighed] = []
    seen: list[Traits] = []
    trust: Trust | None = None
    asked_before, before, kept = 0, 0, 0
    for item in items(random, MOST, f"s{seed}-"):
        seen.append(item.traits)
        ruled = ruling(item, trust)
        first = trust is None and kept < FIRST
        asks = ruled == "escalate" or (ruled == "accept" and (first or audited(item.id, AUDIT)))
        kept += ruled in ("accept", "escalate")
        if trust is None:
            before, asked_before = before + 1, asked_before + asks
        if not asks:
            continue
        decided.append(Weighed(item.traits, random.random() < taste.chance(item, firm)))
        if len(decided) % EVERY == 0:
            trust = calibrate(decided, seen[-RECENT:], QUESTIONS, Aim())
        if len(decided) == decisions:
            break
    return _measured(taste, firm, seed, trust, decided, seen, asked_before / max(1, before))


def _measured(
    taste: Taste,
    firm: float,
    seed: int,
    trust: Trust | None,
    decided: Sequence[Weighed],
    seen: Sequence[Traits],
    before: float,
) -> Outcome:
    fresh = items(np.random.default_rng(10_000 + seed), FRESH, "f")
    rulings = [ruling(item, trust) for item in fresh]
    chances = [taste.chance(item, firm) for item in fresh]
    taken = [p for p, ruled in zip(chances, rulings, strict=True) if ruled == "accept"]
    let_go = [p for p, ruled in zip(chances, rulings, strict=True) if ruled == "reject"]
    escalates = rulings.count("escalate") / FRESH + AUDIT * len(taken) / FRESH
    return Outcome(
        taste=taste.name,
        seed=seed,
        decisions=len(decided),
        examples=len(seen),
        accepts=len(taken) / FRESH,
        precision=statistics.fmean(taken) if taken else 1.0,
        escalates=escalates,
        rule_escalates=sum(ruling(item, None) == "escalate" for item in fresh) / FRESH,
        before=before,
        wasted=statistics.fmean(let_go) if let_go else 0.0,
    )


def summary(outcomes: Sequence[Outcome]) -> dict[str, float | int | str]:
    precisions = [one.precision for one in outcomes]
    return {
        "taste": outcomes[0].taste,
        "seeds": len(outcomes),
        "kept_precision": sum(one >= 0.95 for one in precisions),
        "least_precision": min(precisions),
        "accepts": statistics.fmean(one.accepts for one in outcomes),
        "before": statistics.fmean(one.before for one in outcomes),
        "rule": statistics.fmean(one.rule_escalates for one in outcomes),
        "escalates": statistics.fmean(one.escalates for one in outcomes),
        "halved": sum(one.escalates <= one.before / 2 for one in outcomes),
        "halved_rule": sum(one.escalates <= one.rule_escalates / 2 for one in outcomes),
        "wasted": statistics.fmean(one.wasted for one in outcomes),
        "examples": statistics.fmean(one.examples for one in outcomes),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--decisions", type=int, default=DECISIONS)
    parser.add_argument("--firm", type=float, nargs="*", default=[6.0, 4.0])
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args()
    for firm in said.firm:
        if not said.json:
            print(f"\nfirm {firm:g}; after {said.decisions} decisions; {said.seeds} seeds")
            print(
                f"{'taste':14} {'>=.95':>6} {'least':>6} {'taken':>6} {'before':>7} {'rule':>5} "
                f"{'now':>5} {'halved':>7} {'of rule':>7} {'wasted':>6} {'seen':>5}"
            )
        for taste in TASTES:
            outcomes = [review(taste, firm, seed, said.decisions) for seed in range(said.seeds)]
            if said.json:
                for one in outcomes:
                    print(json.dumps({"firm": firm, **asdict(one)}))
            else:
                _tell(summary(outcomes))


def _tell(row: dict[str, float | int | str]) -> None:
    print(
        f"{row['taste']:14} {row['kept_precision']:6} {row['least_precision']:6.3f} "
        f"{row['accepts']:6.2f} {row['before']:7.2f} {row['rule']:5.2f} {row['escalates']:5.2f} "
        f"{row['halved']:7} {row['halved_rule']:7} {row['wasted']:6.2f} {row['examples']:5.0f}"
    )


if __name__ == "__main__":
    main()
