"""From the lines of a PDF to the pieces of a book: the rules of layout, one after the other."""

from corpus.book import Source
from corpus.columns import reading_order
from corpus.dropcaps import attach_drop_caps
from corpus.footnotes import Calls, Notes, drop_calls, split_notes
from corpus.furniture import remove_furniture
from corpus.headings import find_headings
from corpus.hyphens import Vocabulary
from corpus.lines import Line
from corpus.margins import Run, set_indent, set_margins
from corpus.matter import front_pages
from corpus.measure import ROUGH_GAP, Measures, body_measures
from corpus.ocr import mend_ocr
from corpus.paragraphs import Builder, to_pieces
from corpus.pdf import Scan, Sheet
from corpus.sections import without_licence, without_sections


def lay_out(scan: Scan) -> Source:
    """Clean text in reading order, with what was left out counted."""
    rough = [sheet for sheet in scan.sheets if sheet.rough]
    smooth = [sheet.lines for sheet in scan.sheets if not sheet.rough]
    if rough:
        mend_ocr(rough, body_measures(smooth).body if any(smooth) else 0.0)
    measures = body_measures([sheet.lines for sheet in scan.sheets])
    if len(rough) > len(smooth):
        measures.gap = ROUGH_GAP
    removed = remove_furniture(scan.sheets, measures)
    dropped_pages = front_pages(scan.sheets, scan.outline, measures)
    sheets = [sheet for sheet in scan.sheets if sheet.number not in dropped_pages]
    notes = Notes()
    gutters: set[int] = set()
    runs = [run for sheet in sheets for run in _runs(sheet, measures, notes, gutters)]
    set_margins(runs, measures)
    set_indent(runs, measures)
    headings = find_headings(runs, measures, scan.outline)
    words = Vocabulary(line.text for run in runs for line in run.lines)
    builder = Builder(measures, headings)
    for run in runs:
        builder.add(run)
    dropped = {
        "running_heads": removed.running_heads,
        "page_numbers": removed.page_numbers,
        "footnotes": notes.count,
    }
    body = without_licence(to_pieces(builder.blocks, words))
    text = without_sections(body.pieces, dropped)
    dropped["front_matter_pages"] = len(dropped_pages | body.pages | text.pages)
    return Source(text.pieces, scan.title, scan.author, dropped=dropped)


def _runs(sheet: Sheet, measures: Measures, notes: Notes, gutters: set[int]) -> list[Run]:
    """One page's columns without their footnotes."""
    lines = attach_drop_caps(sheet.lines, measures)
    calls = Calls(lines, measures)
    before = notes.count, notes.open_size
    notes.marks = set()
    kept: list[Run] = []
    for column in reading_order(lines, gutters):
        rest = split_notes(column, measures, notes, calls)
        if rest:
            kept.append(Run(sheet.number, sheet.width, rest, sheet.rough))
    if before == (notes.count, notes.open_size):
        notes.open_size = 0.0
    drop_calls([line for run in kept for line in run.lines], notes.marks)
    return [run for run in kept if _with_text(run.lines)]


def _with_text(lines: list[Line]) -> bool:
    lines[:] = [line for line in lines if line.text and not line.text.isspace()]
    return bool(lines)
