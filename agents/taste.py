"""What people and the critic made of earlier examples, as a lean on the next round's choice."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.choice import Candidate, Taken

PRIOR = 4.0
"""As many imagined outcomes at the project's own rate stand behind every phenomenon."""
PERSON, CRITIC = 1.0, 0.25
STRENGTH = 0.5
NEARNESS = 12.0
CLOSE_BY = 3.0
SETTLED: Mapping[str, float] = {"accepted": 1.0, "rejected": 0.0}


class Taste(NamedTuple):
    """`phenomena` and `templates`: what is added to richness, in [-0.5, 0.5]; 0 is no opinion."""

    phenomena: Mapping[str, float]
    templates: Mapping[str, float]
    liked: float
    weight: float


def learn(taken: Iterable[Taken]) -> Taste:
    """Shrunk approval rates of each phenomenon and template against the whole project's."""
    votes = [(SETTLED[one.outcome], _weight(one), one) for one in taken if one.outcome in SETTLED]
    weight = sum(trust for _, trust, _ in votes)
    liked = sum(vote * trust for vote, trust, _ in votes) / weight if weight else 0.5
    kinds = ((kind, vote, trust) for vote, trust, one in votes for kind in one.phenomena)
    forms = ((one.template_id, vote, trust) for vote, trust, one in votes)
    return Taste(_leans(kinds, liked), _leans(forms, liked), liked, weight)


def _weight(one: Taken) -> float:
    return PERSON if one.by_person else CRITIC


def _leans(votes: Iterable[tuple[str, float, float]], liked: float) -> dict[str, float]:
    sums: dict[str, tuple[float, float]] = {}
    for name, vote, trust in votes:
        surplus, weight = sums.get(name, (0.0, 0.0))
        sums[name] = (surplus + trust * (vote - liked), weight + trust)
    return {
        name: round(STRENGTH * surplus / (weight + PRIOR), 4)
        for name, (surplus, weight) in sorted(sums.items())
    }


def worth(
    candidates: Sequence[Candidate], taken: Sequence[Taken], taste: Taste
) -> NDArray[np.float64]:
    """Richness, leaned by the taste for its phenomena and by what became of passages like it."""
    base = np.array([one.rating.richness for one in candidates], float)
    kinds = np.array([_lean(one, taste) for one in candidates])
    return np.asarray(np.clip(base + kinds + _neighbours(candidates, taken, taste), 0, 1))


def _lean(one: Candidate, taste: Taste) -> float:
    leans = [taste.phenomena.get(kind, 0.0) for kind in one.rating.phenomena]
    return sum(leans) / len(leans) if leans else 0.0


def _neighbours(
    candidates: Sequence[Candidate], taken: Sequence[Taken], taste: Taste
) -> NDArray[np.float64]:
    """A kernel-weighted mean of surprises, drawn to nothing where no judged passage is near."""
    rows = {one.passage_id: row for row, one in enumerate(candidates)}
    votes = [
        (rows[one.passage_id], SETTLED[one.outcome] - taste.liked, _weight(one))
        for one in taken
        if one.outcome in SETTLED and one.passage_id in rows
    ]
    if not votes:
        return np.zeros(len(candidates))
    vectors = np.stack([one.vector for one in candidates])
    judged = [row for row, _, _ in votes]
    surprise = np.array([vote for _, vote, _ in votes])
    trust = np.array([weight for _, _, weight in votes])
    kernel = np.exp(NEARNESS * (vectors @ vectors[judged].T - 1)) * trust
    return np.asarray(STRENGTH * kernel @ surprise / (kernel.sum(1) + CLOSE_BY))
