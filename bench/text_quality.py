"""Clean text against the truth, beside bare extraction: words, order, what strayed in, speed.

    python bench/text_quality.py CORPUS [--only NAME] [--passages] [--speed] [--memory]

CORPUS holds `manifest.jsonl` (file, truth, expect) with the books and their true texts.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pymupdf as _pymupdf

from corpus.book import Book
from corpus.passage import Passage
from corpus.passages import cut_passages
from corpus.reader import read_book
from corpus.sentences import sentences
from inscape.errors import BookError

pymupdf: Any = _pymupdf
_STRAIGHT = str.maketrans("‘’“”", "''\"\"")
_WINDOWS, _WINDOW, _FOUND, _REACH = 2000, 8, 6, 16
_ROUNDS = 3


class Words(NamedTuple):
    precision: float
    recall: float
    order: float
    extra: int
    broken: int


def words_of(text: str) -> list[str]:
    lines = (line for line in text.split("\n") if line.strip() != "* * *")
    return unicodedata.normalize("NFKC", "\n".join(lines)).lower().translate(_STRAIGHT).split()


def compare(found: str, truth: str) -> Words:
    """Words as multisets; order by windows of the truth found in place; words left in two."""
    out, true = words_of(found), words_of(truth)
    count, expected = Counter(out), Counter(true)
    both = (count & expected).total()
    extra = count - expected
    broken = sum(number for word, number in extra.items() if _is_broken(word, expected))
    order = _order(out, true)
    return Words(both / len(out), both / len(true), order, extra.total(), broken)


def _is_broken(word: str, expected: Counter[str]) -> bool:
    """A hyphen that should have gone, or one that should have stayed."""
    return word.endswith(("-", "\u00ad")) or ("-" in word and word.replace("-", "") in expected)


def _order(out: Sequence[str], true: Sequence[str]) -> float:
    """Share of windows of the truth whose words stand in order near where they should."""
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at in range(len(out) - 3):
        places[tuple(out[at : at + 4])].append(at)
    step = max(1, (len(true) - _WINDOW) // _WINDOWS)
    starts = range(0, max(1, len(true) - _WINDOW), step)
    return sum(_in_order(out, true, start, places) for start in starts) / len(starts)


def _in_order(
    out: Sequence[str],
    true: Sequence[str],
    start: int,
    places: dict[tuple[str, ...], list[int]],
) -> bool:
    window = true[start : start + _WINDOW]
    expected = start * len(out) / len(true)
    near = max(200.0, 0.01 * len(out))
    candidates = {
        at - shift
        for shift in range(_WINDOW - 3)
        for at in places.get(tuple(window[shift : shift + 4]), ())
        if abs(at - expected) < near
    }
    return any(_matched(out, window, at) >= _FOUND for at in candidates)


def _matched(out: Sequence[str], window: Sequence[str], at: int) -> int:
    found, position = 0, max(0, at - 2)
    end = position + _REACH
    for word in window:
        try:
            position = out.index(word, position, end) + 1
            found += 1
        except ValueError:
            continue
    return found


class PassageScore(NamedTuple):
    number: int
    verbatim: float
    bounds: float
    pages: float


def score_passages(passages: Sequence[Passage], truth: str, path: Path) -> PassageScore:
    """Verbatim in the truth; at sentence bounds of it; on the pages they name."""
    flat = _flat(truth)
    ends = _sentence_ends(truth)
    verbatim = [_flat(one.text) in flat for one in passages]
    bounded = [_flat(one.text)[-40:] in ends for one in passages]
    placed = _placed(passages, path) if path.suffix == ".pdf" else [True]
    return PassageScore(len(passages), _share(verbatim), _share(bounded), _share(placed))


def _flat(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).replace("\u00ad", "")


def _sentence_ends(truth: str) -> set[str]:
    """The last letters of the truth up to every sentence's end."""
    ends: set[str] = set()
    for part in re.split(r"^(?:# .*|\* \* \*)$", truth, flags=re.M):
        tail = ""
        for paragraph in part.split("\n\n"):
            for start, end in sentences(paragraph):
                tail = (tail + _flat(paragraph[start:end]))[-40:]
                ends.add(tail)
    return ends


def _characters(page: Any) -> tuple[list[str], np.ndarray]:
    """Every character of a page, and its middle: shape (n, 2)."""
    blocks = page.get_text("rawdict", flags=pymupdf.TEXT_PRESERVE_LIGATURES)["blocks"]
    spans = (span for block in blocks for line in block["lines"] for span in line["spans"])
    found = [char for span in spans for char in span["chars"]]
    boxes = np.array([char["bbox"] for char in found], float).reshape(-1, 4)
    return [char["c"] for char in found], (boxes[:, :2] + boxes[:, 2:]) / 2


def _inside(characters: list[str], middles: np.ndarray, rect: Sequence[float]) -> str:
    low, high = np.array(rect[:2]) - 1, np.array(rect[2:]) + 1
    within = ((middles >= low) & (middles <= high)).all(1)
    return "".join(characters[at] for at in np.flatnonzero(within))


def _placed(passages: Sequence[Passage], path: Path) -> list[bool]:
    """Whether the letters under a passage's rectangles, on the pages it names, are its letters."""
    found = []
    with pymupdf.open(path) as document:
        read = lru_cache(8)(lambda page: _characters(document[page - 1]))
        for one in passages:
            under = "".join(_inside(*read(spot.page), spot.rect) for spot in one.spots)
            own, seen = Counter(_letters(one.text)), Counter(_letters(under))
            pages = {spot.page for spot in one.spots}
            named = min(pages) == one.page_start and max(pages) == one.page_end
            found.append(named and (own & seen).total() >= 0.98 * own.total())
    return found


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", unicodedata.normalize("NFKC", text)).lower()


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 1.0


def bare_dict(path: Path) -> int:
    with pymupdf.open(path) as document:
        for page in document:
            page.get_text("dict")
        return len(document)


def bare_text(path: Path) -> str:
    with pymupdf.open(path) as document:
        return "\n".join(page.get_text() for page in document)


def plumber_text(path: Path) -> str | None:
    """What pdfplumber says, where it is installed."""
    try:
        import pdfplumber  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None
    with pdfplumber.open(path) as document:
        pages = []
        for page in document.pages:
            pages.append(page.extract_text() or "")
            page.close()
    return "\n".join(pages)


def seconds(work: Callable[[Path], Any], path: Path) -> float:
    start = time.process_time()
    work(path)
    return time.process_time() - start


def speed(path: Path) -> str:
    """Interleaved rounds in one process; the best of each."""
    pages = bare_dict(path)
    bare, ours = [], []
    for _ in range(_ROUNDS):
        bare.append(seconds(bare_dict, path))
        ours.append(seconds(read_book, path))
    ratio = min(bare) / min(ours)
    return (
        f"| {path.name} | {pages} | {pages / min(bare):.0f} | {pages / min(ours):.0f} "
        f"| {100 * ratio:.0f} % |"
    )


def memory(path: Path) -> str:
    """Peak of a process that does nothing else."""
    code = (
        "import resource, sys; from pathlib import Path; from corpus.reader import read_book; "
        "read_book(Path(sys.argv[1])); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        cwd=root,
        check=True,
    )
    return f"| {path.name} | {done.stdout.strip()} MB |"


def quality(path: Path, truth: str, passages: bool) -> Iterator[str]:
    start = time.monotonic()
    book = read_book(path)
    took = time.monotonic() - start
    yield _row(path.name, "inscape", compare(book.text, truth), f"{took:.2f} s", book)
    if path.suffix == ".pdf":
        yield _row(path.name, "page.get_text()", compare(bare_text(path), truth), "", None)
        if (plumbed := plumber_text(path)) is not None:
            yield _row(path.name, "pdfplumber", compare(plumbed, truth), "", None)
    if passages:
        score = score_passages(cut_passages(book), truth, path)
        yield (
            f"    {score.number} passages: verbatim {score.verbatim:.4f}, "
            f"at sentence bounds {score.bounds:.4f}, on the page named {score.pages:.4f}"
        )


def _row(name: str, tool: str, words: Words, took: str, book: Book | None) -> str:
    dropped = " ".join(str(count) for count in book.dropped.values()) if book else ""
    return (
        f"| {name} | {tool} | {words.precision:.5f} | {words.recall:.5f} | {words.order:.4f} "
        f"| {words.extra} | {words.broken} | {took} | {dropped} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--passages", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    print("| file | tool | P | R | order | extra | broken | time | dropped |")
    print("|---|---|--:|--:|--:|--:|--:|--:|---|")
    for line in (given.corpus / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        path = given.corpus / row["file"]
        if given.only not in row["file"]:
            continue
        if given.speed or given.memory:
            if path.suffix == ".pdf" and row["expect"] == "ok":
                print(speed(path) if given.speed else memory(path), flush=True)
            continue
        try:
            truth = (
                (given.corpus / row["truth"]).read_text(encoding="utf-8") if row["truth"] else ""
            )
            for text in quality(path, truth, given.passages):
                print(text, flush=True)
        except BookError as error:
            print(f"| {path.name} | inscape | {type(error).__name__}: {error} |", flush=True)
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
