"""Arabic and Roman numbers as they are printed in books."""

import re

_ROMAN = re.compile(r"(?=[mdclxvi])m{0,3}(cm|cd|d?c{0,4})(xc|xl|l?x{0,4})(ix|iv|v?i{0,4})", re.I)
_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}


def roman_value(text: str) -> int | None:
    """None when `text` is no Roman numeral (of one case)."""
    if not _ROMAN.fullmatch(text) or not (text.islower() or text.isupper()):
        return None
    values = [_VALUES[char] for char in text.lower()]
    following = [*values[1:], 0]
    return sum(
        -value if value < after else value for value, after in zip(values, following, strict=True)
    )
