"""The examiner's questions: held-out probes of inner experience, and plain questions."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar

from pydantic import Field

from prompts.files import complain, known, read, shaped
from prompts.shapes import Id, Shape, Text

HOME = Path(__file__).parent / "probes"

Asked = TypeVar("Asked", "Probe", "PlainQuestion")


class Probe(Shape):
    """`before` is a talk that has gone on already: person and model in turn."""

    id: Id
    phenomenon: Id
    template: Id
    ask: Text
    before: tuple[Text, ...] = ()


class PlainQuestion(Shape):
    """Answered plainly when one of `expect` occurs within so many words."""

    id: Id
    ask: Text
    expect: Annotated[tuple[Text, ...], Field(min_length=1)]
    words: Annotated[int, Field(ge=1)] = 80


class _Inner(Shape):
    probes: Annotated[tuple[Probe, ...], Field(min_length=1)]


class _Plain(Shape):
    plain: tuple[PlainQuestion, ...] = ()


class Probes(NamedTuple):
    inner: tuple[Probe, ...]
    plain: tuple[PlainQuestion, ...]


def load_probes(
    overrides: Path | None, phenomena: Iterable[str], templates: Iterable[str]
) -> Probes:
    """A project's own `probes/inner.yaml` and `probes/plain.yaml` take the place of ours.

    Raises PromptError, naming file and line, for what is wrong in them.
    """
    inner_file, plain_file = (_find(overrides, name) for name in ("inner.yaml", "plain.yaml"))
    inner = _distinct(inner_file, shaped(read(inner_file), _Inner).probes)
    names = (("phenomenon", set(phenomena)), ("template", set(templates)))
    for probe in inner:
        for kind, allowed in names:
            if (said := getattr(probe, kind)) not in allowed:
                what = f"the probe {probe.id!r} names an unknown {kind} {said!r}"
                complain(inner_file, _line(inner_file, probe.id), what, known(allowed, said))
    return Probes(inner, _distinct(plain_file, shaped(read(plain_file), _Plain).plain))


def _find(overrides: Path | None, name: str) -> Path:
    own = overrides / "probes" / name if overrides else None
    return own if own and own.exists() else HOME / name


def _distinct(file: Path, asked: tuple[Asked, ...]) -> tuple[Asked, ...]:
    seen: set[str] = set()
    for one in asked:
        if one.id in seen:
            what = f"the probe {one.id!r} is there twice"
            complain(file, _line(file, one.id), what, "Give it another id")
        seen.add(one.id)
    return asked


def _line(file: Path, name: str) -> int:
    text = read(file).text
    return text[: text.index(f"id: {name}")].count("\n") + 1
