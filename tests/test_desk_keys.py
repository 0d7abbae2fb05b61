"""A key pressed twice by accident decides once; all others come as they are typed."""

from collections.abc import Sequence

import pytest

from desk.keys import Once


class Typed:
    """Keys with the seconds at which they were pressed; whoever asks too late gets them at once."""

    def __init__(self, keys: Sequence[tuple[float, str]]) -> None:
        self.clock, self._keys = 0.0, list(keys)

    def next(self) -> str:
        at, key = self._keys.pop(0) if self._keys else (self.clock, "q")
        self.clock = max(self.clock, at)
        return key


@pytest.mark.parametrize(
    ("typed", "comes"),
    [
        ([(0.1, "a")], "a"),
        ([(1, "a"), (1.1, "a")], "a"),
        ([(1, "a"), (1.1, "x")], "a"),
        ([(1, "a"), (1.3, "x")], "ax"),
        ([(1, "x"), (1.1, "3"), (1.2, "a")], "x3a"),
        ([(1, "j"), (1.01, "j"), (1.02, "a")], "jja"),
        ([(1 + n / 30, "a") for n in range(60)], "a"),
        ([(1, "a"), (1.05, "redraw"), (1.1, "a")], "aredraw"),
        ([(1, "space"), (1.1, "space"), (1.2, "u"), (1.21, "u")], "spaceuu"),
    ],
)
def test_a_deciding_key_needs_its_time(typed: list[tuple[float, str]], comes: str) -> None:
    keys = Typed(typed)
    once = Once(keys, lambda: keys.clock)
    assert "".join(iter(once.next, "q")) == comes


def test_time_counts_from_when_the_next_example_is_shown() -> None:
    """A machine that took a second over the first decision finds the second press waiting."""
    keys = Typed([(1, "a"), (1.1, "a")])
    once = Once(keys, lambda: keys.clock)
    assert once.next() == "a"
    keys.clock = 2
    assert once.next() == "q"
