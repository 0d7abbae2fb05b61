"""Whether passages are cut where the subject turns: at the joins of passages put end to end.

    python -m bench.cutting ../shared/labels/passages.jsonl

Twenty passages of one book, drawn from anywhere in it, make one chapter of one paragraph; a cut at
a join is right. Nothing but the subject tells where the joins are (after Choi, “Advances in domain
independent linear text segmentation”, 2000). "By length alone" is the same cutter told nothing.
"""

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from corpus.passages import _ALIKE, _divide
from corpus.sentences import sentences
from corpus.subject import subjects
from corpus.units import Unit

EACH, MOST, LEAST_WORDS = 20, 3, 30
Costs = Callable[[Sequence[str]], list[float]]


def pieces(text: str) -> list[str]:
    """Sentences, as many together as make thirty words."""
    found: list[str] = []
    for start, end in sentences(text):
        if found and len(found[-1].split()) < LEAST_WORDS:
            found[-1] += " " + text[start:end]
        else:
            found.append(text[start:end])
    return found


def chapters(path: Path) -> Iterator[list[list[str]]]:
    """Of each book up to three, each a list of passages in pieces."""
    books = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        books[row["book"]].append(pieces(row["text"]))
    draw = random.Random(1)
    for passages in books.values():
        draw.shuffle(passages)
        for first in range(0, min(len(passages), MOST * EACH), EACH):
            yield passages[first : first + EACH]


def by_subject(texts: Sequence[str]) -> list[float]:
    vectors = subjects(texts)
    return [0.0, *(_ALIKE * (vectors[:-1] * vectors[1:]).sum(1)).tolist()]


def by_length(texts: Sequence[str]) -> list[float]:
    return [0.0] * len(texts)


def score(parts: Sequence[list[list[str]]], costs: Costs) -> tuple[float, float]:
    """Precision and recall of the cuts over all chapters."""
    right = made = joins = 0
    for passages in parts:
        texts = [piece for passage in passages for piece in passage]
        units = [Unit(0, 0, len(text.split()), False) for text in texts]
        truth = set(np.cumsum([len(passage) for passage in passages]).tolist()) - {len(texts)}
        ranges = _divide(units, costs(texts))
        cuts = {at for first, last in ranges for at in (first, last + 1)} - {0, len(texts)}
        right += len(cuts & truth)
        made += len(cuts)
        joins += len(truth)
    return right / made, right / joins


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("passages", type=Path)
    parts = list(chapters(parser.parse_args().passages))
    print("| cut by | precision | recall | F |\n|---|--:|--:|--:|")
    for name, costs in (("length alone", by_length), ("subject", by_subject)):
        precision, recall = score(parts, costs)
        both = 2 * precision * recall / (precision + recall)
        print(f"| {name} | {precision:.3f} | {recall:.3f} | {both:.3f} |")


if __name__ == "__main__":
    main()
