"""How many examples a model of a given size needs before tuning on them is worth the while."""

from collections.abc import Mapping
from typing import NamedTuple


class Size(NamedTuple):
    """Accepted examples: fewer than `minimum` teach nothing reliably, `recommended` is plenty."""

    minimum: int
    recommended: int

    def standing(self, total: int) -> str:
        """What a dataset of `total` examples is for this size, in a word or two."""
        if total >= self.recommended:
            return "enough"
        return "above the minimum" if total >= self.minimum else "too few"


SIZES: Mapping[str, Size] = {
    "7b": Size(100, 500),
    "30b": Size(200, 800),
    "70b": Size(300, 1000),
    "405b": Size(500, 1500),
}
