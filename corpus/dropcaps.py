"""Drop caps set as lines of their own, put back before the line they begin."""

from corpus.hyphens import AFTER_CAP
from corpus.lines import Line
from corpus.measure import Measures

_LARGE = 1.6
_QUOTES = " “‘\"'([—"


def attach_drop_caps(lines: list[Line], measures: Measures) -> list[Line]:
    """The lines beside a drop cap begin where the cap begins, and the first of them holds it."""
    caps = [line for line in lines if line.size > _LARGE * measures.body and _is_cap(line.text)]
    gone: set[int] = set()
    for cap in caps:
        beside = [line for line in lines if line is not cap and _beside(cap, line)]
        if not beside:
            continue
        host = min(beside, key=lambda line: line.base)
        host.text = f"{cap.text.strip()}{AFTER_CAP}{host.text.lstrip()}"
        host.y0 = min(host.y0, cap.y0)
        for line in beside:
            line.x0 = cap.x0
        gone.add(id(cap))
    return [line for line in lines if id(line) not in gone] if gone else lines


def _is_cap(text: str) -> bool:
    bare = text.strip(_QUOTES)
    return len(bare) == 1 and bare.isalpha() and len(text.strip()) <= 3


def _beside(cap: Line, line: Line) -> bool:
    em = line.size
    near = -0.4 * em < line.x0 - cap.x1 < 1.8 * em
    return near and cap.base - cap.size < line.base < cap.base + 0.4 * em
