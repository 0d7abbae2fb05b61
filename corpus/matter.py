"""What stands before and after the author's text: title pages, contents, licences, indexes."""

import re
from collections.abc import Sequence

from corpus.headings import key_of
from corpus.lines import Line
from corpus.measure import Measures
from corpus.pdf import OutlineEntry, Sheet

NOT_TEXT = re.compile(
    r"(?:table of )?contents|copyright(?: page)?|title ?page|half[ -]?title(?: page)?|"
    r"cover|imprint|dedication|"
    r"(?:list of )?(?:illustrations|figures|plates|maps|tables)|also by.*|"
    r"by the same author|other books by.*|"
    r"praise for.*|colophon|uncopyright|index|bibliography|(?:end|foot)?notes|"
    r"about the (?:author|publisher|type|translator).*|"
    r"about this (?:book|edition|e-?book)|"
    r"(?:publisher|editor|translator|transcriber|printer)[’']?s?[’']? "
    r"(?:note|preface|foreword|introduction)s?|"
    r"note on the (?:text|translation|type)|advertisements?|"
    r"(?:full )?project gutenberg.*|back cover|newsletter.*|landmarks",
    re.I,
)
_COPYRIGHT = re.compile(
    r"©|\bcopyright\b|all rights reserved|\bisbn\b|"
    r"first (?:published|printed|edition)|printed (?:in|by|and bound)|"
    r"library of congress|public domain|creative commons|cataloguing|project gutenberg",
    re.I,
)
_CONTENTS = re.compile(r"(?:table of )?contents|list of .*", re.I)
_LEADER = re.compile(r"(?:\s?[.·…_]\s?){3,}\s*(?:\d+|[ivxlc]+)?\s*$|\s{3,}\d+$")
_NUMBERED = re.compile(r".*\D\s+(?:\d{1,4}|[ivxlc]+)$")
_SAME = re.compile(
    r"by the same author|also by|other (?:books|works|titles)|in the same series", re.I
)
_FIRST_PAGES = 40


def front_pages(
    sheets: Sequence[Sheet], outline: Sequence[OutlineEntry], measures: Measures
) -> set[int]:
    """Numbers of the pages before the text, and of contents pages among the first ones."""
    start = _outlined_start(outline, sheets)
    if start is None:
        start = _seen_start(sheets, measures)
    return {sheet.number for sheet in sheets if sheet.number < start and sheet.lines}


def _outlined_start(outline: Sequence[OutlineEntry], sheets: Sequence[Sheet]) -> int | None:
    """The page of the first outline entry that is part of the text."""
    last = sheets[-1].number if sheets else 0
    for entry in outline:
        title = entry.title.strip()
        if entry.page < 1 or not key_of(title) or NOT_TEXT.fullmatch(title):
            continue
        if entry.page <= max(_FIRST_PAGES, 0.15 * last):
            return entry.page
        return None
    return None


def _seen_start(sheets: Sequence[Sheet], measures: Measures) -> int:
    """The first page that reads like text, past the last page of front matter."""
    start = sheets[0].number if sheets else 1
    prose_before = 0
    for sheet in sheets[:_FIRST_PAGES]:
        kind = page_kind(sheet.lines, measures)
        if kind in ("copyright", "contents"):
            if prose_before > 3:
                break
            start = sheet.number + 1
        elif kind == "sparse" and start == sheet.number:
            start = sheet.number + 1
        elif kind == "prose":
            prose_before += 1
    return start


def page_kind(lines: Sequence[Line], measures: Measures) -> str:
    """One of: empty, contents, copyright, sparse, prose."""
    if not lines:
        return "empty"
    texts = [line.text.strip() for line in lines]
    if _is_contents(texts):
        return "contents"
    words = sum(len(text.split()) for text in texts)
    legal = sum(bool(_COPYRIGHT.search(text)) for text in texts)
    if (legal >= 2 and words < 450) or (legal and words < 120):
        return "copyright"
    right, left = max(line.x1 for line in lines), min(line.x0 for line in lines)
    full = sum(
        line.x1 - line.x0 > 0.85 * (right - left) and line.size < 1.1 * measures.body
        for line in lines
    )
    if (words < 60 and full < 3) or any(_SAME.match(text) for text in texts[:2]):
        return "sparse"
    return "prose"


def _is_contents(texts: Sequence[str]) -> bool:
    led = sum(bool(_LEADER.search(text)) for text in texts)
    if led >= 3 and led >= 0.4 * len(texts):
        return True
    headed = any(_CONTENTS.fullmatch(text) for text in texts[:3])
    numbered = sum(bool(_NUMBERED.match(text)) for text in texts)
    return (headed and numbered + led >= 0.3 * len(texts)) or numbered >= 0.7 * len(texts) >= 5
