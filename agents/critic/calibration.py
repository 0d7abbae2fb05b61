"""How far the critic may be trusted to decide alone, learnt from what one person decided.

A logistic regression of "this person accepts" on the rubric's scores and the number of defects the
judges named. Better scores never count against an example (weights are held at zero or above), so
whatever the person weighs, the order stays a sensible one. A prior leans on the plain mean of the
questions, so that thirty decisions are enough to begin with. What it does not know it says: the
posterior is taken as a normal distribution around its peak (Laplace's method; MacKay, "The Evidence
Framework Applied to Classification Networks", Neural Computation 4, 1992), and the thresholds are
set by its cautious end, not by its best guess.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dataset.records import Defect, Score

Floats = NDArray[np.float64]

_MIDDLE = 3.5  # of the scores, where most doubt is
_SLOPE, _SLOPE_SPREAD = 6.0, 2.0  # prior: log-odds a point of the mean, shared by the questions
_OWN_SPREAD = 0.3  # prior: how far one question's weight may leave its even share
_DEFECT, _DEFECT_SPREAD = 1.0, 1.0  # prior: log-odds lost by a named defect
_START_SPREAD = 2.0
_DRAWS = 2000
_STEPS = 100
_SURE, _UNLIKELY = 0.8, 0.5  # no single example is taken below, or let go above


class Traits(NamedTuple):
    """What the judges said of one example: the mean score by question, defects named a judge."""

    scores: Mapping[str, float]
    defects: float


class Weighed(NamedTuple):
    """An example that was judged, and whether the person accepted it as it stood."""

    traits: Traits
    accepted: bool


@dataclass(frozen=True)
class Aim:
    """What is promised of the examples decided without the person.

    At least `precision` of those taken in would please, held with a chance of at most `doubt` of
    being wrong about it. At most `wasted` of those let go would have, by the best guess: these cost
    a call, and nobody's trust.
    """

    enough: int = 30
    precision: float = 0.95
    doubt: float = 0.05
    wasted: float = 0.2


class Band(NamedTuple):
    """Chances: from `accept` on the critic takes alone, below `reject` it lets go alone."""

    accept: float
    reject: float


def traits_of(scores: Sequence[Score], defects: Sequence[Defect]) -> Traits | None:
    """None where no judge has spoken."""
    by_question: dict[str, list[float]] = {}
    for score in scores:
        by_question.setdefault(score.question, []).append(score.score)
    if not by_question:
        return None
    judges = max(map(len, by_question.values()))
    named = sum(defect.source == "judge" for defect in defects)
    means = {name: sum(given) / len(given) for name, given in by_question.items()}
    return Traits(means, named / judges)


@dataclass(frozen=True)
class Taste:
    """The posterior of a person's taste: `draws` of start, weights, shape (draws, 2 + questions).

    Row 0 is its peak.
    """

    questions: tuple[str, ...]
    draws: Floats
    n: int

    def chances(self, seen: Sequence[Traits]) -> Floats:
        """P(accept) of every draw for every example, shape (draws, examples)."""
        return _sigmoid(self.draws @ _features(self.questions, seen).T)

    def chance(self, traits: Traits) -> float:
        """The best guess for one example."""
        logit = self.draws[0] @ _features(self.questions, [traits])[0]
        return float(_sigmoid(logit))


@dataclass(frozen=True)
class Trust:
    """What the critic may decide alone, and how likely an example is to please."""

    taste: Taste
    band: Band

    def chance(self, scores: Sequence[Score], defects: Sequence[Defect]) -> float:
        """Of one judge's or a whole panel's word on an example."""
        traits = traits_of(scores, defects)
        return self.taste.chance(traits) if traits else 0.0


def calibrate(
    decided: Sequence[Weighed], seen: Sequence[Traits], questions: Sequence[str], aim: Aim
) -> Trust | None:
    """None until there are enough decisions on these `questions`; `seen` is all that was judged."""
    usable = [one for one in decided if set(questions) <= set(one.traits.scores)]
    if len(usable) < max(1, aim.enough):
        return None
    taste = learn(usable, questions)
    alike = [one for one in seen if set(questions) <= set(one.scores)]
    return Trust(taste, find_band(taste, usable, alike or [one.traits for one in usable], aim))


def find_band(taste: Taste, decided: Sequence[Weighed], seen: Sequence[Traits], aim: Aim) -> Band:
    """The widest stretches of `seen`, from the best down and from the worst up, that keep `aim`.

    Of each stretch the posterior gives a distribution of the share that would please; what was
    decided within it must not belie the promise either.
    """
    chances = taste.chances(seen)
    known = np.array([taste.chance(one.traits) for one in decided])
    pleased = np.array([one.accepted for one in decided], dtype=float)

    down = np.argsort(-chances[0], kind="stable")
    edges = chances[0, down]
    kept = np.quantile(_shares(chances[1:, down]), aim.doubt, axis=0)
    ok = (kept >= aim.precision) & (edges >= _SURE)
    ok &= _observed(-known, pleased, -edges, empty=1.0) >= aim.precision
    accept = float(edges[ok][-1]) if ok.any() else math.inf

    up = down[::-1]
    edges = chances[0, up]
    lost = np.median(_shares(chances[1:, up]), axis=0)
    ok = (lost <= aim.wasted) & (edges <= _UNLIKELY)
    ok &= _observed(known, pleased, edges, empty=0.0) <= aim.wasted
    reject = float(np.nextafter(edges[ok][-1], 1.0)) if ok.any() else 0.0
    return Band(accept, reject)


def _shares(chances: Floats) -> Floats:
    """Of every draw the mean of the first one, two, three … columns."""
    return np.asarray(np.cumsum(chances, axis=1) / np.arange(1, chances.shape[1] + 1))


def _observed(known: Floats, pleased: Floats, edges: Floats, *, empty: float) -> Floats:
    """The share that pleased of what was decided up to each edge; `empty` where nothing was."""
    order = np.argsort(known, kind="stable")
    counts = np.searchsorted(known[order], edges, side="right")
    sums = np.concatenate([[0.0], np.cumsum(pleased[order])])[counts]
    return np.where(counts > 0, sums / np.maximum(counts, 1), empty)


def learn(decided: Sequence[Weighed], questions: Sequence[str]) -> Taste:
    """The posterior after these decisions; every one has a score for each of `questions`."""
    accepted = np.array([one.accepted for one in decided], dtype=float)
    x = _features(tuple(questions), [one.traits for one in decided])
    mean, precision = _prior(len(questions))
    peak = _peak(x, accepted, mean, precision)
    chance = _sigmoid(x @ peak)
    curvature = precision + (x * (chance * (1 - chance))[:, None]).T @ x
    spread = np.linalg.cholesky(np.linalg.inv(curvature))
    random = np.random.default_rng(0).standard_normal((_DRAWS, len(peak)))
    draws = np.vstack([peak, peak + random @ spread.T])
    draws[:, 1:] = np.maximum(draws[:, 1:], 0.0)
    return Taste(tuple(questions), draws, len(decided))


def _features(questions: tuple[str, ...], seen: Sequence[Traits]) -> Floats:
    """One row an example: a constant, absence of defects, each score from the middle."""
    rows = [
        [1.0, -one.defects, *(one.scores[name] - _MIDDLE for name in questions)] for one in seen
    ]
    return np.array(rows, dtype=float).reshape(len(seen), 2 + len(questions))


def _prior(questions: int) -> tuple[Floats, Floats]:
    """Mean and precision matrix. The questions' weights move together, and a little apart."""
    mean = np.array([0.0, _DEFECT, *[_SLOPE / questions] * questions])
    shared = (_SLOPE_SPREAD / questions) ** 2
    covariance = np.full((questions, questions), shared) + np.eye(questions) * _OWN_SPREAD**2
    full = np.zeros((2 + questions, 2 + questions))
    full[0, 0], full[1, 1] = _START_SPREAD**-2, _DEFECT_SPREAD**-2
    full[2:, 2:] = np.linalg.inv(covariance)
    return mean, full


def _peak(x: Floats, accepted: Floats, mean: Floats, precision: Floats) -> Floats:
    """Newton's method with the weights held at zero or above; halved steps always go downhill."""
    at = mean.copy()
    for _ in range(_STEPS):
        chance = _sigmoid(x @ at)
        slope = x.T @ (chance - accepted) + precision @ (at - mean)
        held = (at <= 0) & (slope > 0)
        held[0] = False
        free = ~held
        bend = precision + (x * (chance * (1 - chance))[:, None]).T @ x
        step = np.zeros_like(at)
        step[free] = np.linalg.solve(bend[np.ix_(free, free)], slope[free])
        if np.abs(step).max() < 1e-8:
            break
        at = _downhill(x, accepted, mean, precision, at, step)
    return at


def _downhill(
    x: Floats, accepted: Floats, mean: Floats, precision: Floats, at: Floats, step: Floats
) -> Floats:
    before = _loss(x, accepted, mean, precision, at)
    for halvings in range(30):
        to = at - step * 0.5**halvings
        to[1:] = np.maximum(to[1:], 0.0)
        if _loss(x, accepted, mean, precision, to) <= before:
            return to
    return at


def _loss(x: Floats, accepted: Floats, mean: Floats, precision: Floats, at: Floats) -> float:
    logits = x @ at
    off = at - mean
    fit = np.logaddexp(0.0, logits).sum() - accepted @ logits
    return float(fit + 0.5 * off @ precision @ off)


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)), dtype=float)
