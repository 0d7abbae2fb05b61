"""The shapes a training example is written in, and each of them read back.

Nothing here drops an example in silence: what a format cannot say is raised as `Unsayable`
(the whole example) or counted by the exporter (`loses`, a part of it).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dataset.example import Example, Form, Role, Turn
from dataset.tags import join, split

Thinking = Literal["tags", "strip", "field"]
Json = dict[str, Any]


class Unsayable(ValueError):
    """This example cannot be written in this format with these options; the text says why."""


@dataclass(frozen=True)
class Style:
    """How thinking is written: inside `<tag>`, not at all, or under a key of its own."""

    thinking: Thinking = "tags"
    tag: str = "thinking"
    key: str = "reasoning_content"


@dataclass(frozen=True)
class Format:
    """`has_field` and `has_state`: can say a thought under a key, the state of a turn.

    `strict`: takes no key of our own.
    """

    name: str
    write: Callable[[Example, Style, str | None], Json]
    has_field: bool = True
    has_state: bool = True
    strict: bool = False


def turns_of(example: Example) -> list[Turn]:
    """The example as a conversation: what goes with a monologue's instruction joins it.

    Ends with the last answer; a question nobody answered teaches nothing.
    """
    turns = list(example.turns)
    while turns and turns[-1].role == "user":
        turns.pop()
    if not turns:
        raise Unsayable("it has no answer")
    if example.input:
        both = f"{turns[0].content}\n\n{example.input}"
        turns[0] = turns[0].model_copy(update={"content": both})
    return turns


def _said(turn: Turn, style: Style) -> str:
    tagged = style.thinking == "tags" and turn.role == "assistant"
    text = join(turn, style.tag) if tagged else turn.content
    if not text.strip():
        raise Unsayable(
            "an answer is empty without its thinking" if turn.thinking else "a turn is empty"
        )
    return whole(text)


def whole(text: str) -> str:
    """Half a surrogate pair, which no file of UTF-8 can hold, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def _aside(turn: Turn, style: Style) -> Json:
    """What stands beside the text of an answer: the thought, and the state as JSON text.

    The state's own keys differ from template to template; as text they are one column to a loader.
    """
    aside: Json = {}
    if style.thinking == "field" and turn.role == "assistant":
        aside[style.key] = whole(turn.thinking or "")
    if turn.state:
        aside["state"] = json.dumps(turn.state, sort_keys=True, ensure_ascii=True)
    return aside


def message(turn: Turn, style: Style) -> Json:
    return {"role": turn.role, "content": _said(turn, style), **_aside(turn, style)}


def _messages(example: Example, style: Style, system: str | None) -> list[Json]:
    head = [{"role": "system", "content": system}] if system else []
    return head + [message(turn, style) for turn in turns_of(example)]


def write_messages(example: Example, style: Style, system: str | None) -> Json:
    return {"messages": _messages(example, style, system)}


def write_openai(example: Example, style: Style, system: str | None) -> Json:
    """OpenAI takes role and content only; what stands beside them is left out (and counted)."""
    rows = _messages(example, style, system)
    return {"messages": [{"role": row["role"], "content": row["content"]} for row in rows]}


def write_prompt_completion(example: Example, style: Style, system: str | None) -> Json:
    messages = _messages(example, style, system)
    return {"prompt": messages[:-1], "completion": messages[-1:]}


def write_sharegpt(example: Example, style: Style, system: str | None) -> Json:
    who = {"user": "human", "assistant": "gpt"}
    turns = [
        {"from": who[turn.role], "value": _said(turn, style), **_aside(turn, style)}
        for turn in turns_of(example)
    ]
    return {"conversations": turns, **_given(system)}


def _given(system: str | None) -> Json:
    """The key is there, empty, in the rows that get none while others do: one set of columns."""
    return {} if system is None else {"system": system}


def write_alpaca(example: Example, style: Style, system: str | None) -> Json:
    """A conversation becomes its history and its last question; `input` never holds an answer."""
    if example.form == "monologue" and len(example.turns) == 2:
        instruction, given, history = _said(example.turns[0], style), whole(example.input), []
        answer = example.turns[1]
    else:
        *earlier, (instruction, answer) = _exchanges(example, style)
        given, history = "", [[asked, _said(turn, style)] for asked, turn in earlier]
    row = {"instruction": instruction, "input": given, "output": _said(answer, style)}
    if style.thinking == "field":
        row[style.key] = whole(answer.thinking or "")
    return {**row, "history": history, **_given(system)}


def _exchanges(example: Example, style: Style) -> list[tuple[str, Turn]]:
    """Question and answer, pair by pair; Alpaca has no other shape."""
    turns = turns_of(example)
    asked, answered = turns[::2], turns[1::2]
    strict = len(asked) == len(answered)
    if (
        not strict
        or {t.role for t in asked} != {"user"}
        or {t.role for t in answered} != {"assistant"}
    ):
        raise Unsayable("its turns do not alternate")
    return [
        (_said(question, style), answer) for question, answer in zip(asked, answered, strict=True)
    ]


FORMATS: Mapping[str, Format] = {
    fmt.name: fmt
    for fmt in (
        Format("messages", write_messages),
        Format("alpaca", write_alpaca, has_state=False),
        Format("sharegpt", write_sharegpt),
        Format("openai", write_openai, has_field=False, has_state=False, strict=True),
        Format("prompt-completion", write_prompt_completion),
        Format("axolotl", write_messages),
        Format("parquet", write_messages),
    )
}
"""Those that say one example in a row; preference pairs say two (`dataset.preference`)."""

PREFERENCE = "preference"
NAMES = (*list(FORMATS)[:5], PREFERENCE, *list(FORMATS)[5:])


def loses(example: Example, name: str, style: Style) -> int:
    """How many thoughts the format leaves out although the style asked for them."""
    if style.thinking != "field":
        return 0
    thoughts = [bool(turn.thinking) for turn in example.answers]
    if not FORMATS[name].has_field:
        return sum(thoughts)
    return sum(thoughts[:-1]) if name == "alpaca" else 0


def loses_states(example: Example, name: str) -> int:
    """How many turns have a state that the format has no place for."""
    return 0 if FORMATS[name].has_state else sum(bool(turn.state) for turn in example.turns)


def read_row(
    data: Mapping[str, Any], *, tag: str = "thinking", form: Form | None = None
) -> Example:
    """Any row that `export` writes, and the interchange form, back to an example.

    A single exchange is taken for a monologue unless `form` says otherwise.
    Raises ValueError when the row has none of the known shapes.
    """
    try:
        system, given, turns = _read(data, tag)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"the row is not complete ({type(error).__name__}: {error})") from error
    if not turns or turns[0].role != "user" or not any(t.role == "assistant" for t in turns):
        raise ValueError("a row needs a user turn first, and an answer")
    guessed: Form = "monologue" if len(turns) == 2 else "conversation"
    return Example(form=form or guessed, turns=tuple(turns), input=given, system=system)


def _read(data: Mapping[str, Any], tag: str) -> tuple[str | None, str, list[Turn]]:
    if "messages" in data:
        return _from_messages(data["messages"], tag)
    if "prompt" in data:
        answer = data["completion"] if "completion" in data else data["chosen"]
        return _from_messages([*data["prompt"], *answer], tag)
    if "conversations" in data:
        system, _, turns = _from_messages(data["conversations"], tag)
        return data.get("system") or system, "", turns
    if "output" in data:
        return _from_alpaca(data, tag)
    raise ValueError("a row needs messages, conversations, prompt with its answer, or output")


_ROLES: Mapping[str, Role] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
}


def _from_messages(
    messages: Sequence[Mapping[str, Any]], tag: str
) -> tuple[str | None, str, list[Turn]]:
    system, turns = None, []
    for message in messages:
        who = message["role"] if "role" in message else message["from"]
        said = message["content"] if "content" in message else message["value"]
        if not isinstance(said, str):
            raise ValueError("the text of a turn must be a string")
        if who == "system":
            system = said
            continue
        turn = _turn(_ROLES[who], said, _thought(message), tag)
        turns.append(turn.model_copy(update={"state": _state(message.get("state"))}))
    return system or None, "", turns


def _from_alpaca(data: Mapping[str, Any], tag: str) -> tuple[str | None, str, list[Turn]]:
    turns = []
    for asked, answered in data.get("history") or ():
        turns += [_turn("user", asked, None, tag), _turn("assistant", answered, None, tag)]
    turns += [
        _turn("user", data["instruction"], None, tag),
        _turn("assistant", data["output"], _thought(data), tag),
    ]
    return data.get("system") or None, data.get("input") or "", turns


def _thought(data: Mapping[str, Any]) -> str | None:
    """The thinking under a key; "" when there is the key but no thought, None without the key."""
    for key in ("reasoning_content", "thinking"):
        if data.get(key) is not None:
            return str(data[key])
    return None


def _state(found: object) -> dict[str, str] | None:
    """As `export` writes it, or as the interchange form does."""
    data = json.loads(found) if isinstance(found, str) else found
    if not data:
        return None
    if not isinstance(data, dict):
        raise ValueError("the state of a turn must be an object")
    return {str(name): str(value) for name, value in data.items()}


def _turn(role: Role, said: str, thought: str | None, tag: str) -> Turn:
    if role == "user":
        return Turn(role=role, content=said)
    if thought is not None:
        return Turn(role=role, content=said, thinking=thought or None)
    parts = split(said, tag)
    return Turn(role=role, content=parts.content, thinking=parts.thinking)
