"""The book's own measures: body size, distance of lines, margins and indent."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.lines import Line

_ENOUGH = 300  # pages
ROUGH_GAP = 1.35  # where OCR guessed the lines' heights


@dataclass(slots=True)
class Measures:
    """In points. `indent` is 0 when paragraphs are not marked by one."""

    body: float
    pitch: float
    indent: float = 0.0
    gap: float = 1.18  # lines further apart than this many pitches are two paragraphs


def body_measures(pages: Sequence[Sequence[Line]]) -> Measures:
    """The size most letters have, and the usual step from line to line at that size.

    Of a long book some hundred pages from all over it are looked at: more say the same.
    """
    sizes: dict[float, int] = {}
    steps: dict[tuple[float, int], int] = {}
    for lines in pages[:: 1 + len(pages) // _ENOUGH]:
        before: Line | None = None
        for line in lines:
            size = line.size
            sizes[size] = sizes.get(size, 0) + len(line.text)
            if before is not None and before.size == size:
                key = size, int((line.base - before.base) * 2 + 0.5)
                steps[key] = steps.get(key, 0) + 1
            before = line
    if not sizes:
        return Measures(10.0, 12.0)
    near: Counter[float] = Counter()
    for size, letters in sizes.items():
        near[round(size * 2) / 2] += letters
    body = near.most_common(1)[0][0]
    own: Counter[int] = Counter()
    for (size, step), count in steps.items():
        if abs(size - body) < 0.3 and 0 < step < 8 * body:
            own[step] += count
    return Measures(body, own.most_common(1)[0][0] / 2 if own else 1.2 * body)
