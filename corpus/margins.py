"""Where the text of each column begins and ends, and how far its paragraphs are indented."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from corpus.lines import Line
from corpus.measure import Measures


class Run(NamedTuple):
    """Lines of one column of one page, from top to bottom."""

    page: int
    width: float
    lines: list[Line]
    rough: bool = False


def set_margins(runs: Sequence[Run], measures: Measures) -> None:
    """Give every line the left and right edge of the column it stands in."""
    em = measures.body
    edges = [_edges(run, measures) for run in runs]
    lefts: dict[tuple[int, int], Counter[float]] = defaultdict(Counter)
    rights: dict[tuple[int, int], Counter[float]] = defaultdict(Counter)
    for run, (left, right) in zip(runs, edges, strict=True):
        key = _place(run, left, right)
        lefts[key][round(left)] += 1
        rights[key][round(right)] += 1
    for run, (left, right) in zip(runs, edges, strict=True):
        key = _place(run, left, right)
        usual, most = _usual(lefts[key]), _usual(rights[key])
        if usual is not None and 0.3 * em < left - usual < 5 * em:
            left = usual
        if most is not None and right < most:
            right = most
        for line in run.lines:
            line.left, line.right = left, right


def _place(run: Run, left: float, right: float) -> tuple[int, int]:
    """Left and right pages, and the columns on them, have margins of their own."""
    if right - left > 0.55 * run.width:
        return run.page % 2, 0
    return run.page % 2, 1 + (left > 0.42 * run.width)


def _usual(counts: Counter[float]) -> float | None:
    """The commonest value when it is common enough to be a rule (neighbours count with it)."""
    if not counts:
        return None
    value, _ = counts.most_common(1)[0]
    near = sum(counts[value + away] for away in (-1, 0, 1))
    return value if near >= 0.4 * counts.total() else None


def _edges(run: Run, measures: Measures) -> tuple[float, float]:
    lines = run.lines
    own = [line for line in lines if abs(line.size - measures.body) < 0.12 * measures.body]
    own = own or list(lines)
    if run.rough:  # specks beside the text are read as words
        left = _supported([line.x0 for line in own], 1)
        return left, _share([line.x1 for line in own], 0.85)
    return _supported([line.x0 for line in own], 1), _supported([line.x1 for line in own], -1)


def _share(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1) + 0.5)]


def _supported(values: Sequence[float], sign: int) -> float:
    """The outermost value that is no outlier: another is within a few points of it."""
    ordered = sorted(values, reverse=sign < 0)
    for one, two in itertools.pairwise(ordered):
        if abs(one - two) < 4:
            return one
    return ordered[0]


def set_indent(runs: Sequence[Run], measures: Measures) -> None:
    """The usual indent: of lines that a flush line follows."""
    em = measures.body
    seen: Counter[float] = Counter()
    total = 0
    for run in runs:
        for one, two in zip(run.lines, run.lines[1:], strict=False):
            deep = one.x0 - one.left
            total += 1
            if 0.5 * em < deep < 4.5 * em and abs(two.x0 - two.left) < 0.3 * em:
                seen[round(deep * 2 / em) / 2 * em] += 1
    if seen:
        deep, count = seen.most_common(1)[0]
        if count >= max(2, 0.008 * total):
            measures.indent = deep
