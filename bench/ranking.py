"""How the scout ranks whole books: how fast, how many it would take, and whether they are rich.

    python -m bench.ranking examples/lamp-and-scale.pdf --rich examples/rich.jsonl
    python -m bench.ranking BOOK --against-default --top 50

`--rich` names the rich passages of a book (first and last words of each). `--against-default` also
times SentenceTransformer.encode with its defaults on the passages' texts, which must take twice as
long as reading, cutting and rating together. The second ratio is of processor
time, which other work on the machine disturbs less.
"""

import argparse
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agents.scout import FLOOR, Rating, Scout
from corpus.bundled import bundled_folder
from corpus.embed import Embedder
from corpus.passage import Passage
from corpus.passages import cut_passages
from corpus.reader import read_book
from prompts.library import Library

HALF = 0.5


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.replace("’", "'").casefold()))


def shares(passages: Sequence[Passage], whole: str, rich: Path) -> np.ndarray:
    """How much of each passage lies in the spans that `rich` names, by letters."""
    text = plain(whole)
    marked = np.zeros(len(text), bool)
    for line in rich.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        start = text.find(plain(row["starts"]))
        last = plain(row["ends"])
        end = text.find(last, max(start, 0))
        if start < 0 or end < 0:
            print(f"not found: {row['starts']!r}")
            continue
        marked[start : end + len(last)] = True
    found = []
    for passage in passages:
        words = plain(passage.text)
        at = text.find(words)
        found.append(marked[at : at + len(words)].mean() if at >= 0 else 0.0)
    return np.array(found)


def show(passages: Sequence[Passage], ratings: Sequence[Rating], order: np.ndarray) -> None:
    for number, row in enumerate(order, 1):
        rating, passage = ratings[row], passages[row]
        print(
            f"\n{number}. {rating.richness:.2f} {', '.join(rating.phenomena)} [{passage.chapter}]"
        )
        print(passage.text)


class Taken(NamedTuple):
    """Seconds by the clock and of the processor."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.1f} s ({self.cpu:.1f} s of processor time)"


@contextmanager
def timed() -> Iterator[Callable[[], Taken]]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield lambda: Taken(time.perf_counter() - wall, time.process_time() - cpu)


def against_default(texts: list[str]) -> Taken:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(bundled_folder()), device="cpu")
    with timed() as taken:
        model.encode(texts, show_progress_bar=False)
        return taken()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("book", type=Path)
    parser.add_argument("--rich", type=Path)
    parser.add_argument("--top", type=int, default=0)
    parser.add_argument("--against-default", action="store_true")
    asked = parser.parse_args()
    embedder = Embedder()
    with timed() as taken:
        book = read_book(asked.book)
        passages = cut_passages(book)
        read = taken()
        ratings = Scout(Library.load(), embedder).rate(passages)
        whole = taken()
    richness = np.array([rating.richness for rating in ratings])
    order = np.argsort(-richness, kind="stable")
    print(f"{book.title}: {len(passages)} passages")
    print(f"read and cut in {read}; with the rating {whole}")
    print(
        f"richness >= {FLOOR}: {(richness >= FLOOR).sum()}; >= {HALF}: {(richness >= HALF).sum()}"
    )
    if asked.rich:
        rich = shares(passages, book.text, asked.rich)[order] >= HALF
        for top in (10, 20, 40):
            print(f"precision at {top}: {rich[:top].mean():.2f}")
        all_rich = int(rich.sum())
        print(f"of {all_rich} rich passages {rich[:all_rich].sum()} are among the first {all_rich}")
    if asked.against_default:
        default = against_default([passage.text for passage in passages])
        ratio = f"{default.wall / whole.wall:.1f} x; {default.cpu / whole.cpu:.1f} x"
        print(f"SentenceTransformer.encode, defaults: {default}: {ratio}")
    show(passages, ratings, order[: asked.top])


if __name__ == "__main__":
    main()
