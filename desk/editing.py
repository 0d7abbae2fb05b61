"""An example as a page of YAML in somebody's editor, and back, with every mistake named."""

import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from dataset.example import Example, Role, Turn
from inscape.errors import InscapeError

HEAD = """\
# {title}
# Change what you like, save and leave: your version is accepted in its place.
# Leave it unchanged, or empty the file, to go back without a decision.
"""


class Unfit(InscapeError):
    """The edited text is not an example; what was written is kept for another try."""


class _Blocks(yaml.SafeDumper):
    """Text as literal blocks, the way a person would write it."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if ("\n" in value or len(value) > 60) and value == value.strip() else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Blocks.add_representer(str, _text)


def to_page(example: Example) -> str:
    """The example as YAML."""
    data: dict[str, Any] = {"system": example.system} if example.system else {}
    if example.form == "monologue" and len(example.turns) == 2:
        question, answer = example.turns
        data |= {"instruction": question.content, "input": example.input}
        data |= _answer(answer, "output")
    else:
        data |= {"input": example.input} if example.input else {}
        data["turns"] = [_turn(turn) for turn in example.turns]
    return yaml.dump(data, Dumper=_Blocks, sort_keys=False, allow_unicode=True, width=10**9)


def _turn(turn: Turn) -> dict[str, Any]:
    return {"user": turn.content} if turn.role == "user" else _answer(turn, "assistant")


def _answer(turn: Turn, name: str) -> dict[str, Any]:
    thinking = {} if turn.thinking is None else {"thinking": turn.thinking}
    state = {} if turn.state is None else {"state": turn.state}
    return {**thinking, name: turn.content, **state}


def texts(example: Example) -> dict[str, str]:
    """Every text of an example that a person may change, by name, in reading order."""
    found = {"system": example.system} if example.system else {}
    for number, turn in enumerate(example.turns):
        if turn.thinking is not None:
            found[f"{number}.thinking"] = turn.thinking
        found[f"{number}.content"] = turn.content
        found |= {f"{number}.state.{name}": value for name, value in (turn.state or {}).items()}
        if number == 0 and example.input:
            found["input"] = example.input
    return found


def with_texts(example: Example, said: Mapping[str, str]) -> Example:
    """The example with these texts in it, those not said as they were. Raises Unfit."""
    was = texts(example)
    if strange := sorted(said.keys() - was.keys()):
        raise Unfit(f"there is no text {strange[0]!r} in this example")
    now = was | {name: text.replace("\r\n", "\n").strip() for name, text in said.items()}
    turns = []
    for number, turn in enumerate(example.turns):
        content = now[f"{number}.content"]
        if not content:
            raise Unfit(f"turn {number + 1} says nothing")
        state = {name: now[f"{number}.state.{name}"] for name in turn.state or {}}
        thinking = now.get(f"{number}.thinking") or None
        changed = {"content": content, "thinking": thinking, "state": state or None}
        turns.append(turn.model_copy(update=changed))
    rest = {"input": now.get("input", ""), "system": now.get("system") or None}
    return example.model_copy(update={"turns": tuple(turns), **rest})


def from_page(page: str, form: str) -> Example | None:
    """What somebody made of the page; None when it was emptied. Raises Unfit."""
    try:
        data = yaml.safe_load(page)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        raise Unfit(f"{line}{getattr(error, 'problem', None) or error}") from None
    if data is None:
        return None
    if not isinstance(data, dict):
        raise Unfit("the page must keep its names, such as `instruction:` or `turns:`")
    return _example(data, form)


def _example(data: dict[str, Any], form: str) -> Example:
    if "turns" in data:
        _only(data, {"system", "input", "turns"})
        turns = _turns(data["turns"])
    else:
        _only(data, {"system", "instruction", "input", "thinking", "output", "state"})
        question = Turn(role="user", content=_said(data, "instruction"))
        turns = (question, _answered(data, "output"))
    if form != "monologue" or len(turns) != 2:
        form = "conversation"
    return Example(
        form="monologue" if form == "monologue" else "conversation",
        turns=turns,
        input=_maybe(data, "input") or "",
        system=_maybe(data, "system"),
    )


def _turns(turns: Any) -> tuple[Turn, ...]:
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise Unfit("`turns` must be a list of `- user:` and `- assistant:`")
    found = tuple(_one(turn) for turn in turns)
    wanted: tuple[Role, ...] = ("user", "assistant")
    for number, turn in enumerate(found):
        if turn.role != wanted[number % 2]:
            raise Unfit(f"turn {number + 1} should be `{wanted[number % 2]}`: they alternate")
    if len(found) < 2 or len(found) % 2:
        raise Unfit("the last turn must be an answer")
    return found


def _one(turn: dict[str, Any]) -> Turn:
    if "user" in turn:
        _only(turn, {"user"})
        return Turn(role="user", content=_said(turn, "user"))
    _only(turn, {"thinking", "assistant", "state"})
    return _answered(turn, "assistant")


def _answered(data: dict[str, Any], name: str) -> Turn:
    state = data.get("state")
    if state is not None and not isinstance(state, dict):
        raise Unfit("`state` must hold names and values")
    return Turn(
        role="assistant",
        content=_said(data, name),
        thinking=_maybe(data, "thinking"),
        state={str(key): str(value) for key, value in state.items()} if state else None,
    )


def _said(data: dict[str, Any], name: str) -> str:
    text = _maybe(data, name)
    if text is None:
        raise Unfit(f"`{name}` is missing or empty")
    return text


def _maybe(data: dict[str, Any], name: str) -> str | None:
    value = data.get(name)
    if isinstance(value, dict | list):
        raise Unfit(f"`{name}` must be text; begin it with `|-` on a line of its own")
    text = "" if value is None else str(value).strip()
    return text or None


def _only(data: dict[str, Any], known: set[str]) -> None:
    if strange := sorted(str(key) for key in data if key not in known):
        raise Unfit(f"unknown name `{strange[0]}`; known: {', '.join(sorted(known))}")


def in_editor(page: str, editor: str, title: str, complaint: str = "") -> str:
    """Open the page in an editor and wait; what was saved comes back."""
    head = HEAD.format(title=" ".join(title.split()))
    if complaint:
        head += f"#\n# Not taken as it was: {' '.join(complaint.split())}\n"
    with tempfile.TemporaryDirectory(prefix="inscape-") as place:
        path = Path(place) / "example.yaml"
        path.write_text(head + page, encoding="utf-8")
        command = [*shlex.split(editor), str(path)]
        try:
            ended = subprocess.run(command, check=False)
        except FileNotFoundError:
            hint = "Set $EDITOR to one you have, such as nano or vi"
            raise InscapeError(f"There is no editor {command[0]!r}", hint=hint) from None
        if ended.returncode:
            raise InscapeError(f"The editor {command[0]!r} ended with code {ended.returncode}")
        return _without_head(path.read_text(encoding="utf-8", errors="replace"))


def _without_head(page: str) -> str:
    lines = page.splitlines(keepends=True)
    while lines and lines[0].startswith("#"):
        lines.pop(0)
    return "".join(lines)
