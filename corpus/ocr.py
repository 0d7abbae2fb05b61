"""What OCR gets wrong in ways that can be told: sizes, specks read as marks, I read as 1."""

import re
from collections.abc import Sequence

from corpus.lines import Line
from corpus.pdf import Sheet

_LOW, _HIGH = 0.76, 1.24  # a line as high as this beside the usual one is of the usual size
_SPECK = re.compile(r"(?:(?<=\s)|^)[:;,.'`~^°•*_|#=<>\\/\-¢€¥§]{1,2}(?=\s|$)")
_LONE_ONE = re.compile(r"(?<![\w.,$£#/-])[1|l](?= [a-z’'])|(?<=[“‘(])[1|l](?= [a-z])")
_DOTS = re.compile(r"(?:\. ){2,}\.|\*(?: \*)+")


def mend_ocr(sheets: Sequence[Sheet], body: float) -> None:
    """In place. `body` is the size of the text on the pages that were not recognised, if any."""
    heights = sorted(line.y1 - line.y0 for sheet in sheets for line in sheet.lines)
    if not heights:
        return
    usual = heights[len(heights) // 2]
    scale = body / usual if body else 1.0
    for sheet in sheets:
        for line in sheet.lines:
            high = line.y1 - line.y0
            size = usual if _LOW < high / usual < _HIGH else high
            line.size = line.first = size * scale
            line.text = _mended(line.text)
        sheet.lines = [line for line in sheet.lines if _says_something(line)]


def _mended(text: str) -> str:
    text = _LONE_ONE.sub("I", text)
    if _DOTS.search(text):
        return text
    return " ".join(_SPECK.sub("", text).split())


def _says_something(line: Line) -> bool:
    return any(map(str.isalnum, line.text)) or _DOTS.search(line.text) is not None
