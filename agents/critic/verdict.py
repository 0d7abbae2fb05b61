"""From findings and opinions to one ruling: accept, revise, reject or escalate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from agents.critic.calibration import Trust
from dataset.records import Defect, Ruling, Score

UNREADABLE = "judge-unreadable"
DISAGREE = "judges-disagree"
DUPLICATE = "near-duplicate"
SOFT = frozenset({"slop", "emotional-reset", "meta-commentary"})
"""What the checks find by wording alone: a judge, where there is one, is heard as well."""

Leaning = Literal["good", "doubtful", "flawed", "poor"]


@dataclass(frozen=True)
class Policy:
    """When the critic decides alone; scores are the mean of the rubric's questions, 1 to 5."""

    accept: float = 4.0
    reject: float = 2.5
    near_duplicate: float = 0.93
    max_revisions: int = 2


class Opinion(NamedTuple):
    """What one judge said, read by id; its evidence is known to occur in the example."""

    judge: str
    scores: tuple[Score, ...]
    defects: tuple[Defect, ...]
    reason: str
    advice: str

    @property
    def mean(self) -> float:
        return sum(score.score for score in self.scores) / len(self.scores)


class Ruled(NamedTuple):
    ruling: Ruling
    reason: str


def decide(
    policy: Policy,
    findings: Sequence[Defect],
    opinions: Sequence[Opinion | None],
    *,
    attempt: int = 0,
    trust: Trust | None = None,
) -> Ruled:
    """`findings` need no model; `None` among the opinions is a judge that could not be read.

    `attempt` counts the revisions that were made: 0 for a first draft. With `trust`, what people
    decided so far draws the lines, not the policy.
    """
    may_revise = attempt < policy.max_revisions
    if condemned(findings) or (findings and not opinions):
        return _on_findings(findings, may_revise)
    if not opinions:
        return Ruled("accept", "the checks found nothing; no judge was asked")
    read = [opinion for opinion in opinions if opinion is not None]
    if len(read) < len(opinions):
        return Ruled("escalate", UNREADABLE)
    leanings = [lean(policy, opinion, findings, trust) for opinion in read]
    if len(set(leanings)) > 1:
        return Ruled("escalate", f"{DISAGREE}: {_spread(read)}")
    return Ruled(_RULINGS[leanings[0], may_revise], f"{_figures(read, trust)}: {read[0].reason}")


def condemned(findings: Sequence[Defect]) -> bool:
    """Whether the checks are sure enough that no judge need be paid."""
    return any(defect.code not in SOFT for defect in findings)


def lean(
    policy: Policy,
    opinion: Opinion,
    findings: Sequence[Defect] = (),
    trust: Trust | None = None,
) -> Leaning:
    """What one judge alone would come to, with what the checks found beside it.

    A defect that a judge names speaks for itself until it is known how much it means to the person.
    """
    if trust is None:
        value, accept, reject = opinion.mean, policy.accept, policy.reject
    else:
        value, (accept, reject) = trust.chance(opinion.scores, opinion.defects), trust.band
    if value < reject:
        return "poor"
    if findings or (opinion.defects and (trust is None or value < accept)):
        return "flawed"
    return "good" if value >= accept else "doubtful"


_RULINGS: dict[tuple[Leaning, bool], Ruling] = {
    ("good", True): "accept",
    ("good", False): "accept",
    ("doubtful", True): "escalate",
    ("doubtful", False): "escalate",
    ("flawed", True): "revise",
    ("flawed", False): "escalate",
    ("poor", True): "revise",
    ("poor", False): "reject",
}
"""By leaning, and whether a revision is left."""


def _on_findings(findings: Sequence[Defect], may_revise: bool) -> Ruled:
    """A twin of an accepted example is not worth a revision: another assignment is."""
    codes = ", ".join(dict.fromkeys(defect.code for defect in findings))
    twin = any(defect.code == DUPLICATE for defect in findings)
    return Ruled("revise" if may_revise and not twin else "reject", codes)


def _figures(opinions: Sequence[Opinion], trust: Trust | None) -> str:
    mean = f"{sum(opinion.mean for opinion in opinions) / len(opinions):.1f}"
    if trust is None:
        return mean
    chances = [trust.chance(opinion.scores, opinion.defects) for opinion in opinions]
    return f"{mean}, {sum(chances) / len(chances):.0%} likely to please"


def _spread(opinions: Sequence[Opinion]) -> str:
    return ", ".join(f"{opinion.judge} {opinion.mean:.1f}" for opinion in opinions)
