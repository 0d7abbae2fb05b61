"""The command line: what may be typed, and the one place where errors become lines and codes."""

import errno
import logging
import sys
import traceback
import warnings
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from desk.commands import (
    books,
    data,
    desk,
    examine,
    judge,
    move,
    options,
    review,
    run,
    setup,
    train,
)
from desk.commands import templates as own
from desk.examples import epilog
from desk.here import Here
from desk.shown import one_line
from inscape import __version__
from inscape.errors import InscapeError

HELP = {"help_option_names": ["-h", "--help"]}


def _set_project(ctx: typer.Context, value: Path | None) -> None:
    if value is not None:
        ctx.ensure_object(Here).directory = value


def _set_debug(ctx: typer.Context, value: bool) -> None:
    if value:
        ctx.ensure_object(Here).debug = True


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"inscape {__version__}")
        raise typer.Exit


ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="DIR",
        help="The project directory; without it $INSCAPE_PROJECT, else ./inscape-project.",
        callback=_set_project,
        expose_value=False,
        show_default=False,
    ),
]
DebugOption = Annotated[
    bool,
    typer.Option("--debug", help="Show tracebacks.", callback=_set_debug, expose_value=False),
]
VersionOption = Annotated[
    bool,
    typer.Option(
        "--version",
        help="Show the version and leave.",
        callback=_show_version,
        is_eager=True,
        expose_value=False,
    ),
]


def _everywhere(project: ProjectOption = None, debug: DebugOption = False) -> None:
    """Never called: only its options are taken, to be understood after any subcommand too."""


_shared = typer.Typer(add_completion=False)
_shared.command()(_everywhere)


class Command(TyperCommand):
    """A command that takes the global options as well, so that their place does not matter."""

    def __init__(self, name: str | None, *, params: list[Any] | None = None, **more: Any) -> None:
        shared = typer.main.get_command(_shared).params
        super().__init__(name, params=[*(params or []), *shared], **more)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(options.with_addresses(args)))


class Commands(TyperGroup):
    """Turn every error raised on purpose into one line and its exit code, in one place."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if ctx.parent is None:
            ctx.ensure_object(Here).typed = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except InscapeError as error:
            if ctx.obj.debug:
                traceback.print_exc()
            complain(str(error), error.hint)
            raise typer.Exit(error.exit_code) from None
        except OSError as error:
            if error.errno == errno.EPIPE or error.strerror is None or ctx.obj.debug:
                raise
            complain(f"{error.strerror}: {str(error.filename)!r}" if error.filename else str(error))
            raise typer.Exit(1) from None
        finally:
            ctx.obj.close()


def complain(message: str, hint: str = "") -> None:
    """One line on stderr: what is wrong, where, what to do."""
    message = one_line(message)
    if hint and message[-1:] not in ".!?":
        message += "."
    head = typer.style("Error:", fg="red", bold=True)
    typer.echo(f"{head} {message} {one_line(hint)}".rstrip(), err=True)


app = typer.Typer(
    cls=Commands,
    name="inscape",
    help="Turns books into fine-tuning data that shows inner experience.",
    epilog=epilog(""),
    invoke_without_command=True,
    rich_markup_mode=None,
    context_settings=HELP,
    pretty_exceptions_enable=False,
)


@app.callback()
def common(
    ctx: typer.Context,
    project: ProjectOption = None,
    debug: DebugOption = False,
    version: VersionOption = False,
) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def _add(to: typer.Typer, of: str = "", **commands: Callable[..., None]) -> None:
    for key, function in commands.items():
        name = key.rstrip("_")
        shown = epilog(f"{of} {name}".strip())
        to.command(name, cls=Command, context_settings=HELP, epilog=shown)(function)


templates = typer.Typer(
    no_args_is_help=True,
    context_settings=HELP,
    rich_markup_mode=None,
    epilog=epilog("templates"),
)
_add(templates, "templates", list=setup.list_templates, show=setup.show_template)
_add(templates, "templates", check=setup.check_templates)
_add(templates, "templates", import_=own.import_templates, new=own.new_template)

_add(app, run=run.run, status=run.status, review=review.review, why=review.why)
_add(app, desk=desk.desk)
_add(app, critique=judge.critique, import_=judge.import_, export=data.export)
_add(app, train=train.train, examine=examine.examine, chat=examine.chat)
_add(app, read=books.read, passages=books.passages)
app.add_typer(templates, name="templates", help="List, show, check and bring in templates.")
_add(app, doctor=setup.doctor, move=move.move)


def _unexpected(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    complain(
        f"Something unexpected happened ({kind.__name__}: {error})",
        "Run again with --debug for the traceback",
    )


def _be_quiet() -> None:
    """Libraries warn and log for their developers; a person gets our own messages only."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    sys.excepthook = _unexpected


def main() -> None:
    """The `inscape` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if "--debug" not in sys.argv:
        _be_quiet()
    typer.main.get_command(app)(prog_name="inscape")
