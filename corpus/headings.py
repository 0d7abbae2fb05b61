"""Which lines are headings: by the outline, by their size, or by how they stand on the page."""

import re
from collections import defaultdict
from collections.abc import Sequence

from corpus.lines import Line
from corpus.margins import Run
from corpus.measure import Measures
from corpus.numerals import roman_value
from corpus.pdf import OutlineEntry

LARGE, LARGE_ROUGH = 1.13, 1.3
_LONGEST = 140
_NAMED = re.compile(
    r"(?:the\s+)?(?:chapter|book|part|letter|canto|act|scene|section|stave|volume|prologue|epilogue|"
    r"preface|introduction|conclusion|foreword|afterword|postscript|interlude|appendix|lecture)\b",
    re.I,
)
_SPACED = re.compile(r"(?:\S\s+){3,}\S")
_KEY = re.compile(r"[\W_]+")
_STARS = re.compile(r"[\s*∗·•⁂~※❦—–\-#]+")


def is_break(text: str) -> bool:
    """Stars or a rule between two scenes."""
    if len(text) > 60 or text[:1].isalnum():
        return False
    text = text.strip()
    return 0 < len(text) <= 40 and _STARS.fullmatch(text) is not None and text not in "—–-"


def closed_up(text: str) -> str:
    """“C H A P T E R  I” as it would be written without the printer's spaces."""
    text = text.strip()
    if not _SPACED.fullmatch(text) or any(len(token) > 1 for token in text.split()):
        return re.sub(r"\s+", " ", text)
    words = ["".join(word.split()) for word in re.split(r"\s{2,}", text)]
    if len(words) == 1 and (named := _NAMED_SPACED.match(words[0])):
        words = [part for part in named.groups() if part]
    return " ".join(words)


_NAMED_SPACED = re.compile(r"(CHAPTER|BOOK|PART|LETTER|CANTO|ACT|SECTION|VOLUME)(.*)", re.I)


def find_headings(
    runs: Sequence[Run], measures: Measures, outline: Sequence[OutlineEntry]
) -> dict[int, int]:
    """Heading lines by id, with their level (1 is the highest)."""
    listed = _listed(outline)
    levels: dict[int, int] = {}
    large: dict[int, Line] = {}
    for run in runs:
        matched = _matched(run, listed.get(run.page, {}), measures)
        levels |= matched
        for at, line in enumerate(run.lines):
            if id(line) not in matched and _looks_it(run, at, measures):
                large[id(line)] = line
    _drop_display(runs, large)
    _rank(
        levels, large, {id(line): line for run in runs for line in run.lines if id(line) in levels}
    )
    return levels


def _listed(outline: Sequence[OutlineEntry]) -> dict[int, dict[str, int]]:
    pages: dict[int, dict[str, int]] = defaultdict(dict)
    for entry in outline:
        if key := key_of(entry.title):
            pages[entry.page].setdefault(key, entry.level)
    return pages


def key_of(text: str) -> str:
    return _KEY.sub("", text).lower()


def _matched(run: Run, titles: dict[str, int], measures: Measures) -> dict[int, int]:
    """Lines, up to four together, that say what the outline says of this page."""
    found: dict[int, int] = {}
    if not titles:
        return found
    for at, line in enumerate(run.lines):
        if id(line) in found or not _stands_out(run.lines, at, measures):
            continue
        key = ""
        for more in run.lines[at : at + 4]:
            if len(more.text) > _LONGEST:
                break
            key += key_of(more.text)
            if key in titles:
                count = run.lines.index(more) + 1 - at
                found |= {id(one): titles[key] for one in run.lines[at : at + count]}
                break
    return found


def _stands_out(lines: Sequence[Line], at: int, measures: Measures) -> bool:
    """A short chapter title may also be a line of talk: “I” alone is not enough."""
    line = lines[at]
    gap = line.base - lines[at - 1].base if at else 9 * measures.pitch
    other = abs(line.size - measures.body) > 0.05 * measures.body or line.bold
    return other or gap > 1.25 * measures.pitch or line.text.isupper()


def _looks_it(run: Run, at: int, measures: Measures) -> bool:
    lines = run.lines
    line = lines[at]
    if run.rough and line.size < LARGE_ROUGH * measures.body:
        return False
    if line.size >= LARGE * measures.body:
        return len(line.text) < _LONGEST and any(map(str.isalnum, line.text))
    if line.x1 - line.x0 > 0.8 * (line.right - line.left) or line.size < 0.85 * measures.body:
        return False
    text = closed_up(line.text)
    if not _may_be(text, line, measures):
        return False
    above = line.base - lines[at - 1].base if at else 9 * measures.pitch
    below = lines[at + 1].base - line.base if at + 1 < len(lines) else 0.0
    return above > 1.4 * measures.pitch and below > 1.2 * measures.pitch


def _may_be(text: str, line: Line, measures: Measures) -> bool:
    bare = text.strip(" .:—–-[]")
    if not bare or len(text) > 80:
        return False
    centred = _centred(line, measures)
    if bare.isdigit() or roman_value(bare):
        return centred or line.bold
    if text[-1] in ",;" or not any(map(str.isalpha, text)):
        return False
    if text.isupper() and len(bare) > 2:
        return centred or line.bold or line.x0 - line.left < 0.5 * measures.body
    return bool(line.bold and (centred or len(text) < 60)) or bool(_NAMED.match(text) and centred)


def _centred(line: Line, measures: Measures) -> bool:
    before, after = line.x0 - line.left, line.right - line.x1
    return before > measures.body and abs(before - after) < 2.5 * measures.body


def _drop_display(runs: Sequence[Run], large: dict[int, Line]) -> None:
    """Five or more large lines on end are text set large, not a heading."""
    for run in runs:
        streak: list[Line] = []
        for line in [*run.lines, None]:
            if line is not None and id(line) in large:
                streak.append(line)
                continue
            if len(streak) > 4 and sum(len(one.text) for one in streak) > 160:
                for one in streak:
                    del large[id(one)]
            streak = []


def _rank(levels: dict[int, int], large: dict[int, Line], known: dict[int, Line]) -> None:
    """Headings that the outline does not name take their level from their size."""
    by_size = {round(line.size): levels[name] for name, line in known.items()}
    lowest = max(levels.values(), default=0)
    sizes = sorted({round(line.size) for line in large.values()} - set(by_size), reverse=True)
    for number, size in enumerate(sizes):
        by_size[size] = lowest + 1 + number
    for name, line in large.items():
        levels[name] = by_size[round(line.size)]
