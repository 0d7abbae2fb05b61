"""The critic weighs an example with three instruments: checks, judges and neighbours."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from agents.critic import prose
from agents.critic.auditing import audited
from agents.critic.calibration import Aim, Trust, Weighed, calibrate, traits_of
from agents.critic.checks import shape_defects, source_defects, voice_defects, wording_defects
from agents.critic.codes import CODES, mending
from agents.critic.copying import BookIndex
from agents.critic.judge import Case, Judge, shuffled
from agents.critic.names import people
from agents.critic.overuse import worn_phrases
from agents.critic.verdict import DUPLICATE, Opinion, Policy, Ruled, condemned, decide
from agents.models.base import Model
from agents.together import together
from corpus.passage import Passage
from dataset.example import Example, monologue
from dataset.likeness import TWIN, likeness
from dataset.records import Defect, Neighbour, Score, Verdict
from prompts.library import Library, Template

__all__ = [
    "CODES",
    "Aim",
    "BookIndex",
    "Critic",
    "Policy",
    "Trust",
    "Weighed",
    "audited",
    "calibrate",
    "people",
    "traits_of",
    "worn_phrases",
]


class Critic:
    """Rehearsal models are never asked: with nobody else on the panel, the checks decide alone."""

    def __init__(self, judges: Sequence[Model], library: Library, policy: Policy) -> None:
        self.judges = tuple(Judge(model, library) for model in judges if not model.is_rehearsal)
        self._rehearsals = tuple(model.spec for model in judges if model.is_rehearsal)
        self._library = library
        self._policy = policy

    def make_ready(self) -> None:
        """Read the word lists, which the first check would wait for."""
        self.check(monologue("Speak.", "I wait, and nothing is said."), None, None)

    def check(
        self,
        example: Example,
        template: Template | None,
        passage: Passage | None,
        *,
        book_text_index: BookIndex | None = None,
        openings: Sequence[str] = (),
        phrases: Collection[str] = (),
        names: Collection[str] = (),
    ) -> list[Defect]:
        """The first instrument alone. `names` are `people(book)`, `phrases` `worn_phrases(…)`."""
        text = passage.text if passage else ""
        return [
            *(shape_defects(example, template) if template else ()),
            *voice_defects(example, template),
            *source_defects(example, text, book_text_index, names),
            *wording_defects(example, openings, phrases),
        ]

    def find(
        self,
        example: Example,
        template: Template | None,
        passage: Passage | None,
        *,
        neighbour: Neighbour | None = None,
        near: Mapping[str, Example] = MappingProxyType({}),
        **known: Any,
    ) -> list[Defect]:
        """The two instruments that need no model; `known` is what `check` is told."""
        found = self.check(example, template, passage, **known)
        return found + self._too_near(example, neighbour, near)

    async def judge(
        self,
        example_id: str,
        example: Example,
        template: Template | None,
        passage: Passage | None,
        *,
        neighbour: Neighbour | None = None,
        near: Mapping[str, Example] = MappingProxyType({}),
        exemplars: Sequence[Example] = (),
        attempt: int = 0,
        trust: Trust | None = None,
        book_text_index: BookIndex | None = None,
        openings: Sequence[str] = (),
        phrases: Collection[str] = (),
        names: Collection[str] = (),
        findings: Sequence[Defect] | None = None,
        told: Sequence[Defect] | None = None,
    ) -> Verdict:
        """All three instruments. A model is asked only about what the others let pass.

        `attempt` counts the revisions made so far; `trust` is what people's decisions taught, once
        there are enough. `neighbour` is the nearest accepted example by
        vector; `near` are accepted ones, by id, that it may be a rewording of: a vector sees what
        an example is about, and takes a reworded twin for a cousin. `findings` are what `find` says
        of it, `told` what it said when the judges were first asked: they are asked the same again.
        """
        if findings is None:
            findings = self.find(
                example,
                template,
                passage,
                neighbour=neighbour,
                near=near,
                book_text_index=book_text_index,
                openings=openings,
                phrases=phrases,
                names=names,
            )
        opinions: list[Opinion | None] = []
        if template is not None and not condemned(findings):
            text = passage.text if passage else ""
            told = findings if told is None else told
            case = Case(example_id, example, template, text, told, exemplars)
            opinions = await together(judge.weigh(case) for judge in shuffled(self.judges, case.id))
        ruled = decide(self._policy, findings, opinions, attempt=attempt, trust=trust)
        return self._verdict(findings, opinions, neighbour, ruled)

    def beside(
        self,
        verdict: Verdict,
        example: Example,
        neighbour: Neighbour | None,
        near: Mapping[str, Example] = MappingProxyType({}),
    ) -> Verdict:
        """A verdict given before the neighbours were known, as it would have been with them."""
        found = self._too_near(example, neighbour, near)
        if not found or any(defect.code == DUPLICATE for defect in verdict.defects):
            return verdict.model_copy(update={"nearest": neighbour})
        defects = (*found, *verdict.defects)
        ruled = decide(self._policy, [one for one in defects if one.source != "judge"], [])
        more = {"ruling": ruled.ruling, "reason": ruled.reason, "defects": defects}
        return verdict.model_copy(update={"nearest": neighbour, **more})

    def _too_near(
        self, example: Example, neighbour: Neighbour | None, near: Mapping[str, Example]
    ) -> list[Defect]:
        message = ""
        if neighbour is not None and neighbour.cosine >= self._policy.near_duplicate:
            message = f"cosine {neighbour.cosine:.2f} to {neighbour.id}"
        alike = {name: likeness(example, other) for name, other in near.items()}
        twin = max(alike, key=lambda name: alike[name], default="")
        if twin and alike[twin] >= TWIN:
            message = f"{twin} reworded (likeness {alike[twin]:.2f})"
        if not message:
            return []
        evidence = prose.excerpt(example.answers[0].content if example.answers else "")
        return [Defect(code=DUPLICATE, message=message, evidence=evidence, source="neighbours")]

    def _verdict(
        self,
        findings: Sequence[Defect],
        opinions: Sequence[Opinion | None],
        neighbour: Neighbour | None,
        ruled: Ruled,
    ) -> Verdict:
        read = [opinion for opinion in opinions if opinion is not None]
        defects = (*findings, *(defect for opinion in read for defect in opinion.defects))
        scores: tuple[Score, ...] = tuple(score for opinion in read for score in opinion.scores)
        said = [opinion.advice for opinion in read if opinion.advice]
        return Verdict(
            ruling=ruled.ruling,
            reason=ruled.reason,
            scores=scores,
            defects=defects,
            nearest=neighbour,
            advice="\n".join(filter(None, [mending(defects), *said])),
            judges=tuple(opinion.judge for opinion in read) or self._rehearsals,
        )
