"""Words and openings: what the store, the critic and the export compare examples by."""

import pytest

from dataset.example import Example, Turn
from dataset.opening import opening_of
from dataset.words import words_of


def said(content: str, thinking: str | None = None) -> Example:
    turns = (
        Turn(role="user", content="What is it like?"),
        Turn(role="assistant", content=content, thinking=thinking),
    )
    return Example(form="monologue", turns=turns)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I don’t – can't – know.", ["i", "don't", "can't", "know"]),
        ("Ein CAFÉ, naïve", ["ein", "cafe", "naive"]),
        ("Zoe\u0308", ["zoe"]),
        ("snake_case 42", ["snake", "case", "42"]),
        ("…", []),
    ],
)
def test_words_have_no_case_no_accents_and_one_apostrophe(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("example", "opening"),
    [
        (said("I am at the window again."), "i am at the"),
        (said("I am here.", "Slowly, now."), "slowly now"),
        (said("I am here.", ""), "i am here"),
        (said("<think>Élan comes</THINKING> and goes again"), "elan comes and goes"),
        (said(""), ""),
    ],
)
def test_an_opening_is_of_what_is_thought_or_said_first_and_no_more(
    example: Example, opening: str
) -> None:
    assert opening_of(example) == opening
