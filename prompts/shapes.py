"""The shapes that prompt files are read into: templates, phenomena, rubric."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
Text = Annotated[str, Field(min_length=1)]
Span = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]


class Shape(BaseModel):
    """Unknown keys are mistakes: a person edits these files by hand."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Requirements(Shape):
    """What the checks hold an example against. `turns` counts every message, the user's too."""

    words: Span | None = None
    turns: Span | None = None
    thinking: Literal["required", "allowed"] = "allowed"
    person: Literal["first"] | None = None
    tense: Literal["present"] | None = None
    literal: bool = False
    state: tuple[Id, ...] = ()

    @model_validator(mode="after")
    def _ranges_run_upwards(self) -> Self:
        for name, span in (("words", self.words), ("turns", self.turns)):
            if span and span[0] > span[1]:
                raise ValueError(f"{name} must be [least, most], not {list(span)}")
        return self


class Head(Shape):
    """The front matter of a template file."""

    id: Id
    number: Annotated[int, Field(ge=1)]
    name: Text
    summary: str = ""
    on: bool = True
    form: Literal["monologue", "conversation", "either"]
    requirements: Requirements = Requirements()

    @model_validator(mode="after")
    def _a_monologue_has_no_turns(self) -> Self:
        if self.form == "monologue" and self.requirements.turns:
            raise ValueError("a monologue has no turns: remove them or set form: conversation")
        return self


class Template(Head):
    """`version` changes with every byte of the file; `body` still holds its Jinja slots."""

    body: str
    version: str
    file: str

    @property
    def instructions(self) -> str:
        """What the template asks, without the part that carries the passage."""
        stable, marker, rest = self.body.partition(MARKER)
        return (stable if marker else rest or stable).strip()


class Phenomenon(Shape):
    """A kind of inner experience; `anchors` are sentences of our own that show it."""

    id: Id
    name: Text
    description: Text
    templates: Annotated[tuple[Id, ...], Field(min_length=1)]
    anchors: Annotated[tuple[Text, ...], Field(min_length=1)]


class Phenomena(Shape):
    phenomena: Annotated[tuple[Phenomenon, ...], Field(min_length=1)]


class Question(Shape):
    """Scored 1-5; `low` says what a 1 looks like and `high` what a 5 does. High is always good."""

    id: Id
    text: Text
    low: Text
    high: Text


class Rubric(Shape):
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]


MARKER = "<!-- varies -->"
"""The line in a prompt file that parts the stable text (cached by providers) from the rest."""
