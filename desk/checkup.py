"""What `doctor` looks at, one check a function: next to nothing is spent, a store may be mended."""

import asyncio
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from agents.models import Clients, Model
from agents.models.base import Message, Request
from graph.reaching import straight
from inscape.errors import InscapeError
from inscape.keys import Keys
from inscape.project import Project
from inscape.settings import Settings
from memory.database import name_of
from memory.store import Store
from prompts.library import Library

State = Literal["ok", "note", "bad"]

LITTLE_DISK = 2 * 10**9
PATIENCE = 60.0  # seconds for one tiny answer
PACKAGES = ("langgraph", "anthropic", "openai", "pymupdf", "sentence-transformers", "torch")
QUESTION = Request(
    purpose="doctor",
    system="You check that a connection works. Answer in JSON only.",
    messages=(Message("user", 'Answer with the JSON object {"ok": true} and nothing else.'),),
    schema={
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": False,
    },
    schema_name="doctor",
    max_tokens=256,
)


@dataclass(frozen=True)
class Finding:
    """`bad` is what would stop a run; `note` what a person may want to know."""

    name: str
    state: State
    detail: str
    hint: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "ok": self.state != "bad",
            "state": self.state,
            "detail": self.detail,
            "hint": self.hint,
        }


def examine(project: Project, settings: Settings, keys: Keys) -> Iterator[Finding]:
    yield _versions()
    yield _project(project)
    if project.exists:
        yield from _store(project)
    yield _disk(project)
    yield _prompts(project)
    yield _embedder(settings)
    yield from _keys(keys)
    yield from asyncio.run(_roles(settings, keys))
    yield _training()
    yield _gpu()
    yield _ocr()


def _versions() -> Finding:
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    if missing:
        hint = "Install Inscape again: make install, in its directory"
        return Finding("packages", "bad", f"missing: {', '.join(missing)}", hint)
    return Finding("packages", "ok", ", ".join([python, *found]))


def _project(project: Project) -> Finding:
    if project.exists:
        return Finding("project", "ok", str(project.root))
    return Finding("project", "note", f"none yet at {project.root}", "A run makes it")


def _store(project: Project) -> Iterator[Finding]:
    """References, sums and index; what the store itself can tell right is put right."""
    try:
        with Store.of(project) as store:
            wrong = store.check()
            left = store.repair() if any(one.repairable for one in wrong) else wrong
    except InscapeError as error:
        yield Finding("store", "bad", str(error), error.hint)
        return
    mended = len(wrong) - len(left)
    if mended:
        yield Finding("store", "note", f"{mended} of {len(wrong)} faults mended")
    for one in left:
        hint = "Copy the project before you go on with it"
        yield Finding("store", "bad", f"{one.code}: {one.message}", hint)
    if not wrong:
        detail = f"references, sums and index agree ({name_of(project.store)})"
        yield Finding("store", "ok", detail)


def _disk(project: Project) -> Finding:
    place = next(
        path
        for path in (project.root.absolute(), *project.root.absolute().parents)
        if path.exists()
    )
    free = shutil.disk_usage(place).free
    detail = f"{free / 1e9:,.1f} GB free at {place}"
    if free < LITTLE_DISK:
        return Finding("disk", "note", detail, "A run needs little, training several GB")
    return Finding("disk", "ok", detail)


def _prompts(project: Project) -> Finding:
    own = project.prompts if project.prompts.is_dir() else None
    try:
        library = Library.load(own)
    except InscapeError as error:
        return Finding("prompts", "bad", str(error), error.hint)
    templates = f"{len(library.templates)} templates, {len(library.default_templates)} on"
    whose = f"with those of {own}" if own else "as they come with Inscape"
    return Finding("prompts", "ok", f"{templates}, {len(library.phenomena)} phenomena, {whose}")


def _embedder(settings: Settings) -> Finding:
    from corpus.embed import Embedder

    began = time.monotonic()
    try:
        embedder = Embedder(settings.embedder)
        vectors = embedder.encode(["The light is still on in the hall."])
    except InscapeError as error:
        return Finding("embedding", "bad", str(error), error.hint)
    name = embedder.name or "the bundled model"
    detail = f"{name}, {vectors.shape[1]} dimensions, {time.monotonic() - began:.1f} s"
    return Finding("embedding", "ok", detail)


def _keys(keys: Keys) -> Iterator[Finding]:
    for name, key, url in (
        ("ANTHROPIC_API_KEY", keys.anthropic, keys.anthropic_base_url),
        ("OPENAI_API_KEY", keys.openai, keys.openai_base_url),
    ):
        where = f", server {url}" if url else ""
        if key:
            yield Finding(name, "ok", f"set{where}")
        else:
            yield Finding(name, "note", f"not set{where}", "Only needed for that provider's models")


async def _roles(settings: Settings, keys: Keys) -> list[Finding]:
    scout = "" if settings.scout == "none" else settings.scout
    asked = [("teacher", settings.teacher), ("scout", scout)]
    asked += [("critic", spec) for spec in settings.critic or ("",)]
    soon = settings.model_copy(update={"timeout": min(settings.timeout, PATIENCE)})
    async with Clients() as clients:
        opened = straight(soon, keys, clients)
        return list(await asyncio.gather(*(_role(role, spec, opened) for role, spec in asked)))


async def _role(role: str, spec: str, opened: Callable[[str], Model]) -> Finding:
    if not spec:
        hint = "Set it in inscape.toml or give --teacher" if role == "teacher" else ""
        return Finding(role, "note", "no model chosen", hint)
    try:
        model = opened(spec)
        if model.is_rehearsal:
            return Finding(role, "ok", "rehearsal, which needs no server and makes no real data")
        return await _ask(role, model)
    except InscapeError as error:
        return Finding(role, "bad", f"{spec}: {error}", error.hint)


async def _ask(role: str, model: Model) -> Finding:
    began = time.monotonic()
    reply = await model.ask(QUESTION)
    took = f"{model.spec} answered in {time.monotonic() - began:.1f} s"
    if not _is_yes(reply.text):
        hint = "The replies are read leniently, so a run may still work"
        return Finding(role, "note", f"{took}, but not in the shape asked for", hint)
    cost = "" if reply.usd is None else f" for ${reply.usd:.6f}"
    return Finding(role, "ok", f"{took}{cost}, in the shape asked for")


def _is_yes(text: str) -> bool:
    try:
        data = json.loads(text)
    except json.JSONDecodeError:
        return False
    return isinstance(data, Mapping) and isinstance(data.get("ok"), bool)


def _training() -> Finding:
    """Told from the files: importing it all would take ten seconds."""
    from agents.trainer import NEEDED, misfits, missing_packages

    if missing := missing_packages():
        detail = f"not installed: {', '.join(missing)}"
        return Finding("training", "note", detail, "Only for inscape train: make train-setup")
    if wrong := misfits():
        return Finding("training", "note", "; ".join(wrong), "Set it up again: make train-setup")
    return Finding("training", "ok", ", ".join(f"{name} {version(name)}" for name in NEEDED[:3]))


def _gpu() -> Finding:
    import torch

    if not torch.cuda.is_available():
        return Finding("GPU", "note", "none; training works on the CPU, for small models")
    free, total = torch.cuda.mem_get_info()
    name = torch.cuda.get_device_name()
    return Finding("GPU", "ok", f"{name}, {free / 2**30:.0f} of {total / 2**30:.0f} GiB free")


def _ocr() -> Finding:
    if program := shutil.which("tesseract"):
        return Finding("OCR", "ok", program)
    hint = "Install tesseract (Debian: apt install tesseract-ocr) for books that are only pictures"
    return Finding("OCR", "note", "no tesseract", hint)


def all_well(findings: Sequence[Finding]) -> bool:
    return all(finding.state != "bad" for finding in findings)
