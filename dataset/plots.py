"""The two pictures of a card, as plain SVG: how long the examples are, and what they cover."""

from collections.abc import Mapping, Sequence
from html import escape

_INK, _SOFT, _FILL = "#333", "#ddd", "#4a7a9c"
_STYLE = "font-family:sans-serif;font-size:11px"


def lengths_svg(bins: Sequence[tuple[int, int]], width: int = 640, height: int = 220) -> str:
    """A histogram; each bin is its least number of words and how many examples it has."""
    left, bottom, top = 46, 34, 12
    most = max(n for _, n in bins)
    wide, tall = (width - left - 10) / len(bins), height - bottom - top
    every = -(-len(bins) // 12)
    parts = []
    for place, (low, n) in enumerate(bins):
        x, bar = left + place * wide, tall * n / most
        parts.append(_bar(x + 1, top + tall - bar, max(wide - 2, 0.5), bar, f"{low}+ words: {n:,}"))
        if place % every == 0:
            parts.append(_text(x, height - bottom + 14, f"{low:,}"))
    parts.append(_text(left - 6, top + 9, f"{most:,}", "end"))
    parts.append(_text(left - 6, top + tall, "0", "end"))
    parts.append(_text(left + (width - left) / 2, height - 4, "words in an example", "middle"))
    return _svg(width, height, "How long the examples are", parts)


def coverage_svg(cells: Mapping[tuple[str, str], int]) -> str:
    """Templates across, phenomena down; the fuller a square, the more examples it stands for."""
    columns, rows = (sorted({key[place] for key in cells}) for place in (0, 1))
    left, top, side = 150, 88, 26
    most = max(cells.values())
    parts = []
    for x, column in enumerate(columns):
        at = left + x * side + side / 2
        turn = f'transform="rotate(-55 {at:.1f} {top - 6})"'
        parts.append(_text(at, top - 6, column, extra=turn))
    for y, row in enumerate(rows):
        parts.append(_text(left - 6, top + y * side + side / 2 + 4, row, "end"))
        for x, column in enumerate(columns):
            n = cells.get((column, row), 0)
            parts.append(_cell(left + x * side, top + y * side, side - 2, n, most, column, row))
    width, height = left + len(columns) * side + 90, top + len(rows) * side + 10
    return _svg(width, height, "How many examples of each phenomenon by each template", parts)


def _cell(x: int, y: int, side: int, n: int, most: int, column: str, row: str) -> str:
    label = escape(f"{row} by {column}: {n:,}")
    dark = n > most / 2
    number = _text(x + side / 2, y + side / 2 + 4, f"{n:,}" if n else "", "middle", dark=dark)
    return (
        f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="{_SOFT}" fill-opacity="0.4"/>'
        f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="{_FILL}" '
        f'fill-opacity="{n / most:.2f}"><title>{label}</title></rect>{number}'
    )


def _bar(x: float, y: float, width: float, height: float, label: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{_FILL}">'
        f"<title>{escape(label)}</title></rect>"
    )


def _text(
    x: float, y: float, text: str, anchor: str = "start", *, extra: str = "", dark: bool = False
) -> str:
    fill = "#fff" if dark else _INK
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}"'
    return f"<text {place} {extra}>{escape(text)}</text>"


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" style="{_STYLE}">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n{body}\n</svg>\n'
    )
