"""How well the critic's checks find what a reviewer named, and how often they cry wolf.

    python bench/critic_checks.py ../shared/labels/examples.jsonl

Neighbours are the items before, as `inscape critique` takes them. Only examples, templates and
passages are given to the critic, never the labels.
"""

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from agents.critic import CODES, Critic, Policy
from agents.critic.codes import JUDGED
from agents.critic.verdict import SOFT
from corpus.passage import Passage
from dataset.example import Example, from_interchange
from dataset.records import Defect
from prompts.library import Library

MECHANICAL = tuple(
    code for code in CODES if code not in {*JUDGED, *SOFT} or code == "thinking-equals-response"
)
"""What needs no reading: the codes that Inscape promises to find."""


class Item(NamedTuple):
    """One judged example; an edited one gives two: before (defective) and after (clean)."""

    id: str
    clean: bool
    text: str
    wanted: frozenset[str]
    found: tuple[Defect, ...]

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(defect.code for defect in self.found)


class Figures(NamedTuple):
    recall: float
    false_alarms: float
    by_code: dict[str, tuple[int, int]]


async def items(path: Path) -> list[Item]:
    """Check every example of the file, each against those that stand before it."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    library = Library.load()
    critic = Critic([], library, Policy())
    before: dict[str, Example] = {}
    found = []
    for row, example, edited, wanted in _examples(rows):
        own = {} if edited else dict(before)
        template = library.template(str(row["template"]))
        verdict = await critic.judge(row["id"], example, template, _passage(row), near=own)
        clean = row["human"] == "approve" or edited
        name = row["id"] + ("-edited" if edited else "")
        found.append(Item(name, clean, _text(example), wanted, verdict.defects))
        before[row["id"]] = example
    return found


def figures(checked: Sequence[Item], codes: Sequence[str] = MECHANICAL) -> Figures:
    """Recall: items with a mechanical defect that get a code they were given, code by code."""
    wanted = Counter(code for item in checked for code in item.wanted)
    hit = Counter(code for item in checked for code in item.wanted & item.codes)
    mechanical = [item for item in checked if item.wanted & set(codes)]
    full = sum(item.wanted & set(codes) <= item.codes for item in mechanical)
    clean = [item for item in checked if item.clean]
    alarms = sum(bool(item.codes) for item in clean)
    return Figures(
        recall=full / max(1, len(mechanical)),
        false_alarms=alarms / max(1, len(clean)),
        by_code={code: (hit[code], wanted[code]) for code in CODES if wanted[code]},
    )


def _examples(
    rows: Sequence[dict[str, Any]],
) -> Iterator[tuple[dict[str, Any], Example, bool, frozenset[str]]]:
    for row in rows:
        yield row, from_interchange(row["example"]), False, frozenset(row["defects"])
        if row.get("edited"):
            yield row, from_interchange(row["edited"]), True, frozenset()


def _text(example: Example) -> str:
    parts = [(turn.thinking or "", turn.content) for turn in example.turns]
    return "\n".join(part for pair in parts for part in pair)


def _passage(row: dict[str, Any]) -> Passage:
    return Passage(row["passage_id"], "", "", "", 0, 0, 0, len(row["passage"]), row["passage"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    report(asyncio.run(items(parser.parse_args().file)))


def report(checked: Sequence[Item]) -> None:
    counted = figures(checked)
    for code, (hit, wanted) in counted.by_code.items():
        mark = "checks" if code in MECHANICAL else ""
        print(f"{code:26} {hit:3} of {wanted:3}  {mark}")
    print(f"\nmechanical items with all their codes: {counted.recall:.3f}")
    print(f"clean items with any code:             {counted.false_alarms:.3f}\n")
    for item in checked:
        missed = sorted((item.wanted & set(MECHANICAL)) - item.codes)
        extra = [defect for defect in item.found if defect.code not in item.wanted]
        if missed:
            print(f"{item.id} missed {', '.join(missed)}")
        for defect in extra:
            label = "FALSE ALARM" if item.clean else "not named by the reviewer"
            print(f"{item.id} {label}: {defect.code} ({defect.message})")


if __name__ == "__main__":
    main()
