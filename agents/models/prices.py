"""What a call costs by list price; a model that is not listed has no price, not a wrong one."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from agents.models.base import Usage

_DATED = re.compile(r"(-\d{8}|-\d{4}-\d{2}-\d{2}|-latest)$")


class Price(NamedTuple):
    """USD per million tokens: fresh input, output, and what the provider's cache gives or takes."""

    input: float
    output: float
    cache_read: float
    cache_write: float


@cache
def list_prices() -> Mapping[str, Price]:
    """The table that comes with Inscape; without a price of its own a cached token is an input."""
    return {
        name: Price(**{"cache_read": row["input"], "cache_write": row["input"], **row})
        for name, row in _table()["prices"].items()
    }


def suggested() -> Mapping[str, str]:
    """By provider, the model that is offered to a person who names none."""
    found: dict[str, str] = _table()["suggested"]
    return found


def _table() -> dict[str, Any]:
    text = files("agents.models").joinpath("prices.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def batch_share() -> float:
    """What a batch costs of the list price."""
    share: float = _table()["batch"]["share"]
    return share


def price_of(name: str, own: Mapping[str, Price]) -> Price | None:
    """A person's own price wins; a dated snapshot costs what its family does."""
    bare = name.rpartition("/")[2]
    names = (name, bare, _DATED.sub("", bare))
    found = (prices[n] for prices in (own, list_prices()) for n in names if n in prices)
    return next(found, None)


def in_batch(price: Price | None) -> Price | None:
    return price and Price(*(batch_share() * part for part in price))


def usd_of(price: Price | None, usage: Usage, cache_written: int = 0) -> float | None:
    """None when the price is not known. `usage.input` holds cached and written tokens too."""
    if price is None:
        return None
    fresh = max(0, usage.input - usage.cached - cache_written)
    millionths = (
        fresh * price.input
        + usage.cached * price.cache_read
        + cache_written * price.cache_write
        + usage.output * price.output
    )
    return millionths / 1_000_000
