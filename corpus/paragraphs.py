"""From lines to paragraphs: whole across lines, columns and pages; verse keeps its lines."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from corpus.book import Kind, Piece
from corpus.headings import closed_up, is_break
from corpus.hyphens import Vocabulary, join_lines
from corpus.lines import Line
from corpus.margins import Run
from corpus.measure import Measures

_TERMINAL = ".!?…:;”’\"'»)—"


@dataclass(slots=True)
class Block:
    """Lines of one paragraph, not yet joined."""

    kind: Kind
    lines: list[Line] = field(default_factory=list)
    level: int = 0


class Builder:
    """Takes lines in reading order and says where paragraphs begin."""

    def __init__(self, measures: Measures, headings: dict[int, int]) -> None:
        self._measures = measures
        self._headings = headings
        self.blocks: list[Block] = []

    def add(self, run: Run) -> None:
        """Cut the run into headings, insets and plain lines, and place each."""
        lines = run.lines
        at = 0
        while at < len(lines):
            line = lines[at]
            if id(line) in self._headings:
                self._heading(line, first=at == 0)
                at += 1
            elif self._is_inset(line):
                end = self._inset_end(lines, at)
                self._inset(lines[at:end], at == 0)
                at = end
            else:
                self._plain(line, first=at == 0)
                at += 1

    def _heading(self, line: Line, first: bool) -> None:
        level = self._headings[id(line)]
        last = self.blocks[-1] if self.blocks else None
        if last and last.kind == "heading" and not first and last.level == level:
            before = last.lines[-1]
            same = abs(before.size - line.size) < 0.5 and before.page == line.page
            if same and line.base - before.base < 1.5 * line.size:
                last.lines.append(line)
                return
        self.blocks.append(Block("heading", [line], level))

    def _is_inset(self, line: Line) -> bool:
        deep = line.x0 - line.left
        em = self._measures.body
        if deep < 0.7 * em:
            return False
        indent = self._measures.indent
        return not (indent and abs(deep - indent) < 0.4 * em)

    def _inset_end(self, lines: Sequence[Line], start: int) -> int:
        """An inset goes on while its lines stay clear of the margin."""
        end = start + 1
        while end < len(lines) and id(lines[end]) not in self._headings:
            if not self._is_inset(lines[end]):
                gap = lines[end].base - lines[end - 1].base
                deep = lines[end].x0 - lines[end].left > 0.7 * self._measures.body
                following = end + 1 < len(lines) and self._is_inset(lines[end + 1])
                if not (deep and following and gap < self._measures.gap * self._measures.pitch):
                    break
            end += 1
        return end

    def _inset(self, lines: Sequence[Line], first: bool) -> None:
        before = self._last_line()
        if before is not None and self._runs_on(before, lines[0], first):
            self.blocks[-1].lines.append(lines[0])
            self._inner(lines, 1)
            return
        if len(lines) == 1:
            kind: Kind = "break" if is_break(lines[0].text) else "prose"
            self.blocks.append(Block(kind, [lines[0]]))
            return
        if self._is_verse(lines):
            self._stanzas(lines, first)
            return
        self._inner(lines, 0, fresh=not first)

    def _inner(self, lines: Sequence[Line], start: int, fresh: bool = False) -> None:
        """The rules for plain lines, with the inset's own margins."""
        left, right = min(one.x0 for one in lines), max(one.x1 for one in lines)
        for line in lines:
            line.left, line.right = left, right
        for number, line in enumerate(lines[start:]):
            self._plain(line, first=not start and not number, fresh=fresh and not number)

    def _runs_on(self, before: Line, line: Line, first: bool) -> bool:
        """A hanging line: the sentence goes on, whatever the margin says."""
        if self.blocks[-1].kind != "prose" or not line.text[:1].islower():
            return False
        near = first or line.base - before.base < self._measures.gap * self._measures.pitch
        return near and not self._forced(before, line) and before.text[-1:] not in ".!?"

    def _is_verse(self, lines: Sequence[Line]) -> bool:
        deep = min(line.x0 for line in lines) - lines[0].left
        right = max(*(line.x1 for line in lines), lines[0].right - 1.5 * deep)
        forced = 0
        for one, two in itertools.pairwise(lines):
            forced += right - one.x1 > self._first_word(two) + 0.4 * one.size
        pairs = len(lines) - 1
        capitals = sum(not line.text.lstrip("“‘\"'([")[:1].islower() for line in lines)
        return forced >= 0.5 * pairs and (capitals >= 0.6 * len(lines) or forced >= 0.8 * pairs)

    def _stanzas(self, lines: Sequence[Line], first: bool) -> None:
        last = self.blocks[-1] if self.blocks else None
        if first and last and last.kind == "verse" and last.lines[-1].text[-1:] not in ".!?":
            stanza = self.blocks.pop()
            stanza.lines.append(lines[0])
        else:
            stanza = Block("verse", [lines[0]])
        for before, line in itertools.pairwise(lines):
            if line.base - before.base > 1.22 * self._measures.pitch or is_break(line.text):
                self.blocks.append(stanza)
                stanza = Block("verse")
            stanza.lines.append(line)
        self.blocks.append(stanza)

    def _plain(self, line: Line, first: bool, fresh: bool = False) -> None:
        if is_break(line.text):
            self.blocks.append(Block("break", [line]))
            return
        before = self._last_line()
        if fresh or before is None or self._begins(before, line, first):
            self.blocks.append(Block("prose", [line]))
        else:
            self.blocks[-1].lines.append(line)

    def _begins(self, before: Line, line: Line, first: bool) -> bool:
        em = self._measures.body
        if self.blocks[-1].kind != "prose" or abs(before.size - line.size) > 0.06 * em:
            return True
        if line.x0 - line.left > 0.5 * em:
            return True
        if self._forced(before, line) and not self._goes_on(before, line):
            return True
        if first:
            return not self._measures.indent and self._new_page_new_start(before, line)
        gap = line.base - before.base
        if gap > self._measures.gap * max(self._measures.pitch, 1.1 * line.size):
            return not (line.text[:1].islower() and before.text[-1:] not in _TERMINAL)
        return False

    @staticmethod
    def _new_page_new_start(before: Line, line: Line) -> bool:
        """Without indents a page may end with a paragraph, and only the type can tell."""
        if before.text[-1:] not in ".!?…:”’\"'":
            return False
        opens = line.text[:1] in "“‘\"'"
        return opens or (before.right - before.x1 > 0.5 * before.size and line.text[:1].isupper())

    def _forced(self, before: Line, line: Line) -> bool:
        """The line was ended on purpose: the next word would have fitted."""
        room = before.right - before.x1
        return room > 1.5 * before.size and room > self._first_word(line) + 1.2 * before.size

    @staticmethod
    def _goes_on(before: Line, line: Line) -> bool:
        """In the middle of a word or of a sentence no paragraph ends, however short the line."""
        last = before.text[-1:]
        return last in "-\u00ad\u2010" or (line.text[:1].islower() and last not in _TERMINAL)

    @staticmethod
    def _first_word(line: Line) -> float:
        text = line.text
        length = len(text.split(" ", 1)[0])
        return (line.x1 - line.x0) / len(text) * (length + 1)

    def _last_line(self) -> Line | None:
        return self.blocks[-1].lines[-1] if self.blocks else None


def to_pieces(blocks: Iterable[Block], words: Vocabulary) -> list[Piece]:
    """Join the lines of every block."""
    return [_piece(block, words) for block in blocks]


def _piece(block: Block, words: Vocabulary) -> Piece:
    lines = block.lines
    if block.kind == "verse":
        texts = [line.text.strip() for line in lines]
        text = "\n".join(texts)
        starts, at = [], 0
        for one in texts:
            starts.append(at)
            at += len(one) + 1
    else:
        if block.kind == "heading":
            for line in lines:
                line.text = closed_up(line.text)
        text, starts = join_lines([line.text for line in lines], words)
        if "  " in text:
            text, starts = _single_spaced(text, starts)
    marks = tuple(
        [
            (start, line.page, (line.x0, line.y0, line.x1, line.y1))
            for start, line in zip(starts, lines, strict=True)
        ]
    )
    return Piece(block.kind, text, block.level, lines[0].page, marks)


def _single_spaced(text: str, starts: list[int]) -> tuple[str, list[int]]:
    """Justified lines may hold double spaces; the offsets move with them."""
    moved = [len(" ".join(text[:start].split(" "))) - text[:start].count("  ") for start in starts]
    while "  " in text:
        text = text.replace("  ", " ")
    return text, moved
