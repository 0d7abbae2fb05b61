"""What a provider's prompt cache would have held: counted as Anthropic and OpenAI document it.

Anthropic keeps what stands before a mark, for five minutes after its last use, and can read it once
the first answer has begun. OpenAI keeps every prompt's beginning by itself, in steps of 128 tokens.
Both take no notice of less than about a thousand tokens.
"""

import time
from collections.abc import Iterator
from typing import NamedTuple

from tests.stub.wires import Asked, tokens

LEAST = 1024
_KEPT = 300.0  # seconds
_STEP = 128  # tokens


class Cached(NamedTuple):
    """Tokens of a prompt that were found in the cache, and that were put there for a price."""

    read: int = 0
    written: int = 0


class PromptCache:
    def __init__(self) -> None:
        self._until: dict[tuple[str, str], float] = {}

    def look(self, asked: Asked, least: int) -> Cached:
        """As a request comes in."""
        live = [size for size, key in _beginnings(asked, least) if self._has(key)]
        if live:
            return Cached(read=max(live))
        marked = asked.provider == "anthropic"
        return Cached(
            written=max((size for size, _ in _beginnings(asked, least)), default=0) * marked
        )

    def keep(self, asked: Asked, least: int) -> None:
        """As its answer begins."""
        for _, key in _beginnings(asked, least):
            self._until[key] = time.monotonic() + _KEPT

    def _has(self, key: tuple[str, str]) -> bool:
        return self._until.get(key, 0.0) > time.monotonic()


def _beginnings(asked: Asked, least: int) -> Iterator[tuple[int, tuple[str, str]]]:
    """Each beginning that could be kept: its tokens, and what tells it from others."""
    model = str(asked.body.get("model", ""))
    if asked.provider == "anthropic":
        marked = any("cache_control" in block for block in asked.body.get("system") or [])
        if marked and (size := tokens(asked.system)) >= least:
            yield size, (model, asked.system)
        return
    text = f"{asked.system}\n{asked.said}"
    for size in range(_STEP, tokens(text) + 1, _STEP):
        if size >= least:
            yield size, (model, text[: 4 * size])
