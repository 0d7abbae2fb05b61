"""Which passages are for validation: decided once for each, the same ever after.

The passages are gone through in the order in which they were first planned, which nothing changes
later, whatever is accepted, rejected or taken back. So a passage stays on its side when the dataset
grows. A twin goes where its twin went; one that has twins on both sides belongs to neither file.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from dataset.twins import Twins

Side = Literal["train", "validation"]
Placed = Literal["train", "validation", "between"]

BETWEEN = "its passage is much like passages on both sides of the split"
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
        self._placed: list[Placed] = []
        rows, used, twins = self._look_through(planned)
        self._place(rows, twins)
        if share:
            self._fill_empty_side(used, twins)

    def side(self, passage_id: str) -> Placed:
        return self._placed[self._numbers[passage_id]]

    def __contains__(self, passage_id: str) -> bool:
        return passage_id in self._numbers

    def _look_through(
        self, planned: Iterable[Planned]
    ) -> tuple[list[tuple[int, str, str]], list[int], dict[int, list[int]]]:
        """The rows with their passages as numbers, the passages with something accepted, twins."""
        rows, used, twins = [], dict[int, None](), Twins()
        for row in planned:
            number = self._numbers.setdefault(row.passage_id, len(self._numbers))
            if number == len(self._placed):
                self._placed.append("train")
                twins.add(row.text)
            rows.append((number, row.template_id, row.phenomenon))
            if row.accepted:
                used[number] = None
        return rows, list(used), twins.earlier()

    def _place(self, rows: list[tuple[int, str, str]], twins: dict[int, list[int]]) -> None:
        names, deficits = list(self._numbers), _Deficits(self._share)
        seen = distinct = 0
        for number, template, phenomenon in rows:
            kinds = ("", f"t {template}", f"p {phenomenon}", f"{template} {phenomenon}")
            deficits.expect(kinds)
            if number == seen:
                seen += 1
                sides = {self._placed[one] for one in twins.get(number, ())} - {"between"}
                if not sides:
                    distinct += 1
                    draw = self._draw(names[number])
                    self._placed[number] = self._choose(distinct, deficits.behind(kinds), draw)
                else:
                    self._placed[number] = sides.pop() if len(sides) == 1 else "between"
            if self._placed[number] == "validation":
                deficits.meet(kinds)

    def _choose(self, distinct: int, behind: float, draw: float) -> Placed:
        """The first two passages go to different sides, so that the smallest dataset has both."""
        if not self._share or distinct == 1:
            return "train"
        if distinct == 2:
            return "validation"
        return "validation" if behind + _JITTER * (draw - 0.5) > 0.5 else "train"

    def _fill_empty_side(self, used: list[int], twins: dict[int, list[int]]) -> None:
        """A few accepted examples may all be of one side: then one group of twins changes over."""
        sides = {self._placed[number] for number in used} - {"between"}
        groups = [group for group in self._groups(twins) if group & set(used)]
        if len(sides) != 1 or len(groups) < 2:
            return
        other: Side = "train" if sides == {"validation"} else "validation"
        names = list(self._numbers)
        chosen = min(groups, key=lambda group: self._draw(names[min(group)]))
        for number in chosen:
            if self._placed[number] != "between":
                self._placed[number] = other

    def _groups(self, twins: dict[int, list[int]]) -> Iterator[set[int]]:
        """Passages tied to each other, by however many steps."""
        ties: dict[int, set[int]] = {number: set() for number in range(len(self._placed))}
        for number, others in twins.items():
            for other in others:
                ties[number].add(other)
                ties[other].add(number)
        while ties:
            group, todo = set[int](), {next(iter(ties))}
            while todo:
                number = todo.pop()
                group.add(number)
                todo |= ties.pop(number).difference(group)
            yield group

    def _draw(self, passage_id: str) -> float:
        """In [0, 1), from the passage and the seed alone."""
        text = f"{self._seed}|{passage_id}".encode("utf-8", "replace")
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / 2**64


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
