"""The library of prompts: templates, phenomena, rubric and the prompts of every agent, as files.

Files in the project's `prompts/` win, one by one, over those that come with Inscape.
"""

import difflib
import hashlib
from collections.abc import Sequence
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from inscape.errors import PromptError
from prompts.files import Part, complain, front_matter, known, read, shaped
from prompts.probes import Probes, load_probes
from prompts.rendering import GIVEN, NEEDED, Body, Prompt, Slots
from prompts.shapes import Head, Phenomena, Phenomenon, Question, Requirements, Rubric, Template

__all__ = [
    "Library",
    "Phenomenon",
    "Prompt",
    "Question",
    "Requirements",
    "Rubric",
    "Template",
    "read_template",
]

HOME = Path(__file__).parent

TEMPLATE_SLOTS: Slots = {"passage": NEEDED}

SLOTS: dict[str, Slots] = {
    "teacher": {"template": GIVEN, "phenomena": (), "avoid": "", "variant": 0},
    "revise": {"critique": NEEDED, "attempt": 1},
    "correct": {"error": NEEDED, "template": None},
    "judge": {
        "template": GIVEN,
        "example": NEEDED,
        "questions": NEEDED,
        "passage": "",
        "exemplars": (),
        "critique": "",
    },
    "compare": {"phenomenon": NEEDED, "asked": NEEDED, "first": NEEDED, "second": NEEDED},
    "scout": {"passages": NEEDED, "phenomena": (), "templates": ()},
    "draft": {"wish": NEEDED, "templates": ()},
    "system": {},
}
"""What each prompt file may speak of, with the value of a slot that the caller leaves out."""


class Library:
    """Everything is read, checked and compiled once, in `load`."""

    def __init__(
        self,
        templates: Sequence[tuple[Template, Body]],
        prompts: dict[str, Body],
        phenomena: Phenomena,
        rubric: Rubric,
        overrides: Path | None = None,
    ) -> None:
        self.templates = tuple(template for template, _ in templates)
        self.phenomena = phenomena.phenomena
        self.rubric = rubric
        self._bodies = {template.id: body for template, body in templates}
        self._prompts = prompts
        self._overrides = overrides

    @classmethod
    def load(cls, overrides: Path | None = None) -> Self:
        """Raises PromptError, naming file and line, for the first thing wrong in any file."""
        shelf = _Shelf(overrides)
        shelf.check_names()
        templates = sorted(
            (read_template_body(path) for path in shelf.templates), key=lambda pair: pair[0].number
        )
        _check_unique([template for template, _ in templates])
        prompts = {
            name: Body(read(shelf.find(f"{name}.md")), allowed) for name, allowed in SLOTS.items()
        }
        phenomena = read(shelf.find("phenomena.yaml"))
        kinds = shaped(phenomena, Phenomena)
        _check_references(phenomena, kinds, {template.id for template, _ in templates})
        rubric = shaped(read(shelf.find("rubric.yaml")), Rubric)
        return cls(templates, prompts, kinds, rubric, overrides)

    @property
    def default_templates(self) -> tuple[Template, ...]:
        return tuple(template for template in self.templates if template.on)

    @cached_property
    def system_prompt(self) -> str:
        """What calls the pattern up in a tuned model."""
        return self.render("system")

    def template(self, ref: str) -> Template:
        """By id, number or name, however it is capitalised."""
        wanted = ref.strip().casefold()
        for template in self.templates:
            if wanted in (template.id, str(template.number), template.name.casefold()):
                return template
        names = {template.id: f"{template.number} {template.id}" for template in self.templates}
        near = difflib.get_close_matches(wanted, names, n=1)
        raise PromptError(
            f"There is no template {ref!r}" + (f"; did you mean {near[0]!r}?" if near else ""),
            hint=f"Known: {', '.join(names.values())}",
        )

    def with_template(self, template: Template, text: str) -> Self:
        """The same library with other text in one template's file, checked as a whole.

        Raises PromptError, naming the line; the template keeps its id and its number.
        """
        path = Path(template.file)
        new, body = _template_body(Part(path, text))
        for name in ("id", "number"):
            if getattr(new, name) != getattr(template, name):
                complain(path, 1, f"the {name} is another", "A new template is a new file")
        changed = copy(self)
        changed.templates = tuple(new if t.id == new.id else t for t in self.templates)
        changed._bodies = self._bodies | {new.id: body}
        _check_unique(changed.templates)
        return changed

    @cached_property
    def probes(self) -> Probes:
        """What the examiner asks; read when first wanted."""
        kinds, templates = self.phenomena, self.templates
        return load_probes(
            self._overrides, (kind.id for kind in kinds), (one.id for one in templates)
        )

    def phenomenon(self, ref: str) -> Phenomenon:
        for phenomenon in self.phenomena:
            if ref.strip().casefold() in (phenomenon.id, phenomenon.name.casefold()):
                return phenomenon
        raise PromptError(
            f"There is no phenomenon {ref!r}", hint=known((p.id for p in self.phenomena), ref)
        )

    def prompt(self, name: str, **values: Any) -> Prompt:
        """`prompts/<name>.md` filled, in two halves. What the library knows need not be given."""
        if name not in self._prompts:
            raise PromptError(f"There is no prompt {name!r}", hint=known(self._prompts, name))
        body = self._prompts[name]
        own = {
            "phenomena": self.phenomena,
            "templates": self.default_templates,
            "questions": self.rubric.questions,
        }
        return body.fill({slot: own[slot] for slot in own.keys() & SLOTS[name].keys()} | values)

    def render(self, name: str, **values: Any) -> str:
        """Both halves of `prompt` as one text."""
        return _joined(*self.prompt(name, **values))

    def assignment(
        self,
        template: Template,
        *,
        passage: str,
        phenomena: Sequence[str] = (),
        avoid: Sequence[str] = (),
        variant: int = 0,
    ) -> Prompt:
        """What the teacher is sent: frame and instructions as `system`, the passage in `user`.

        A phenomenon that is not in the file (any more) is passed over.
        """
        named = tuple(kind for kind in self.phenomena if kind.id in phenomena)
        frame = self.prompt(
            "teacher", template=template, phenomena=named, avoid="\n".join(avoid), variant=variant
        )
        asked = self._bodies[template.id].fill({"passage": passage})
        return Prompt(_joined(frame.system, asked.system), _joined(asked.user, frame.user))


def read_template(path: Path) -> Template:
    """One template file, checked as `Library.load` checks it."""
    return read_template_body(path)[0]


def read_template_body(path: Path) -> tuple[Template, Body]:
    return _template_body(read(path))


def _template_body(whole: Part) -> tuple[Template, Body]:
    head, body = front_matter(whole)
    fields = dict(shaped(head, Head))
    version = hashlib.sha256(whole.text.encode()).hexdigest()[:12]
    template = Template(**fields, body=body.text, version=version, file=str(whole.path))
    return template, Body(body, TEMPLATE_SLOTS)


class _Shelf:
    """Where each file is found: the project's own copy, else the one that comes with Inscape."""

    def __init__(self, overrides: Path | None) -> None:
        self.overrides = overrides

    def find(self, name: str) -> Path:
        own = self.overrides / name if self.overrides else None
        return own if own and own.exists() else HOME / name

    @property
    def templates(self) -> list[Path]:
        files = {path.name: path for path in (HOME / "templates").glob("*.md")}
        if self.overrides:
            files |= {path.name: path for path in (self.overrides / "templates").glob("*.md")}
        return [files[name] for name in sorted(files)]

    def check_names(self) -> None:
        """A misspelt override would be passed over in silence."""
        ours = {f"{name}.md" for name in SLOTS} | {"phenomena.yaml", "rubric.yaml"}
        for path in sorted(self.overrides.glob("*")) if self.overrides else ():
            near = difflib.get_close_matches(path.name, ours, n=1, cutoff=0.8)
            if near and path.name not in ours:
                raise PromptError(f"{path} overrides nothing", hint=f"Did you mean {near[0]}?")


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _check_unique(templates: Sequence[Template]) -> None:
    taken: dict[str, str] = {}
    for template in templates:
        for name in {template.id, str(template.number), template.name.casefold()}:
            if name in taken:
                what = f"the template {name!r} is in {taken[name]} already"
                complain(Path(template.file), 1, what, "Give it another id, number and name")
            taken[name] = template.file


def _check_references(part: Part, kinds: Phenomena, templates: set[str]) -> None:
    for phenomenon in kinds.phenomena:
        for ref in phenomenon.templates:
            if ref not in templates:
                line = part.text[: part.text.index(ref)].count("\n") + 1
                what = f"the phenomenon {phenomenon.id!r} names an unknown template {ref!r}"
                complain(part.path, line, what, known(templates, ref))
