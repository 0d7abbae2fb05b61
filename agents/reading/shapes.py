"""From a parsed structure to an example: whatever the keys and roles are called, however nested."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from agents.reading.cleaning import clean, is_blank, one_name, split
from agents.reading.loose import Confused, OpenDict, OpenList, read_strict
from agents.reading.names import (
    INPUT,
    INSTRUCTION,
    LIST,
    MESSAGE_THINKING,
    NOTHING,
    OUTPUT,
    ROLE,
    STATE,
    TEXT,
    THINKING,
    kind_of_role,
    plain,
)
from agents.reading.slots import unfilled
from dataset.example import Example, Role, Turn

Wanted = Literal["monologue", "conversation", "either"]

_DEEPEST = 6


class Said(NamedTuple):
    """One message before it is judged: `role` is "thinking" for a message of its own kind."""

    role: Literal["user", "assistant", "thinking"]
    text: str
    state: dict[str, str] | None = None


class Wrong(Exception):
    """This structure means to be an example and cannot be used; the text is a reason code."""


def examples_in(
    value: Any, wanted: Wanted, depth: int = 0, *, broken: bool = False
) -> Iterator[Example | Wrong]:
    """Every example in a structure, in order, with what was wrong with those that are none.

    `broken`: something around it is broken off, so a bare list may be part of an example.
    """
    keys = _plain_keys(value) if isinstance(value, Mapping) else {}
    is_open = isinstance(value, OpenDict | OpenList)
    if looks_like_example(value, keys):
        bare = broken and not _is_whole(value)
        yield Wrong("truncated") if is_open or bare else _tried(value, keys, wanted)
    elif depth < _DEEPEST:
        for part in _parts(value):
            yield from examples_in(part, wanted, depth + 1, broken=broken or is_open)


def _tried(value: Any, keys: Mapping[str, Any], wanted: Wanted) -> Example | Wrong:
    try:
        return _example(value, keys, wanted)
    except Wrong as problem:
        return problem


def _parts(value: Any) -> Iterable[Any]:
    """What is inside a wrapper: an object, a list, or JSON written into a string."""
    if isinstance(value, Mapping):
        return value.values()
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            inner = read_strict(value, len(value) - len(value.lstrip()))
        except Confused:
            return []
        return [inner.value] if inner else []
    return value if isinstance(value, list) else []


def looks_like_example(value: Any, keys: Mapping[str, Any]) -> bool:
    if isinstance(value, list):
        return len(value) > 1 and _looks_like_talk(value)
    if not isinstance(value, Mapping):
        return False
    if _listed(keys) is not None:
        return True
    asked, told = _first(keys, INSTRUCTION), _first(keys, OUTPUT)
    if asked is not None and told is not None:
        return _is_text(asked) and (_is_text(told) or told == [])
    return asked is not None and isinstance(value, OpenDict)


def _looks_like_talk(parts: list[Any]) -> bool:
    """One message with a role in it says what the whole list is."""
    if any(is_single_message(part) or _is_pair(part) for part in parts):
        return True
    return all(_is_message(part) and not _is_whole(part) for part in parts)


def _is_whole(part: Any) -> bool:
    """An example by its keys. A question with its answer may also be one exchange of many."""
    keys = _plain_keys(part) if isinstance(part, Mapping) else {}
    asked, told = _first(keys, INSTRUCTION), _first(keys, OUTPUT)
    return isinstance(_first(keys, LIST), list) or (asked is not None and told is not None)


def _listed(keys: Mapping[str, Any]) -> list[Any] | None:
    """The messages. A list called `conversations` may also be one of whole conversations."""
    listed = _first(keys, LIST)
    if isinstance(listed, Mapping):
        values = list(listed.values())
        numbered = values and all(_is_message(part) for part in values)
        return values if numbered else _by_role(_plain_keys(listed))
    if listed is None:
        return _by_role(keys)
    if not isinstance(listed, list) or (listed and _is_example(listed[0])):
        return None
    return listed


def _by_role(keys: Mapping[str, Any]) -> list[Any] | None:
    """`{"human_1": …, "assistant_1": …, "human_2": …}`: a conversation without a list."""
    kinds = {kind_of_role(name) for name in keys if name not in (*INSTRUCTION, *OUTPUT)}
    if not {"user", "assistant"} <= kinds or any(isinstance(keys[n], list) for n in keys):
        return None
    return [{name: value} for name, value in keys.items() if kind_of_role(name)]


def _is_example(part: Any) -> bool:
    if isinstance(part, list):
        return not _is_message(part)
    keys = _plain_keys(part) if isinstance(part, Mapping) else {}
    return isinstance(_first(keys, LIST), list)


def _example(value: Any, keys: Mapping[str, Any], wanted: Wanted) -> Example:
    listed = value if isinstance(value, list) else _listed(keys)
    if listed is not None and wanted != "monologue":
        if _has_stray_message(keys):
            raise Wrong("turn-order")
        return _conversation(listed)
    if isinstance(value, Mapping) and _first(keys, INSTRUCTION) is not None:
        if wanted == "conversation":
            raise Wrong("wrong-form")
        return _monologue(keys)
    raise Wrong("wrong-form")


def _has_stray_message(keys: Mapping[str, Any]) -> bool:
    """A message that has fallen out of its list: the list may have been closed too early."""
    numbered = (name for name in keys if name[-1:].isdigit() and kind_of_role(name))
    return any(map(is_single_message, keys.values())) or (
        _first(keys, LIST) is not None and any(numbered)
    )


def _monologue(keys: Mapping[str, Any]) -> Example:
    asked, told = _text(_first(keys, INSTRUCTION)), _text(_first(keys, OUTPUT))
    thinking = _own_thinking(keys)
    given = _text(_first(keys, INPUT))
    given = "" if re.sub(r"[^\w/]", "", given).lower() in NOTHING else given
    if unfilled(given) and given:
        raise Wrong("bracketed-slots")
    turns = (_turn(Said("user", asked)), _turn(Said("assistant", _folded(thinking, told))))
    return Example(form="monologue", turns=turns, input=given)


def _own_thinking(keys: Mapping[str, Any]) -> str:
    """Thinking under its own key; before the instruction it is the writer's, not the speaker's."""
    names = list(keys)
    asked = min((names.index(name) for name in INSTRUCTION if name in keys), default=0)
    return next((_text(keys[name]) for name in names[asked:] if name in THINKING), "")


def _conversation(listed: list[Any]) -> Example:
    said = [message for part in listed for message in _messages(part)]
    turns = tuple(
        _turn(message, may_be_silent=message.role == "user") for message in _with_thinking(said)
    )
    if not turns:
        raise Wrong("empty-field")
    expected: tuple[Role, Role] = ("user", "assistant")
    alternate = all(turn.role == expected[number % 2] for number, turn in enumerate(turns))
    if not alternate or len(turns) % 2:
        raise Wrong("turn-order")
    return Example(form="conversation", turns=turns)


def _with_thinking(said: list[Said]) -> Iterator[Said]:
    """A message that only thinks belongs to the answer after it."""
    thought = ""
    for message in said:
        if message.role == "thinking":
            thought = message.text
            continue
        if thought and message.role != "assistant":
            raise Wrong("turn-order")
        yield message._replace(text=_folded(thought, message.text))
        thought = ""
    if thought:
        raise Wrong("turn-order")


def _messages(part: Any) -> list[Said]:
    """A message in any shape: keyed, `{"human": …}`, a question with its answer, a pair, a line."""
    if isinstance(part, OpenDict | OpenList):
        raise Wrong("truncated")
    if isinstance(part, Mapping):
        return _keyed(_plain_keys(part))
    if isinstance(part, list) and len(part) == 2 and all(_is_text(side) for side in part):
        return _of_role(_text(part[0]), _text(part[1]), None)
    if isinstance(part, str):
        who, colon, text = part.partition(":")
        if colon and kind_of_role(who):
            return _of_role(who, clean(text), None)
    raise Wrong("unknown-role")


def _keyed(keys: Mapping[str, Any]) -> list[Said]:
    role = _role_of(keys)
    if role is not None:
        thinking = _text(_first(keys, MESSAGE_THINKING))
        told = _text(_first(keys, TEXT))
        return _of_role(role, _folded(thinking, told), _state_of(keys))
    found: list[Said] = []
    for name, value in keys.items():
        kind = kind_of_role(name)
        if kind == "thinking":
            found.append(Said("thinking", _text(value)))
        elif kind in ("user", "assistant"):
            found += _of_role(name, _text(value), _state_of(keys) if kind == "assistant" else None)
    if not found:
        raise Wrong("unknown-role")
    return found


def _role_of(keys: Mapping[str, Any]) -> str | None:
    """`type` and `name` are roles only when they say one."""
    for name in ROLE:
        value = keys.get(name)
        if isinstance(value, str) and (kind_of_role(value) or name in ROLE[:4]):
            return value
    return None


def _of_role(who: str, text: str, state: dict[str, str] | None) -> list[Said]:
    kind = kind_of_role(who)
    if kind is None:
        raise Wrong("unknown-role")
    return [] if kind == "dropped" else [Said(kind, text, state)]


def _is_message(part: Any) -> bool:
    if isinstance(part, Mapping):
        keys = _plain_keys(part)
        return _role_of(keys) is not None or any(kind_of_role(name) for name in keys)
    if isinstance(part, str):
        who, colon, _ = part.partition(":")
        return bool(colon) and kind_of_role(who) is not None
    return _is_pair(part)


def _is_pair(part: Any) -> bool:
    if not isinstance(part, list) or len(part) != 2 or not isinstance(part[0], str):
        return False
    return kind_of_role(part[0]) is not None


def _state_of(keys: Mapping[str, Any]) -> dict[str, str] | None:
    state = _first(keys, STATE)
    if not isinstance(state, Mapping) or not state:
        return None
    return {
        str(name): str(value) if isinstance(value, int | float) else _text(value)
        for name, value in state.items()
    }


def _turn(said: Said, *, may_be_silent: bool = False) -> Turn:
    """Raises Wrong for what no training example may hold."""
    spoken = split(said.text) if said.role == "assistant" else None
    if said.role == "assistant" and spoken is None:
        raise Wrong("unclosed-thinking")
    content = spoken.content if spoken else said.text
    thinking = spoken.thinking if spoken else None
    if is_blank(content):
        raise Wrong("empty-field")
    if unfilled(content, may_be_silent=may_be_silent) or (thinking and unfilled(thinking)):
        raise Wrong("bracketed-slots")
    role: Role = "user" if said.role == "user" else "assistant"
    return Turn(role=role, content=content, thinking=thinking, state=said.state)


def _folded(thinking: str, text: str) -> str:
    """Thinking that came apart from its answer, put before it in tags, unless it is there."""
    bare = re.sub(r"</?thinking>", "", one_name(thinking)).strip()
    if not bare or one_name(text).lstrip().startswith("<thinking>"):
        return text
    return f"<thinking>{bare}</thinking>\n{text}"


def _is_text(value: Any) -> bool:
    if isinstance(value, Mapping):
        keys = _plain_keys(value)
        return _first(keys, TEXT) is not None and _first(keys, INSTRUCTION) is None
    if isinstance(value, list):
        return bool(value) and all(isinstance(part, str | Mapping) for part in value)
    return isinstance(value, str)


def _text(value: Any) -> str:
    """A string, a list of lines, a list of content parts, or `{"thinking", "response"}`."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, OpenDict | OpenList):
        raise Wrong("truncated")
    if isinstance(value, list):
        return clean("\n".join(_text(part) for part in value))
    if isinstance(value, Mapping):
        keys = _plain_keys(value)
        return _folded(_text(_first(keys, MESSAGE_THINKING)), _text(_first(keys, TEXT)))
    return ""


def _first(keys: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((keys[name] for name in names if keys.get(name) is not None), None)


def _plain_keys(value: Mapping[str, Any]) -> dict[str, Any]:
    """`User Prompt`, `user_prompt` and `**userPrompt**` are one key."""
    return {plain(str(key)): part for key, part in value.items()}


def is_single_message(value: Any) -> bool:
    """A message outside any list: a line of a conversation written one object a line."""
    if not isinstance(value, Mapping) or isinstance(value, OpenDict):
        return False
    return kind_of_role(_role_of(_plain_keys(value)) or "") is not None
