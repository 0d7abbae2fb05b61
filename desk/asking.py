"""What `run` asks at a terminal: what neither the command line nor the settings say."""

import asyncio
import math
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import typer

from desk.here import Here
from desk.shown import command_line, one_line
from inscape.errors import BookMissing, InscapeError, UsageError
from inscape.sizes import SIZES

if TYPE_CHECKING:
    from graph.asked import Asked
    from graph.preview import Preview
    from inscape.keys import Keys

MOST_CHOICES = 9
BOOKS = ("*.pdf", "*.epub", "examples/*.pdf")
FEW = 50
INTERRUPTED = 130

T = TypeVar("T")


class Offer(NamedTuple):
    """A line of the menu of models; `spec` may lack the model's name, which is then asked for."""

    name: str
    says: str
    spec: Callable[[str], str]
    models: Sequence[str] = ()
    ready: bool = True


def may_ask(here: Here, *, json: bool, yes: bool) -> bool:
    """Only who sits at a terminal is ever asked."""
    return here.err.is_terminal and sys.stdin.isatty() and not (json or yes)


def complete(here: Here, said: dict[str, Any], books: Sequence[Path] | None) -> list[Path]:
    """Asks for the book, the model and the target if nothing says them; adds them to `said` and to
    the command that is shown for going on. `books` is None where none is needed."""
    settings, found = here.settings(said), [*(books or [])]
    _see(found)
    with _leaving():
        if books is not None and not found:
            found = _books(here)
            _type(here, *map(str, found))
        if not settings.teacher:
            said["teacher"] = _model(here)
            _type(here, "--teacher", said["teacher"])
        if settings.target is None:
            said["target"] = _target(here)
            _type(here, "--target", str(said["target"]))
    return found


def agree(here: Here, asked: "Asked", ahead: "Preview") -> float | None:
    """Shows what it would take, asks for a limit in dollars where prices are known, and whether to
    go on. Returns the limit; leaves when the answer is no."""
    for line in ahead.lines():
        here.say(line)
    limit = asked.settings.max_usd
    with _leaving():
        if limit is None and ahead.most.usd:
            usual = max(1, math.ceil(ahead.most.usd))
            limit = _ask("What may it cost at most, in US dollars?", _dollars, str(usual))
            _type(here, "--max-usd", f"{limit:g}")
        here.say(f"The same as: {command_line(here.typed)}", "dim")
        if not typer.confirm("Go on?", default=True, err=True):
            raise typer.Exit(0)
    return limit


@contextmanager
def _leaving() -> Iterator[None]:
    """Ctrl-C and Ctrl-D at a question leave, as Ctrl-C does anywhere else."""
    try:
        yield
    except typer.Abort:
        typer.echo(err=True)
        raise typer.Exit(INTERRUPTED) from None


def _type(here: Here, *words: str) -> None:
    here.typed = (*here.typed, *words)


def _ask(question: str, read: Callable[[str], T], default: str | None = None) -> T:
    """Until `read` takes the answer; what it raises is said."""

    def tried(text: str) -> T:
        try:
            return read(text.strip())
        except InscapeError as error:
            raise typer.BadParameter(f"{one_line(str(error))}. {error.hint}".rstrip()) from None

    answer: T = typer.prompt(question, default=default, value_proc=tried, err=True)
    return answer


def _books(here: Here) -> list[Path]:
    there = sorted({path for pattern in BOOKS for path in Path().glob(pattern)})[:MOST_CHOICES]
    here.say("Which book?", "bold")
    for number, path in enumerate(there, start=1):
        here.say(f"  {number}  {one_line(str(path))}")

    def read(text: str) -> list[Path]:
        chosen = _numbered(text, there)
        found = [chosen] if chosen is not None else _paths(text)
        _see(found)
        return found

    ask = "A number, or a path (PDF, EPUB, text or Markdown)" if there else "A path (PDF, EPUB …)"
    return _ask(ask, read, "1" if there else None)


def _see(books: Sequence[Path]) -> None:
    for path in books:
        if not path.is_file():
            raise BookMissing.at(path)


def _paths(text: str) -> list[Path]:
    """As typed, or as a file manager drops it: quoted, or with its blanks escaped."""
    whole = Path(text).expanduser()
    if whole.is_file():
        return [whole]
    try:
        return [Path(word).expanduser() for word in shlex.split(text)]
    except ValueError:
        return [whole]


def _numbered(text: str, among: Sequence[T]) -> T | None:
    if text.isdecimal() and 1 <= int(text) <= len(among):
        return among[int(text) - 1]
    return None


def _model(here: Here) -> str:
    from agents.models.nearby import nearby
    from inscape.settings import keys

    known = keys()
    offers = [*_offers(known, asyncio.run(nearby(known)))]
    here.say("Which model shall write the examples?", "bold")
    width = max(len(offer.name) for offer in offers) + 2
    for number, offer in enumerate(offers, start=1):
        here.say(f"  {number}  {offer.name:<{width}}{one_line(offer.says)}")
    first = next(number for number, offer in enumerate(offers, start=1) if offer.ready)

    def read(text: str) -> str:
        offer = _numbered(text, offers)
        spec = _name(offer) if offer is not None else text
        _open(spec, known)
        return spec

    return _ask("A number, or PROVIDER:MODEL", read, str(first))


def _offers(keys: "Keys", servers: Sequence[Any]) -> Iterator[Offer]:
    from agents.models.prices import suggested

    for name, provider, key in (
        ("Claude", "anthropic", keys.anthropic),
        ("GPT", "openai", keys.openai),
    ):
        if provider == "openai" and keys.openai_base_url:
            continue  # that server is looked at itself
        variable = f"{provider.upper()}_API_KEY"
        says = f"the key in {variable}" if key else f"no key: export {variable}=… first"
        spec = f"{provider}:{{}}".format
        yield Offer(name, says, spec, (suggested()[provider],), ready=bool(key))
    for one in servers:
        more = f", {', '.join(one.models[:3])}{' …' if len(one.models) > 3 else ''}"
        yield Offer(one.name, f"{one.url or keys.openai_base_url}{more}", one.spec, one.models)
    says = "free and without a key: stand-ins, to see how everything works"
    yield Offer("rehearsal", says, lambda _: "rehearsal")


def _name(offer: Offer) -> str:
    if not offer.models or not offer.ready:
        return offer.spec(offer.models[0] if offer.models else "")
    return offer.spec(_ask(f"Which model of {offer.name}?", str, offer.models[0]))


def _open(spec: str, keys: "Keys") -> None:
    """Raises for a spec that is none and for a key that is not there; nothing is sent."""
    from agents.models import open_model

    open_model(spec, keys=keys, timeout=1)


def _target(here: Here) -> int:
    small = SIZES["7b"]
    here.say("How many examples?", "bold")
    here.say(
        f"  {FEW} show you what comes; a 7B model wants {small.minimum} at least and "
        f"{small.recommended} for good."
    )

    def read(text: str) -> int:
        if not text.isdecimal() or not int(text):
            raise UsageError(f"Not a number of examples: {text!r}")
        return int(text)

    return _ask("A number", read, str(FEW))


def _dollars(text: str) -> float:
    try:
        limit = float(text.lstrip("$"))
    except ValueError:
        limit = -1.0
    if not 0 <= limit < math.inf:
        raise UsageError(f"Not a sum: {text!r}", hint="Like 5 or 2.50")
    return limit


def rehearsed(asked: "Asked") -> bool:
    """Whether there is nothing to pay for."""
    from graph.asked import check

    return check(asked).specs == {"rehearsal"}
