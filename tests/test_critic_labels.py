"""The checks on examples that a reviewer has judged: what must be found, and what must not."""

import asyncio
from pathlib import Path

import pytest

from bench.critic_checks import Item, figures, items


@pytest.fixture(scope="module")
def checked(shared: Path) -> list[Item]:
    return asyncio.run(items(shared / "labels" / "examples.jsonl"))


def test_what_needs_no_reading_is_found(checked):
    counted = figures(checked)
    assert counted.recall >= 0.95, counted.by_code


def test_what_a_person_approved_is_left_alone(checked):
    alarms = [item.id for item in checked if item.clean and item.codes]
    assert figures(checked).false_alarms <= 0.03, alarms


def test_evidence_is_never_invented(checked):
    for item in checked:
        for defect in item.found:
            assert defect.evidence and defect.evidence in item.text, (item.id, defect)
