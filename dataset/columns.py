"""The columns of each format with their types, as the Hub writes them in a card.

Without them a loader guesses from the first rows, and stops where a later one has a key more.
"""

from typing import Any

from dataset.formats import FORMATS, PREFERENCE, Style

Column = dict[str, Any]

_LISTS = {
    "messages": ("messages",),
    "openai": ("messages",),
    "axolotl": ("messages",),
    "parquet": ("messages",),
    "prompt-completion": ("prompt", "completion"),
    PREFERENCE: ("prompt", "chosen", "rejected"),
}
PARQUET = {
    **dict.fromkeys(("id", "template", "phenomenon", "book", "title", "chapter"), "string"),
    **{"page_start": "int32", "page_end": "int32"},
    **dict.fromkeys(("passage", "passage_sha256", "provenance"), "string"),
    "rehearsal": "bool",
}
"""What stands beside the messages in a Parquet file; `provenance` is JSON text."""


def columns(
    name: str, style: Style, *, system: bool, states: bool, rehearsal: bool
) -> list[Column]:
    """`system`, `states`, `rehearsal`: whether any row has one."""
    strict = name in FORMATS and FORMATS[name].strict
    aside = [] if strict else _aside(style, states=states)
    if name == "alpaca":
        found = [*map(_text, ("instruction", "input", "output")), *_aside(style, states=False)]
        found += [{"name": "history", "list": {"list": "string"}}]
    elif name == "sharegpt":
        found = [_said("conversations", ("from", "value"), aside)]
    else:
        found = [_said(one, ("role", "content"), aside) for one in _LISTS[name]]
    if name == "parquet":
        return found + [{"name": column, "dtype": dtype} for column, dtype in PARQUET.items()]
    if system and name in ("alpaca", "sharegpt"):
        found.append(_text("system"))
    if rehearsal and not strict:
        found.append({"name": "rehearsal", "dtype": "bool"})
    return found


def _aside(style: Style, *, states: bool) -> list[Column]:
    """What may stand beside the text of a turn."""
    thought = [_text(style.key)] if style.thinking == "field" else []
    return [*thought, *([_text("state")] if states else [])]


def _said(name: str, keys: tuple[str, str], aside: list[Column]) -> Column:
    own = [dict(column) for column in aside]  # shared ones would be written as YAML anchors
    return {"name": name, "list": [*map(_text, keys), *own]}


def _text(name: str) -> Column:
    return {"name": name, "dtype": "string"}
