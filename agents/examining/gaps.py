"""From win rates to what the next round needs: the gaps, as wishes for the scout."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.examining.measures import Rate

_LEAST = 0.5


@dataclass(frozen=True)
class Gaps:
    """Phenomena and templates in which tuned does not beat base, and how much each is wanted:
    0.5 where they are even, 1 where tuned always loses."""

    phenomena: Mapping[str, float]
    templates: Mapping[str, float]

    @classmethod
    def of(cls, phenomena: Mapping[str, Rate], templates: Mapping[str, Rate]) -> "Gaps":
        return cls(_wanted(phenomena), _wanted(templates))

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> "Gaps":
        return cls(data["phenomena"], data["templates"]) if data else cls({}, {})

    def as_json(self) -> dict[str, dict[str, float]]:
        return {"phenomena": dict(self.phenomena), "templates": dict(self.templates)}

    def changes_from(self, before: "Gaps", rates: Mapping[str, Rate]) -> list[str]:
        """A line for each wish that is new, gone or another, with the figures behind it."""
        lines = []
        for kind in ("phenomena", "templates"):
            old, new = getattr(before, kind), getattr(self, kind)
            for name in sorted(old.keys() | new.keys()):
                if old.get(name) != new.get(name):
                    lines.append(_change(name, old.get(name), new.get(name), rates.get(name)))
        return lines


def _wanted(rates: Mapping[str, Rate]) -> dict[str, float]:
    return {
        name: round(_LEAST + (0.5 - one.rate), 3)
        for name, one in rates.items()
        if one.n and one.rate <= 0.5
    }


def _change(name: str, old: float | None, new: float | None, rate: Rate | None) -> str:
    why = f": wins {rate.wins}, ties {rate.ties}, loses {rate.losses}" if rate else ""
    return f"{name} {old or 0:g} → {new or 0:g}{why}"
