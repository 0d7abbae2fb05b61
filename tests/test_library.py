"""A library read by Ray: what one process would find, a dead worker and a deadly book and all."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

import pytest

from agents.scout import Scout
from corpus.embed import Embedder
from desk.commands.options import with_addresses
from graph.library import TRIES, Workers, studied, together
from graph.studying import HowRead, Study, study
from inscape.errors import BookDamaged, BookError
from inscape.progress import unwatched
from prompts.library import Library
from tests.conftest import ROOT

GIGABYTE = 2**30


@pytest.fixture
def shelf(tmp_path: Path) -> list[Path]:
    text = (ROOT / "examples" / "lamp-and-scale.txt").read_text(encoding="utf-8")
    books = [tmp_path / f"part-{part}.txt" for part in range(3)]
    for part, book in enumerate(books):
        book.write_text("\n\n".join(text.split("\n\n")[4 + part : 60 : 3]), encoding="utf-8")
    return books


def workers() -> dict[int, str]:
    """Ray's processes that read, by id, and what each has open."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if b"ray::MapWorker" in (folder / "cmdline").read_bytes():
                opened = [os.readlink(one) for one in (folder / "fd").iterdir()]
                found[int(folder.name)] = "\n".join(opened)
    return found


def kill(over: threading.Event, deadly: Path, killed: dict[str, list[int]]) -> None:
    """Whoever opens the deadly book, each time; and the first of the others, once."""
    while not over.wait(0.05):
        for pid, opened in workers().items():
            why = "deadly" if str(deadly) in opened else "other"
            if pid in killed["deadly"] or (
                why == "other" and (killed["other"] or not killed["deadly"])
            ):
                continue
            killed[why].append(pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.mark.timeout(120)
def test_workers_find_what_one_process_finds_whoever_dies(shelf: list[Path]) -> None:
    if find_spec("ray") is None:  # looked for only: once imported, it hears no more wishes
        pytest.skip("Ray is not installed: pip install -e '.[ray]'")
    deadly = shelf[0].with_name("deadly.pdf")
    with deadly.open("wb") as file:
        file.truncate(50 * GIGABYTE)  # of nothing on the disk, but long to look through
    books = [shelf[0], deadly, *shelf[1:]]
    over, killed = threading.Event(), dict[str, list[int]](deadly=[], other=[])
    (killer := threading.Thread(target=kill, args=(over, deadly, killed))).start()
    try:
        wanted = Workers("", Library.load(), "", processors=2)
        found = dict(studied(books, wanted, unwatched))
    finally:
        over.set()
        killer.join()
    assert list(found) == books
    assert len(killed["deadly"]) == TRIES
    assert len(killed["other"]) == 1
    assert "'deadly.pdf' ended its process 3 times" in str(found.pop(deadly))
    scout = Scout(Library.load(), Embedder())
    for book, result in found.items():
        assert isinstance(result, Study)
        alone = study(book, scout, HowRead(), unwatched)
        assert result.vectors.tobytes() == alone.vectors.tobytes()
        assert result[:3] == alone[:3]


WITHOUT = """
import sys
sys.modules["ray"] = None
from desk.app import main
sys.argv = ["inscape", "passages", "examples/lamp-and-scale.txt", "--ray"]
main()
"""


def test_without_the_extra_it_is_said_how_to_get_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "pip install -e '.[ray]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ([], []),
        (["a.pdf", "--ray"], ["a.pdf", "--ray="]),
        (["--ray", "a.pdf", "--json"], ["--ray=", "a.pdf", "--json"]),
        (["--ray", "auto", "a.pdf"], ["--ray", "auto", "a.pdf"]),
        (["--ray", "ray://head:10001"], ["--ray", "ray://head:10001"]),
        (["--ray", "10.0.0.7:6379", "a.pdf"], ["--ray", "10.0.0.7:6379", "a.pdf"]),
        (["--ray=auto"], ["--ray=auto"]),
    ],
)
def test_an_address_may_follow_and_a_book_is_none(typed: list[str], meant: list[str]) -> None:
    assert list(with_addresses(typed)) == meant


def test_all_the_books_that_cannot_be_read_are_said_at_once() -> None:
    errors = [BookDamaged("'a.pdf' is damaged"), BookDamaged("'b.pdf' is empty")]
    said: BookError = together(errors, 40)
    assert str(said) == "2 of 40 books cannot be read: 'a.pdf' is damaged; 'b.pdf' is empty"
    assert together(errors[:1], 40) is errors[0]
