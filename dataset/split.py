"""Which passages are for validation: decided once for each, the same ever after.

The passages are gone through in the order in which they were first planned, which nothing changes
later, whatever is accepted, rejected or taken back. So a passage stays on its side when the dataset
grows. A twin goes where its twin went; one that has twins on both sides belongs to neither file.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from dataset.twins import Twins

Side = Literal["train", "validation"]
Placed = Literal["train", "validation", "between"]

BETWEEN = "its passage is much like passages on both sides of the split"
_FIRST: tuple[Side, Side] = ("train", "validation")
_JITTER = 0.5  # enough to make the choice a draw, too little to let a kind fall behind


class Planned(NamedTuple):
    """An assignment as far as a split depends on it; `accepted` only says whether it is in."""

    passage_id: str
    text: str
    template_id: str
    phenomenon: str
    accepted: bool


class Splitter:
    """`share` of the passages are for validation, of every template and phenomenon alike."""

    def __init__(self, planned: Iterable[Planned], *, share: float = 0.1, seed: int = 0) -> None:
        self._share = share
        self._seed = seed
        self._numbers: dict[str, int] = {}
        rows, used, twins = self._look_through(planned)
        drawn = self._drawn(rows, twins)
        self._placed = _parted(drawn, used, twins) if share else drawn

    def side(self, passage_id: str) -> Placed:
        return self._placed[self._numbers[passage_id]]

    def __contains__(self, passage_id: str) -> bool:
        return passage_id in self._numbers

    def _look_through(
        self, planned: Iterable[Planned]
    ) -> tuple[list[tuple[int, str, str]], set[int], dict[int, list[int]]]:
        """The rows with their passages as numbers, the passages with something accepted, twins."""
        rows, used, twins = [], set[int](), Twins()
        for row in planned:
            number = self._numbers.setdefault(row.passage_id, len(self._numbers))
            if len(self._numbers) > len(twins):
                twins.add(row.text)
            rows.append((number, row.template_id, row.phenomenon))
            if row.accepted:
                used.add(number)
        return rows, used, twins.earlier()

    def _drawn(self, rows: list[tuple[int, str, str]], twins: dict[int, list[int]]) -> list[Placed]:
        """The sides by number, from what was planned alone."""
        names, deficits = list(self._numbers), _Deficits(self._share)
        placed: list[Placed] = []
        for number, template, phenomenon in rows:
            kinds = ("", f"t {template}", f"p {phenomenon}", f"{template} {phenomenon}")
            deficits.expect(kinds)
            if number == len(placed):
                draw = _JITTER * (self._draw(names[number]) - 0.5)
                drawn: Side = "validation" if deficits.behind(kinds) + draw > 0.5 else "train"
                placed.append(_follow(placed, twins.get(number, ())) or drawn)
            if placed[number] == "validation":
                deficits.meet(kinds)
        return placed

    def _draw(self, passage_id: str) -> float:
        """In [0, 1), from the passage and the seed alone."""
        text = f"{self._seed}|{passage_id}".encode("utf-8", "replace")
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / 2**64


def _parted(drawn: list[Placed], used: set[int], twins: dict[int, list[int]]) -> list[Placed]:
    """The same, but that of the passages with something accepted the first is for training and the
    second for validation: else a small dataset could be all of one side.

    Looking no further than the second keeps this, too, from changing when more comes.
    """
    placed: list[Placed] = []
    settled = iter(_FIRST)
    for number, side in enumerate(drawn):
        others = twins.get(number, ())
        side = _follow(placed, others) or side
        if number in used and not others:
            side = next(settled, side)
        placed.append(side)
    return placed


def _follow(placed: Sequence[Placed], twins: Iterable[int]) -> Placed | None:
    """Where the earlier twins are, if there are any that are somewhere."""
    sides = {placed[one] for one in twins} - {"between"}
    if not sides:
        return None
    return sides.pop() if len(sides) == 1 else "between"


class _Deficits:
    """How many rows of each kind validation has too few of."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._lacking: dict[str, float] = {}

    def expect(self, kinds: tuple[str, ...]) -> None:
        for kind in kinds:
            self._lacking[kind] = self._lacking.get(kind, 0.0) + self._share

    def meet(self, kinds: tuple[str, ...]) -> None:
        for kind in kinds:
            self._lacking[kind] -= 1.0

    def behind(self, kinds: tuple[str, ...]) -> float:
        """Least squares: a row more is right when the kinds lack half a row on average."""
        return sum(self._lacking[kind] for kind in kinds) / len(kinds)
