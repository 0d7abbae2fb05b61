"""The shapes that travel between agents and memory: assignment, verdict, decision. Values only."""

import hashlib
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from inscape.progress import Outcome as Outcome

Ruling = Literal["accept", "revise", "reject", "escalate"]
Answer = Literal["accept", "reject", "edit", "ignore"]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Assignment(Frozen):
    """One (passage, template) asked of the teacher; `variant` counts repeats of the same pair."""

    id: str
    passage_id: str
    template_id: str
    template_version: str
    variant: int = 0


def new_assignment(
    passage_id: str, template_id: str, template_version: str, variant: int = 0
) -> Assignment:
    """Ids come from content (passage id holds book hash and span), never from position."""
    text = f"{passage_id}|{template_id}|{template_version}|{variant}"
    return Assignment(
        id=hashlib.sha256(text.encode()).hexdigest()[:12],
        passage_id=passage_id,
        template_id=template_id,
        template_version=template_version,
        variant=variant,
    )


class Defect(Frozen):
    """One thing wrong: a code of `inscape critique --codes`, why, and the words that show it."""

    code: str
    message: str
    evidence: str = ""
    source: Literal["checks", "judge", "neighbours"] = "checks"


class Score(Frozen):
    """One rubric question, 1 (worst) to 5 (best), with a span quoted from the example."""

    question: str
    score: float
    evidence: str = ""
    judge: str = ""


class Neighbour(NamedTuple):
    """The nearest accepted example; cosine in [-1, 1]."""

    id: str
    cosine: float


class Verdict(Frozen):
    """The critic's word on one example, with all three instruments showing."""

    ruling: Ruling
    reason: str
    scores: tuple[Score, ...] = ()
    defects: tuple[Defect, ...] = ()
    nearest: Neighbour | None = None
    advice: str = ""
    judges: tuple[str, ...] = ()

    @property
    def mean_score(self) -> float | None:
        if not self.scores:
            return None
        return sum(score.score for score in self.scores) / len(self.scores)


class Decision(Frozen):
    """A person's word on one example. An edit carries the new example as its own row.

    `blind` when the person had not seen the critic's verdict.
    """

    example_id: str
    answer: Answer
    reason: str = ""
    by: str = "person"
    blind: bool = False
