"""Books of our own make: the example novel printed by PyMuPDF in the layouts that books have."""

from dataclasses import dataclass
from pathlib import Path

import pymupdf

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "lamp-and-scale.txt"
# The fonts that need no file have no curly quotes and no dashes.
_PLAIN = str.maketrans("“”‘’—", "\"\"''-", "*")
FONT = "tiro"


@dataclass(frozen=True)
class Layout:
    width: float = 420
    height: float = 595
    margin: float = 50
    body: float = 11
    lead: float = 14
    indent: float = 16
    gap: float = 0
    columns: int = 1
    heads: bool = True
    folio: str = "foot"  # "foot", "dash", "corner", "head" or ""
    footer: str = ""
    notes: str = ""  # "number" or "star"
    wide_headings: bool = False


def chapters(count: int) -> list[str]:
    """Paragraphs of the first chapters, headings among them, without scene breaks."""
    parts = EXAMPLE.read_text(encoding="utf-8").translate(_PLAIN).split("\n\n")
    found: list[str] = []
    for part in (one.strip() for one in parts):
        count -= part.startswith("# ")
        if count < 0:
            break
        if part and part.strip("* "):
            found.append(part)
    return found


class Printer:
    """Sets paragraphs on pages, line by line, as the layout says."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.font = pymupdf.Font(FONT)
        self.document = pymupdf.open()
        gutters = (layout.columns - 1) * 18
        self.column_width = (layout.width - 2 * layout.margin - gutters) / layout.columns
        self.chapter = ""
        self.notes: list[str] = []
        self.noted = 0

    def print(self, paragraphs: list[str], path: Path) -> Path:
        fresh = True
        for number, paragraph in enumerate(paragraphs):
            if paragraph.startswith("# "):
                self._open_chapter(paragraph[2:])
                fresh = True
                continue
            if "\n" in paragraph:
                self._verse(paragraph)
                continue
            if self.layout.notes and number % 9 == 4:
                paragraph = self._noted(paragraph)
            self._paragraph(paragraph, 0 if fresh else self.layout.indent)
            fresh = False
        self._end_page()
        self.document.save(path)
        return path

    def _new_page(self, opener: bool = False) -> None:
        layout = self.layout
        self._end_page()
        self.page = self.document.new_page(width=layout.width, height=layout.height)
        self.shape = self.page.new_shape()
        number = len(self.document)
        self.column, self.top, self.y = 0, layout.margin + layout.body, layout.margin + layout.body
        self.bottom = layout.height - layout.margin
        even = number % 2 == 0
        if layout.heads and not opener:
            self._centred("A. N. Author" if even else self.chapter, 30)
        outer = layout.margin if even else layout.width - layout.margin - 12
        places = {"head": (outer, 30), "corner": (outer, layout.height - 25)}
        if layout.folio in places:
            self._put(places[layout.folio], str(number), 9)
        elif layout.folio:
            text = f"– {number} –".replace("–", "-") if layout.folio == "dash" else str(number)
            self._centred(text, layout.height - 25)
        if layout.footer:
            self._centred(layout.footer, layout.height - 12)

    def _end_page(self) -> None:
        y = self.layout.height - self.layout.margin - 9 * len(self.notes) + 14
        for note in self.notes:
            self._put((self.layout.margin, y), note, 7.5)
            y += 9
        self.notes = []
        if len(self.document):
            self.shape.commit()

    def _put(self, place: tuple[float, float], text: str, size: float) -> None:
        self.shape.insert_text(place, text, fontsize=size, fontname=FONT)

    def _centred(self, text: str, y: float, size: float = 9) -> None:
        self._put(((self.layout.width - self.font.text_length(text, size)) / 2, y), text, size)

    def _open_chapter(self, title: str) -> None:
        self.chapter = title
        self._new_page(opener=True)
        self.y += self.layout.lead
        if self.layout.wide_headings or self.layout.columns == 1:
            self._centred(title, self.y, 17)
        else:
            self._put((self.layout.margin, self.y), title, 15)
        self.y += 2.5 * self.layout.lead
        self.top = self.y if self.layout.wide_headings else self.top

    def _noted(self, paragraph: str) -> str:
        self.noted += 1
        mark = str(self.noted) if self.layout.notes == "number" else "*"
        self.notes.append(
            f"{mark} The clerk wrote so in the ledger of that year, leaf {self.noted * 7}."
        )
        self.bottom -= 12
        words = paragraph.split()
        words[0] += "*" if mark == "*" else ""
        return " ".join(words)

    def _verse(self, stanza: str) -> None:
        self.y += self.layout.lead / 2
        for line in stanza.split("\n"):
            self._line(line, 40)
        self.y += self.layout.lead / 2

    def _paragraph(self, text: str, indent: float) -> None:
        current, room, first = "", self.column_width - indent, True
        for word in [*text.split(), ""]:
            longer = f"{current} {word}".strip()
            if word and self.font.text_length(longer, self.layout.body) <= room:
                current = longer
                continue
            self._line(current, indent if first else 0)
            current, room, first = word, self.column_width, False
        self.y += self.layout.gap

    def _line(self, text: str, indent: float) -> None:
        if not text:
            return
        if self.y > self.bottom:
            if self.column + 1 < self.layout.columns:
                self.column, self.y = self.column + 1, self.top
            else:
                self._new_page()
        x = self.layout.margin + self.column * (self.column_width + 18) + indent
        self._put((x, self.y), text, self.layout.body)
        self.y += self.layout.lead
