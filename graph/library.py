"""A library read by Ray: many workers, each with an embedder of its own, a book at a time.

Where Ray runs is somebody's wish: on this machine for as long as it takes, or on a cluster that is
there. Workers read, cut and rate; what they found comes back here, in the order of the books, and
only this process writes to a store. A worker that dies costs the book it was at: that one is tried
again, and when it has ended `TRIES` of them it is said to be unreadable, and the others go on.
"""

import contextlib
import logging
import pickle
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents.scout import Scout
from corpus.embed import Embedder
from graph.studying import HowRead, Study, Tell, made_by, study
from inscape.errors import BookDamaged, BookError, InscapeError, MissingExtra, SettingsError
from inscape.progress import Event, Reading
from inscape.settings import for_ray
from prompts.library import Library

TRIES = 3
HERE = ""
"""The address of a Ray that is started on this machine, for this process alone."""


@dataclass(frozen=True)
class Workers:
    """Where they are, and what makes a scout of each."""

    address: str
    library: Library
    embedder: str
    ocr: bool = False
    processors: int | None = None
    """How many of this machine's to use; None is all, and a cluster knows its own."""


def studied(
    paths: Sequence[Path], workers: Workers, tell: Tell
) -> Iterator[tuple[Path, Study | BookError]]:
    """Every book with what was found in it, or with why it cannot be read, in the order given.

    The paths must lead to the same files on every machine of the cluster.
    """
    if not paths:
        return
    expected = made_by(Scout(workers.library, Embedder(workers.embedder)), HowRead(workers.ocr))
    with _ray(workers.address, workers.processors) as ray:
        rows = _found(ray, paths, workers)
        row = next(rows, None)
        for number, path in enumerate(paths):
            tell(Reading(f"{len(paths)} books", number, len(paths)))
            result: Study | InscapeError = _lost(path)
            if row is not None and row["at"] == number:
                result, row = pickle.loads(row["found"]), next(rows, None)
            yield path, _checked(result, expected, path)


def together(errors: Sequence[BookError], many: int) -> BookError:
    """One error that says all of them."""
    if len(errors) == 1:
        return errors[0]
    said = "; ".join(str(error) for error in errors)
    hint = "The others were read; leave these out, or look at each with inscape read"
    return BookError(f"{len(errors)} of {many} books cannot be read: {said}", hint=hint)


class _Worker:
    """Lives in a process of Ray's; the networks are loaded once and serve every book."""

    def __init__(self, workers: Workers) -> None:
        self._scout = Scout(workers.library, Embedder(workers.embedder))
        self._how = HowRead(workers.ocr)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        found: Study | InscapeError
        try:
            found = study(Path(str(batch["path"][0])), self._scout, self._how, _untold)
        except InscapeError as error:
            found = error
        return {"at": batch["at"], "found": [pickle.dumps(found)]}


def _found(ray: Any, paths: Sequence[Path], workers: Workers) -> Iterator[dict[str, Any]]:
    """Rows in the order of the books; a book that ended its worker too often has none."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    context.max_errored_blocks = -1
    items = [{"at": number, "path": str(path.resolve())} for number, path in enumerate(paths)]
    size = min(len(paths), max(1, int(ray.cluster_resources().get("CPU", 1))))
    books = ray.data.from_items(items, override_num_blocks=len(items))
    found = books.map_batches(
        _Worker,
        fn_constructor_args=(workers,),
        batch_size=1,
        num_cpus=1,
        compute=ray.data.ActorPoolStrategy(size=size, max_tasks_in_flight_per_actor=1),
        max_restarts=-1,
        max_task_retries=TRIES - 1,
    )
    yield from found.iter_rows()


@contextlib.contextmanager
def _ray(address: str, processors: int | None) -> Iterator[Any]:
    """Ray itself, told to report to nobody, and let go of at the end."""
    for_ray(alone=address == HERE)
    try:
        import ray.data
    except ImportError as error:
        raise MissingExtra(
            f"--ray needs Ray, which is not here: {error}",
            hint="In the directory you cloned: pip install -e '.[ray]'",
        ) from error
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    quiet: dict[str, Any] = {"logging_level": logging.CRITICAL, "log_to_driver": False}
    with (
        warnings.catch_warnings(),
        tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder,
    ):
        warnings.simplefilter("ignore", DeprecationWarning)  # Ray's, of what it does itself
        own: dict[str, Any] = {
            "_temp_dir": folder,
            "num_cpus": processors,
            "include_dashboard": False,
        }
        try:
            ray.init(address=address or "local", **quiet, **({} if address else own))
        except (ConnectionError, ValueError) as error:
            raise SettingsError(
                f"No Ray cluster answers at {address!r}: {error}",
                hint="Start one with `ray start --head`, or leave the address away",
            ) from error
        try:
            with contextlib.redirect_stdout(sys.stderr):  # where Ray says that a worker died
                yield ray
        finally:
            ray.shutdown()


def _checked(
    result: Study | InscapeError, expected: dict[str, Any], path: Path
) -> Study | BookError:
    if isinstance(result, BookError):
        return result
    if isinstance(result, InscapeError):
        raise result
    if {name: result.book.detail.get(name) for name in expected} != expected:
        raise SettingsError(
            "The workers read and rate in another way than this machine would",
            hint="Install the same release of Inscape on every machine of the cluster",
        )
    return result._replace(book=replace(result.book, path=str(path)))


def _lost(path: Path) -> BookDamaged:
    return BookDamaged(
        f"Reading {path.name!r} ended its process {TRIES} times",
        hint=f"Look at it alone: inscape read {str(path)!r}",
    )


def _untold(event: Event) -> None:
    """Progress is told where the books come together."""
