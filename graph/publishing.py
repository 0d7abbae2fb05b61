"""The dataset as a run leaves it, `exports/latest`; and what every export says of the project."""

import shlex
from pathlib import Path

from dataset.card import Book, Made
from dataset.export import Options, export
from dataset.formats import Style
from graph.asked import NO_SCOUT, Checked
from graph.deps import Deps
from inscape.errors import SettingsError
from inscape.settings import Exports
from memory.store import Store
from prompts.library import Library

READY = "ready"
"""What `system` says for the prompt that comes along, instead of a file's name."""

_RUN = "run"


def publish(deps: Deps) -> Path:
    """Write the accepted examples in the messages format, in place of what an earlier run wrote."""
    out = deps.project.exports / "latest"
    deps.project.exports.mkdir(exist_ok=True)
    options = options_of(deps.settings.export, deps.library, "messages")
    export(deps.store, options, made_of(deps.store), out, force=True)
    return out


def options_of(said: Exports, library: Library, format: str, limit: int | None = None) -> Options:
    """From the settings, with the system prompt read. Raises SettingsError when it cannot be."""
    return Options(
        format=format,
        style=Style(said.thinking, said.tag, said.key),
        system=_system(said.system, library) if said.system else None,
        system_file=Path(said.system).name,
        system_share=said.system_share,
        limit=limit,
        validation=said.validation,
        seed=said.seed,
        license=said.license,
        base=said.base,
        gpus=said.gpus,
    )


def _system(name: str, library: Library) -> str:
    if name == READY and not Path(name).exists():
        return library.system_prompt.strip()
    try:
        text = Path(name).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"Cannot read the system prompt {name!r}: {error}",
            hint=f"Name a text file, or say {READY!r} for the one that comes along",
        ) from error
    if not text:
        raise SettingsError(f"The system prompt {name!r} is empty")
    return text


def note_run(store: Store, checked: Checked) -> None:
    """Write down how a run was asked for: an export's card says it. No key is among it."""
    settings = checked.asked.settings.model_dump(mode="json", exclude={"export", "prices", "store"})
    store.note(_RUN, command=_command(checked), settings=settings)


def _command(checked: Checked) -> str:
    """What to type for the same run; of paths only the names."""
    asked, settings = checked.asked, checked.asked.settings
    said: list[object] = [*(Path(book).name for book in asked.books)]
    said += ["--passages", Path(asked.highlights).name] if asked.highlights else []
    said += ["--target", checked.target, "--teacher", checked.teacher]
    said += ["--critic", ",".join(checked.critics), "--scout", checked.scout or NO_SCOUT]
    said += ["--templates", ",".join(template.id for template in checked.templates)]
    for name in ("max_usd", "max_calls"):
        limit = getattr(settings, name)
        said += [f"--{name.replace('_', '-')}", limit] if limit is not None else []
    return shlex.join(["inscape", "run", *map(str, said)])


def made_of(store: Store) -> Made:
    """How the project came to where it stands, for the card of an export."""
    counts, spent, runs = store.counts(), store.ledger.spent(), store.events(kind=_RUN)
    return Made(
        requested=counts.assignments,
        accepted=counts.accepted,
        escalated=counts.escalated,
        rejected=counts.rejected,
        failed=counts.failed,
        reasons={**store.reasons("rejected"), **store.reasons("failed")},
        calls=spent.calls,
        usd=None if spent.unpriced else spent.usd,
        agreement=store.agreement(),
        books=tuple(
            Book(one.sha256, one.title, one.author, Path(one.path).name) for one in store.books()
        ),
        commands=tuple(dict.fromkeys(run.detail["command"] for run in runs)),
        settings=runs[-1].detail["settings"] if runs else {},
    )
