"""How the stub behaves, changed by `POST /control`, and what it has seen, told by `GET /stats`."""

import hashlib
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

PASSING = ("429", "500", "529", "reset", "refusal", "truncated", "prose", "fenced", "empty")
"""What a plain rate of faults is shared among; `hang` and the fatal ones must be asked for."""


@dataclass
class Control:
    """`script` is used up request by request: fault names, `ok`, or `{"text", "stop"}`.

    Of batches: seconds until they end, seconds between their creation and the answer to it, shares
    of items that end `errored`, `expired` or `canceled`, how often an ended batch is told without
    its file of answers; `batch_script` is used up batch by batch:
    `500` (not created), `lost` (created, but the answer is not that), or why it fails as a whole.
    """

    seed: int = 0
    latency: float = 0.0
    jitter: float = 0.2
    judge: str = "accept"
    voice: str = "wide"
    faults: dict[str, float] = field(default_factory=dict)
    script: list[Any] = field(default_factory=list)
    retry_after: str = "0.05"
    key: str = ""
    limit: int = 0
    cache_least: int = 1024
    unsupported: list[str] = field(default_factory=list)
    unsupported_error: str = "schema"
    batches: bool = True
    batch_seconds: float = 0.0
    batch_hold: float = 0.0
    batch_late: int = 0
    batch_missing: dict[str, float] = field(default_factory=dict)
    batch_script: list[str] = field(default_factory=list)

    def change(self, wish: dict[str, Any]) -> None:
        for name, value in wish.items():
            if name == "faults" and isinstance(value, int | float):
                value = dict.fromkeys(PASSING, value / len(PASSING)) if value else {}
            if not hasattr(self, name):
                raise KeyError(name)
            setattr(self, name, value)


@dataclass
class Seen:
    """Counts by body; `in_flight` is between the arrival of a request and the end of its answer."""

    requests: int = 0
    answered: int = 0
    in_flight: int = 0
    max_in_flight: int = 0
    first: float = 0.0
    last: float = 0.0
    times: Counter[str] = field(default_factory=Counter)
    answered_times: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    handed_in: Counter[str] = field(default_factory=Counter)
    charged: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)

    def arrive(self, digest: str, body: dict[str, Any], kind: str, key: str) -> int:
        """How often this body has been seen, this time included."""
        self.first = self.first or time.time()
        self.requests += 1
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        self.times[digest] += 1
        self.kinds[kind] += 1
        self.bodies[digest] = body
        self.keys.add(key)
        return self.times[digest]

    def told(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "answered": self.answered,
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "seconds": max(0.0, self.last - self.first),
            "by_kind": dict(self.kinds),
            "by_fault": dict(self.faults),
            "keys": sorted(self.keys),
            "times": dict(self.times),
            "answered_times": dict(self.answered_times),
        }


def digest_of(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]


def draws(seed: int, digest: str, times: int) -> random.Random:
    """From seed, body and how often seen; never from the order of arrival."""
    return random.Random(f"{seed}|{digest}|{times}")


def fault_for(control: Control, draw: random.Random) -> Any:
    """The next of the script, else one drawn by the rates, else `ok`."""
    dice = draw.random()
    if control.script:
        return control.script.pop(0)
    for name, rate in control.faults.items():
        dice -= rate
        if dice < 0:
            return name
    return "ok"
