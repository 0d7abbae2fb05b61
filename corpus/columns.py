"""Reading order: columns one after the other, full-width lines where they stand."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from corpus.lines import Line

_MIN_LINES = 8  # fewer lines than this are no column page
_MIN_GUTTER = 0.7  # in ems
_DEEPEST = 2  # two cuts: up to four columns


def reading_order(lines: list[Line], known: set[int]) -> list[list[Line]]:
    """The page as runs of lines that are read downwards; a page of one column is one run.

    `known` are the gutters of the pages before: a chapter's last page may have too few lines.
    """
    if _is_single(lines):
        return [in_rows(lines)]
    return [in_rows(run) for run in _cut(lines, _DEEPEST, known) if run]


def _is_single(lines: Sequence[Line]) -> bool:
    """Quick and right for nearly every page: enough lines cross the middle of the text."""
    if len(lines) < _MIN_LINES:
        return True
    left = min(line.x0 for line in lines)
    right = max(line.x1 for line in lines)
    wide = 0.62 * (right - left)
    return sum(line.x1 - line.x0 > wide for line in lines) >= 0.3 * len(lines)


def _cut(lines: list[Line], depth: int, known: set[int]) -> Iterable[list[Line]]:
    gutter = _gutter(lines) if depth and len(lines) >= _MIN_LINES else None
    if gutter is not None:
        middle = sum(gutter) / 2
        known.add(round(middle))
    else:
        middle = _clear(lines, known) if depth else 0.0
    if not middle:
        return [lines]
    crossing = [line for line in lines if line.x0 < middle - 1 and line.x1 > middle + 1]
    crossing.sort(key=lambda line: line.base)
    runs: list[list[Line]] = []
    above = float("-inf")
    for wall in [*crossing, None]:
        below = wall.base if wall else float("inf")
        band = [line for line in lines if above <= line.base < below and line not in crossing]
        runs += _band(band, middle, depth, known)
        if wall:
            runs.append([wall])
        above = below
    return _joined(runs, {id(line) for line in crossing})


def _clear(lines: Sequence[Line], known: set[int]) -> float:
    """A gutter known from other pages that no line of this one crosses, with text on both sides."""
    for middle in known:
        if any(line.x0 < middle - 1 and line.x1 > middle + 1 for line in lines):
            continue
        if any(line.x0 > middle for line in lines) and any(line.x1 < middle for line in lines):
            return float(middle)
    return 0.0


def _band(band: list[Line], middle: float, depth: int, known: set[int]) -> list[list[Line]]:
    left = [line for line in band if line.x0 < middle]
    right = [line for line in band if line.x0 >= middle]
    return [run for side in (left, right) if side for run in _cut(side, depth - 1, known)]


def _joined(runs: list[list[Line]], crossing: set[int]) -> list[list[Line]]:
    """Neighbouring full-width lines are one run."""
    joined: list[list[Line]] = []
    for run in runs:
        wide = id(run[0]) in crossing
        if joined and wide and id(joined[-1][0]) in crossing:
            joined[-1].extend(run)
        else:
            joined.append(list(run))
    return joined


def _gutter(lines: Sequence[Line]) -> tuple[float, float] | None:
    """The widest stripe that no line crosses, or hardly any, with rows on both sides."""
    left = min(line.x0 for line in lines)
    right = max(line.x1 for line in lines)
    inner = left + 0.2 * (right - left), right - 0.2 * (right - left)
    em = sorted(line.size for line in lines)[len(lines) // 2]
    for share in (0.0, 0.06, 0.2):
        found = [
            stripe
            for stripe in _stripes(lines, *inner, share * len(lines))
            if stripe[1] - stripe[0] >= _MIN_GUTTER * em and _is_gutter(lines, sum(stripe) / 2, em)
        ]
        if found:
            return max(found, key=lambda stripe: stripe[1] - stripe[0])
    return None


def _stripes(
    lines: Sequence[Line], start: float, end: float, most: float
) -> list[tuple[float, float]]:
    """Where at most so many lines lie across, from `start` to `end`."""
    steps = sorted(
        {start, end, *(x for line in lines for x in (line.x0, line.x1) if start < x < end)}
    )
    found: list[tuple[float, float]] = []
    for one, two in pairwise(steps):
        middle = (one + two) / 2
        if sum(line.x0 < middle < line.x1 for line in lines) > most:
            continue
        if found and found[-1][1] == one:
            found[-1] = found[-1][0], two
        else:
            found.append((one, two))
    return found


def _is_gutter(lines: Sequence[Line], middle: float, em: float) -> bool:
    """Both sides hold real lines, side by side, that begin and end at the stripe."""
    left = [line for line in lines if line.x1 <= middle + 1]
    right = [line for line in lines if line.x0 >= middle - 1]
    least = max(3, 0.08 * len(lines))
    if len(left) < least or len(right) < least:
        return False
    if _typical_width(left) < 8 * em or _typical_width(right) < 8 * em:
        return False
    start = min(line.x0 for line in right)
    flush = sum(line.x0 - start < 2.5 * em for line in right)
    return flush >= 0.6 * len(right)


def _typical_width(lines: Sequence[Line]) -> float:
    widths = sorted(line.x1 - line.x0 for line in lines)
    return widths[len(widths) * 3 // 5]


def in_rows(lines: list[Line]) -> list[Line]:
    """From top to bottom; pieces of one printed line side by side become one line again."""
    ordered = sorted(lines, key=lambda line: line.base)
    out: list[Line] = []
    for line in ordered:
        if out and abs(line.base - out[-1].base) < 0.3 * min(line.size, out[-1].size):
            out[-1] = _side_by_side(out[-1], line)
        else:
            out.append(line)
    return out


def _side_by_side(one: Line, two: Line) -> Line:
    if two.x0 < one.x0:
        one, two = two, one
    one.text = f"{one.text.rstrip()} {two.text.lstrip()}"
    one.x1 = max(one.x1, two.x1)
    one.y0, one.y1 = min(one.y0, two.y0), max(one.y1, two.y1)
    return one
