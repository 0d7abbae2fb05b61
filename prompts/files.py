"""Prompt files as they lie on disk: text, front matter and YAML, every complaint with its line."""

import difflib
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from inscape.errors import PromptError

Shaped = TypeVar("Shaped", bound=BaseModel)

_SAFE: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader  # ten times faster


class Part(NamedTuple):
    """A stretch of a file. `line` is where it starts: complaints name the file's own lines."""

    path: Path
    text: str
    line: int = 1


class Halves(NamedTuple):
    head: Part
    body: Part


def complain(path: Path, line: int, what: str, hint: str) -> NoReturn:
    raise PromptError(f"{path}:{line}: {what}", hint=hint)


def known(names: Iterable[str], wanted: str = "") -> str:
    """The hint for a name that is not known: the nearest one first, then all of them."""
    everything = sorted(names)
    near = difflib.get_close_matches(wanted, everything, n=1)
    return (f"Did you mean {near[0]!r}? " if near else "") + f"Known: {', '.join(everything)}"


def read(path: Path) -> Part:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PromptError(
            f"Cannot read {path}: {error.strerror or error}",
            hint="Restore the file, or remove the override to use the one that comes with Inscape",
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise PromptError(f"{path}:{line}: this is not UTF-8", hint="Save it as UTF-8") from error
    return Part(path, text)


def front_matter(part: Part) -> Halves:
    """Part the YAML between two `---` lines from the text below it."""
    lines = part.text.splitlines(keepends=True)
    if not lines or lines[0].strip() != "---":
        complain(part.path, 1, "there is no front matter", "Begin the file with a line of ---")
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() == "---":
            head = Part(part.path, "".join(lines[1:number]), 2)
            return Halves(head, Part(part.path, "".join(lines[number + 1 :]), number + 2))
    complain(part.path, 1, "the front matter never ends", "Close it with a line of ---")


def shaped(part: Part, shape: type[Shaped]) -> Shaped:
    """Read YAML into `shape`; the first thing wrong is reported at the line it stands on."""
    node, data = _parsed(part)
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        _complain_of_shape(part, node, error)


def _parsed(part: Part) -> tuple[yaml.Node | None, Any]:
    try:
        loader = _Loader(part.text)
        node = loader.get_single_node()
        return node, loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        _complain_of_yaml(part, error)
    except yaml.YAMLError as error:
        complain(part.path, part.line, f"this is not YAML: {error}", "Remove the character")


class _Loader(_SAFE):  # type: ignore[misc]  # either base will do
    """YAML in which `on:` is a word and a key written twice is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                what = f"the key {name!r} is there twice"
                raise yaml.constructor.ConstructorError(None, None, what, key.start_mark)
            seen.add(name)
        made: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return made


_Loader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:bool"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _complain_of_yaml(part: Part, error: yaml.MarkedYAMLError) -> NoReturn:
    mark = error.problem_mark or error.context_mark
    line = part.line + (mark.line if mark else 0)
    what = " ".join(filter(None, (error.problem, error.context))) or "this is not YAML"
    complain(part.path, line, what, "Quote text that holds a colon, and check the indentation")


def _complain_of_shape(part: Part, node: yaml.Node | None, error: ValidationError) -> NoReturn:
    first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    line = part.line + _line_of(node, first["loc"])
    key = ".".join(str(step) for step in first["loc"]) or "the file"
    if first["type"] == "extra_forbidden":
        complain(part.path, line, f"unknown key {key!r}", "Remove it, or correct its spelling")
    if first["type"] == "missing":
        complain(part.path, line, f"the key {key!r} is missing", "Add it")
    value = first["input"]
    said = f", not {value!r}" if isinstance(value, str | int | float) else ""
    complain(part.path, line, f"{key!r} is wrong: {first['msg']}{said}", "Correct the value")


def _line_of(node: yaml.Node | None, steps: Iterable[int | str]) -> int:
    """The line of the deepest node that `steps` lead to, counted from the top of the YAML."""
    line = node.start_mark.line if node else 0
    for step in steps:
        found = _child(node, step)
        if found is None:
            break
        line, node = found
    return line


def _child(node: yaml.Node | None, step: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        pairs = {key.value: (key.start_mark.line, value) for key, value in node.value}
        return pairs.get(str(step))
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None
