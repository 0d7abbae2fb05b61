"""One training example in its canonical form, and the interchange form that teachers write."""

import re
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

Role = Literal["user", "assistant"]
Form = Literal["monologue", "conversation"]

_THINKING = re.compile(r"\A\s*<thinking>(.*?)</thinking>\s*", re.DOTALL)


class Turn(BaseModel):
    """What one side says; `thinking` is kept apart from `content`, tags are the format's matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    content: str
    thinking: str | None = None
    state: dict[str, str] | None = None


class Example(BaseModel):
    """A monologue (instruction, optional input, one answer) or a conversation.

    `turns` always starts with the user. For a monologue the first turn is the instruction and
    `input` the material that goes with it (often empty).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Form
    turns: tuple[Turn, ...]
    input: str = ""
    system: str | None = None

    @property
    def answers(self) -> tuple[Turn, ...]:
        return tuple(turn for turn in self.turns if turn.role == "assistant")

    @property
    def parts(self) -> tuple[str, ...]:
        """Each thing the assistant thinks or says, in order."""
        both = ((turn.thinking, turn.content) for turn in self.answers)
        return tuple(part for answer in both for part in answer if part)

    @property
    def spoken(self) -> str:
        """All of it, one paragraph a part: what is embedded and checked."""
        return "\n\n".join(self.parts)


class Parts(NamedTuple):
    thinking: str | None
    content: str


def split_thinking(value: str) -> Parts:
    """Take a leading `<thinking>…</thinking>` off a reply."""
    match = _THINKING.match(value)
    if match is None:
        return Parts(None, value)
    return Parts(match[1].strip(), value[match.end() :])


def join_thinking(turn: Turn, tag: str = "thinking") -> str:
    """The turn as one string, its thinking inside `<tag>`."""
    if turn.thinking is None:
        return turn.content
    return f"<{tag}>{turn.thinking}</{tag}>\n{turn.content}"


def monologue(instruction: str, answer: str, input: str = "") -> Example:
    parts = split_thinking(answer)
    turns = (
        Turn(role="user", content=instruction),
        Turn(role="assistant", content=parts.content, thinking=parts.thinking),
    )
    return Example(form="monologue", turns=turns, input=input)


def to_interchange(example: Example) -> dict[str, Any]:
    """`{"instruction","input","output"}` or `{"conversations":[{"from","value"}]}`."""
    if example.form == "monologue":
        return {
            "instruction": example.turns[0].content,
            "input": example.input,
            "output": join_thinking(example.turns[1]),
        }
    return {"conversations": [_message(turn) for turn in example.turns]}


def _message(turn: Turn) -> dict[str, Any]:
    said = {"from": "human" if turn.role == "user" else turn.role, "value": join_thinking(turn)}
    return said if turn.state is None else {**said, "state": dict(turn.state)}


def from_interchange(data: dict[str, Any]) -> Example:
    """The reverse of `to_interchange`, for data in that exact shape."""
    if "conversations" not in data:
        return monologue(data["instruction"], data["output"], data.get("input") or "")
    turns: list[Turn] = []
    for message in data["conversations"]:
        role: Role = "user" if message["from"] == "human" else "assistant"
        value = message["value"]
        parts = split_thinking(value) if role == "assistant" else Parts(None, value)
        turns.append(
            Turn(
                role=role,
                content=parts.content,
                thinking=parts.thinking,
                state=message.get("state"),
            )
        )
    return Example(form="conversation", turns=tuple(turns))
