"""Jinja in a sandbox: slots are checked when a file is loaded, data is fenced when it is filled."""

import hashlib
import traceback
from collections.abc import Mapping, Sequence
from enum import Enum
from types import CodeType
from typing import Any, NamedTuple, NoReturn

from jinja2 import StrictUndefined, TemplateSyntaxError, meta, nodes
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from prompts.files import Part, complain, known
from prompts.shapes import MARKER

DATA = frozenset(
    {
        *("passage", "passages", "example", "exemplars", "critique", "raw", "error", "avoid"),
        *("asked", "first", "second", "wish"),
    }
)
"""Slots whose text comes from a book, a model or a person: always fenced, whatever a file says."""

BRACES = "For a literal {{ write {{ '{{' }}, or put the text between {% raw %} and {% endraw %}"
FAULTS = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Prompt(NamedTuple):
    """`system` is the stable part, which providers cache; `user` is what varies."""

    system: str
    user: str


class Must(Enum):
    """Stands where a default would: a slot that has to be given, or used in the file as well."""

    GIVEN = "given"
    NEEDED = "given and used"


GIVEN, NEEDED = Must.GIVEN, Must.NEEDED

Slots = Mapping[str, Any]
"""The slots a file may use, with their defaults."""


def fence(name: str, text: str) -> str:
    """The tag carries a hash of the text, so that nothing inside can close the fence."""
    tag = f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    return f"<{tag}>\n{text.strip()}\n</{tag}>"


class Body:
    """The text of one file in two halves, parted at the marker line."""

    def __init__(self, part: Part, slots: Slots) -> None:
        self.path, self.slots = part.path, slots
        stable, marker, rest = part.text.partition(MARKER)
        if not marker:
            stable, rest = "", stable
        below = Part(part.path, rest, part.line + stable.count("\n"))
        self._halves = (_Half(part._replace(text=stable), slots), _Half(below, slots))
        self._check_needed(part)

    def fill(self, values: Mapping[str, Any]) -> Prompt:
        for name in sorted(values.keys() - self.slots.keys()):
            complain(self.path, 1, f"there is no slot {name!r}", known(self.slots, name))
        defaults = {name: value for name, value in self.slots.items() if not _must(value)}
        given = {
            name: _fenced(name, value) if name in DATA else value
            for name, value in (defaults | dict(values)).items()
        }
        return Prompt(*(half.fill(given) for half in self._halves))

    def _check_needed(self, part: Part) -> None:
        needed = {name for name, value in self.slots.items() if value is NEEDED}
        for name in sorted(needed - self._halves[0].used - self._halves[1].used):
            line, hint = _near_miss(part, name)
            complain(part.path, line, f"the slot {{{{ {name} }}}} is never used", hint)


class _Half:
    def __init__(self, part: Part, slots: Slots) -> None:
        self.part = part
        try:
            self._tree = _JINJA.parse(part.text)
            self.used = frozenset(meta.find_undeclared_variables(self._tree))
            self._code = _compile(self._tree, part)
        except TemplateSyntaxError as error:
            self._complain(error.lineno, f"bad Jinja: {error.message}", BRACES)
        for name in sorted(self.used - slots.keys()):
            self._complain(self._line(name), f"unknown slot {name!r}", known(slots, name))

    def fill(self, values: Mapping[str, Any]) -> str:
        for name in sorted(self.used - values.keys()):
            what = f"the slot {name!r} was given nothing"
            self._complain(self._line(name), what, f"Pass {name}= when rendering")
        template = _JINJA.template_class.from_code(_JINJA, self._code, dict(_JINJA.globals))
        try:
            return template.render(values).strip()
        except FAULTS as error:
            line = _line_of(error, str(self.part.path))
            self._complain(line, f"cannot be filled: {error}", "Check the expression on that line")

    def _line(self, name: str) -> int:
        lines = [node.lineno for node in self._tree.find_all(nodes.Name) if node.name == name]
        return min(lines, default=1)

    def _complain(self, line: int, what: str, hint: str) -> NoReturn:
        complain(self.part.path, self.part.line + line - 1, what, hint)


_JINJA = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
)


def _compile(tree: nodes.Template, part: Part) -> CodeType:
    code = _JINJA.compile(tree, filename=str(part.path))
    assert isinstance(code, CodeType)
    return code


def _fenced(name: str, value: str | Sequence[str] | Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return fence(name, value) if value else ""
    name = name.removesuffix("s")
    if isinstance(value, Mapping):
        return {key: fence(name, text) for key, text in value.items()}
    return tuple(fence(name, text) for text in value)


def _near_miss(part: Part, name: str) -> tuple[int, str]:
    """People write `{passage}` or `[PASTE_PASSAGE]` out of habit from other tools."""
    for habit in (f"{{{name}}}", f"[PASTE_{name.upper()}]", f"[{name.upper()}]"):
        if habit in part.text:
            line = part.line + part.text[: part.text.index(habit)].count("\n")
            return line, f"Write {{{{ {name} }}}} instead of {habit}"
    return part.line, f"Say {{{{ {name} }}}} where it belongs"


def _line_of(error: BaseException, filename: str) -> int:
    frames = traceback.extract_tb(error.__traceback__)
    return max((frame.lineno or 1 for frame in frames if frame.filename == filename), default=1)


def _must(value: Any) -> bool:
    return isinstance(value, Must)
