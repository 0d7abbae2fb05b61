"""The critic's word lists: YAML next to the code, read once."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def load(name: str) -> Any:
    """The YAML file `name` of this package."""
    return yaml.safe_load((files(__package__) / name).read_text(encoding="utf-8"))


@cache
def wordlist(name: str, key: str) -> frozenset[str]:
    """A list written as one long line of words."""
    return frozenset(load(name)[key].split())
