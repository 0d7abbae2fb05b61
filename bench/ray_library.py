"""A library of books read by one process and by Ray, a worker of which is killed on the way.

    python -m bench.ray_library --books 40 --rounds 2 --out results.json

Every book is a PDF of its own, set from the example book's paragraphs in another order. The ways
take turns; what each prints with --json must be the same bytes. Only the network prepared for this
machine is kept between them, so that every book is read.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pymupdf

SOURCE = Path("examples/lamp-and-scale.txt")
PAGE = pymupdf.paper_rect("a5")
INNER = pymupdf.Rect(48, 48, PAGE.width - 48, PAGE.height - 48)


def make(folder: Path, count: int, paragraphs: int) -> list[Path]:
    text = SOURCE.read_text(encoding="utf-8").split("\n\n")
    books = []
    for number in range(count):
        rng = random.Random(number)
        chosen = rng.sample([one for one in text if len(one) > 80], paragraphs)
        books.append(folder / f"book-{number:02}.pdf")
        _set(books[-1], f"Book {number}", chosen)
    return books


def _set(path: Path, title: str, paragraphs: Sequence[str]) -> None:
    body = "".join(f"<p>{escape(one)}</p>" for one in paragraphs)
    story = pymupdf.Story(f"<h1>{title}</h1>{body}")
    writer = pymupdf.DocumentWriter(str(path))
    more = True
    while more:
        device = writer.begin_page(PAGE)
        more, _ = story.place(INNER)
        story.draw(device)
        writer.end_page()
    writer.close()


def read(books: Sequence[Path], cache: Path, *options: str, kill_after: float = 0.0) -> Any:
    """Seconds, what was printed, and how many workers were killed."""
    for kept in cache.glob("book-*"):
        subprocess.run(["rm", "-r", str(kept)], check=True)
    command = [sys.executable, "-m", "inscape", "passages", *map(str, books), "--json", *options]
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        work = subprocess.Popen(
            command,
            stdout=out,
            stderr=said,
            env={**os.environ, "INSCAPE_CACHE": str(cache)},
        )
        killed = _kill(work, kill_after) if kill_after else 0
        if work.wait():
            said.seek(0)
            raise SystemExit(f"It ended with {work.returncode}: {said.read().decode()[-2000:]}")
        taken = time.perf_counter() - began
        out.seek(0)
        return taken, out.read(), killed


def _kill(work: "subprocess.Popen[bytes]", after: float) -> int:
    """One worker, so many seconds after the first is there."""
    while not (there := _workers()) and work.poll() is None:
        time.sleep(0.1)
    time.sleep(after)
    if work.poll() is not None or not there:
        return 0
    os.kill(there[0], signal.SIGKILL)
    return 1


def _workers() -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"ray::MapWorker" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=int, default=40)
    parser.add_argument("--paragraphs", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--kill-after", type=float, default=12.0)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as cache:
        books = make(Path(folder), asked.books, asked.paragraphs)
        read(books[:1], Path(cache))  # prepares the network
        ways: dict[str, Callable[[], Any]] = {
            "one process": lambda: read(books, Path(cache)),
            "Ray": lambda: read(books, Path(cache), "--ray"),
            "Ray, one book": lambda: read(books[:1], Path(cache), "--ray"),
            "Ray, a worker killed": lambda: read(
                books, Path(cache), "--ray", kill_after=asked.kill_after
            ),
        }
        results = [(name, way()) for _ in range(asked.rounds) for name, way in ways.items()]
    whole = [said for name, (_, said, _) in results if name != "Ray, one book"]
    found = {
        "books": asked.books,
        "passages": whole[0].count(b"\n"),
        "same_bytes": len(set(whole)) == 1,
        "workers_killed": sum(killed for _, (_, _, killed) in results),
        "seconds": {
            name: [round(taken, 1) for one, (taken, _, _) in results if one == name]
            for name in ways
        },
    }
    for name, seconds in found["seconds"].items():
        print(f"{name:24}{seconds}")
    print(json.dumps(found, indent=2))
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    if not found["same_bytes"]:
        raise SystemExit("The ways do not agree")


if __name__ == "__main__":
    main()
