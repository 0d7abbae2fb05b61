"""The examination as a page: in its own file, and as a part of the model card."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.examining.comparing import CHECKS


def write_report(file: Path, facts: Mapping[str, Any]) -> None:
    parts = [
        "## Examination\n",
        _how(facts),
        _overall(facts),
        _groups("phenomenon", facts["by_phenomenon"]),
        _groups("template", facts["by_template"]),
        _gaps(facts["gaps"]),
        _regressed(facts["regressions"]),
    ]
    file.write_text("\n".join(part for part in parts if part), encoding="utf-8")


def _how(facts: Mapping[str, Any]) -> str:
    sampling, judges = facts["sampling"], facts["judged_by"]
    if judges == [CHECKS]:
        by = (
            "**No model judged**: the answer with fewer mechanical defects counts as the better one"
        )
    else:
        names = ", ".join(f"`{name}`" for name in judges)
        by = f"{names} judged each pair blind, the order drawn by seed {sampling['seed']}"
    unread = facts["unreadable"]
    lost = f" {unread} judgements could not be read and count as even." if unread else ""
    return (
        f"{facts['probes']} held-out probes went to the base model and to the tuned one with the "
        f"same sampling (temperature {sampling['temperature']:g}, top-p {sampling['top_p']:g}, at "
        f"most {sampling['max_tokens']} tokens). {by}.{lost}\n"
    )


def _overall(facts: Mapping[str, Any]) -> str:
    loss, thinking = facts["held_out_loss"], facts["thinking"]
    repeated, plain = facts["repetition"], facts["regressions"]
    rows = [
        ("loss on held-out examples", _number(loss["base"]), _number(loss["tuned"])),
        (
            f"thinking well formed, where asked for (n={thinking['n']})",
            _share(thinking["base"]),
            _share(thinking["tuned"]),
        ),
        ("words in repeated runs of four", _share(repeated["base"]), _share(repeated["tuned"])),
        (
            f"plain questions answered plainly (n={plain['n']})",
            str(plain["base_right"]),
            str(plain["tuned_right"]),
        ),
    ]
    table = "\n".join(f"| {name} | {base} | {tuned} |" for name, base, tuned in rows)
    won = f"**Tuned beats base in {_rate(facts['win_rate'])}.**"
    return f"{won}\n\n| | base | tuned |\n|---|--:|--:|\n{table}\n"


def _groups(kind: str, rates: Mapping[str, Any]) -> str:
    if not rates:
        return ""
    rows = "\n".join(
        f"| {name} | {one['rate']:.0%} | {one['low']:.0%} to {one['high']:.0%} | {one['n']} |"
        for name, one in sorted(rates.items(), key=lambda item: (item[1]["rate"], item[0]))
    )
    return f"| {kind} | tuned wins | 95 % interval | n |\n|---|--:|--:|--:|\n{rows}\n"


def _gaps(gaps: Mapping[str, Mapping[str, float]]) -> str:
    named = [*gaps["phenomena"], *gaps["templates"]]
    if not named:
        return "No gaps: tuned beats base everywhere.\n"
    return f"Gaps, where tuned does not beat base: {', '.join(named)}.\n"


def _regressed(found: Mapping[str, Any]) -> str:
    if not found["regressed"]:
        return ""
    lines = "\n".join(f"- {one['ask']}" for one in found["regressed"])
    return f"**Regressions**, plain questions that only base still answers plainly:\n\n{lines}\n"


def _rate(one: Mapping[str, float]) -> str:
    return f"{one['rate']:.0%} (95 % interval {one['low']:.0%} to {one['high']:.0%}, n={one['n']})"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
