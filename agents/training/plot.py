"""The losses as a picture: an SVG without any library, readable on light and dark ground."""

from collections.abc import Mapping, Sequence
from pathlib import Path

Points = Sequence[Sequence[float]]

WIDTH, HEIGHT, EDGE = 640, 320, 48
COLOURS = {"train": "#8a9aab", "validation": "#c2552d"}


def draw_losses(losses: Mapping[str, Points], file: Path) -> None:
    """`losses` by curve: points of (step, loss)."""
    points = [point for curve in losses.values() for point in curve]
    if not points:
        return
    most = max(step for step, _ in points) or 1
    low, high = min(loss for _, loss in points), max(loss for _, loss in points)
    room = (high - low) or 1.0

    def at(step: float, loss: float) -> str:
        x = EDGE + (WIDTH - 2 * EDGE) * step / most
        y = EDGE + (HEIGHT - 2 * EDGE) * (high - loss) / room
        return f"{x:.1f},{y:.1f}"

    parts = [_frame(most, low, high)]
    for number, (name, curve) in enumerate(losses.items()):
        if curve:
            parts.append(_curve([at(*point) for point in curve], name, number))
    file.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")


def _frame(most: float, low: float, high: float) -> str:
    bottom, right = HEIGHT - EDGE, WIDTH - EDGE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12" fill="#777" role="img" aria-label="losses">\n'
        f'<path d="M{EDGE},{EDGE}V{bottom}H{right}" fill="none" stroke="#999"/>\n'
        f'<text x="4" y="{EDGE + 4}">{high:.2f}</text><text x="4" y="{bottom}">{low:.2f}</text>\n'
        f'<text x="{right}" y="{bottom + 18}" text-anchor="end">step {most:g}</text>'
    )


def _curve(points: Sequence[str], name: str, number: int) -> str:
    colour = COLOURS.get(name, "#777")
    dots = "".join('<circle cx="{}" cy="{}" r="3"/>'.format(*point.split(",")) for point in points)
    marks = f'<g fill="{colour}">{dots}</g>' if name == "validation" else ""
    return (
        f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="2"/>'
        f'{marks}<text x="{EDGE + 110 * number}" y="24" fill="{colour}">{name} loss</text>'
    )
