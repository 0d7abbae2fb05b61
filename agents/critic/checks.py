"""The critic's first instrument: what can be found by counting and comparing, without a model."""

from collections.abc import Collection, Iterator, Sequence

from agents.critic.copying import Runs, verbatim_copy
from agents.critic.names import character_leak
from agents.critic.overuse import overused_opening, overused_phrase
from agents.critic.person import wrong_person
from agents.critic.phrases import ready_made
from agents.critic.shape import (
    missing_state,
    missing_thinking,
    thinking_equals_response,
    wrong_length,
    wrong_turns,
)
from agents.critic.tense import wrong_tense
from dataset.example import Example
from dataset.records import Defect
from prompts.library import Template


def shape_defects(example: Example, template: Template) -> Iterator[Defect]:
    """What a template's front matter asks for."""
    yield from wrong_length(example, template)
    yield from wrong_turns(example, template)
    yield from missing_thinking(example, template)
    yield from missing_state(example, template)


def voice_defects(example: Example, template: Template | None) -> Iterator[Defect]:
    """Without a template the voice is held to what all of ours ask: an “I”, now."""
    if template is None or template.requirements.person:
        yield from wrong_person(example)
    if template is None or template.requirements.tense:
        yield from wrong_tense(example)
    yield from thinking_equals_response(example)


def source_defects(
    example: Example, passage: str, book: Runs | None, names: Collection[str]
) -> Iterator[Defect]:
    """What was carried over from the book."""
    yield from verbatim_copy(example, passage, book)
    yield from character_leak(example, passage, names)


def wording_defects(
    example: Example, openings: Sequence[str], phrases: Collection[str]
) -> Iterator[Defect]:
    """Ready-made phrases, the world's and this dataset's own; one defect a code."""
    seen = set()
    for source in (
        ready_made(example),
        overused_opening(example, openings),
        overused_phrase(example, phrases),
    ):
        for defect in source:
            if defect.code not in seen:
                seen.add(defect.code)
                yield defect
