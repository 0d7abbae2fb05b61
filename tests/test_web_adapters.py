"""The adapters on the desk: one examined, one in training, one that stopped."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from agents.examining.comparing import Compared, Pair
from agents.examining.gaps import Gaps
from agents.examining.measures import Rate
from agents.trainer import Place
from agents.training.place import write_json
from agents.training.plot import draw_losses
from inscape.project import Project
from prompts.library import Library
from tests.browser import violations

LOSSES = {"train": [[1, 2.5], [2, 2.1]], "validation": [[0, 2.6], [2, 2.2]]}
SAID = "<script>document.title = 'taken'</script> I wait."


def begun(project: Project, name: str) -> Place:
    place = Place(project.adapters / name)
    place.root.mkdir(parents=True)
    plan = {"recipe": {"base": "some/base", "stage": "sft", "r": 16}, "rehearsal": False}
    write_json(place.plan_file, plan)
    return place


def trained(project: Project, name: str) -> Place:
    place = begun(project, name)
    result = {"train": 40, "steps": 2, "base_eval_loss": 2.6, "eval_loss": 2.2, "losses": LOSSES}
    write_json(place.result_file, result)
    draw_losses(LOSSES, place.losses)
    return place


def examined(place: Place) -> None:
    probes = Library.load().probes.inner[:4]
    pairs = [
        Compared(Pair(probe, "Base says so.", SAID), points, "base", "because")
        for probe, points in zip(probes, (1.0, 0.5, 0.0, 1.0), strict=True)
    ]
    rates = {"dread": Rate(1, 0, 0), "joy": Rate(0, 0, 1)}
    facts = {
        "judged_by": ["openai:judge"],
        "win_rate": Rate(2, 1, 1).as_json(),
        "by_phenomenon": {name: rate.as_json() for name, rate in rates.items()},
        "by_template": {"monologue": Rate(2, 1, 1).as_json()},
        "gaps": Gaps.of(rates, {}).as_json(),
        "held_out_loss": {"base": 2.6, "tuned": 2.2},
        "thinking": {"n": 0, "base": None, "tuned": None},
        "repetition": {"base": 0.1, "tuned": 0.2},
        "regressions": {
            "n": 12,
            "base_right": 12,
            "tuned_right": 11,
            "regressed": [{"id": "a", "ask": "17 plus 25?", "base": "42", "tuned": "I wonder."}],
        },
        "pairs": [one.as_json() for one in pairs],
    }
    write_json(place.examination, facts)


@pytest.mark.parametrize("dark", [False, True])
def test_an_examination_is_a_page_that_anyone_can_read(
    opened: Any, project: Project, dark: bool
) -> None:
    examined(trained(project, "base-1"))
    page = opened("/adapters", width=390 if dark else 1280, dark=dark)
    assert violations(page) == []
    page.get_by_role("link", name="base-1").click()
    page.wait_for_selector("h1:has-text('base-1')")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    text = page.inner_text("main")
    assert "Tuned beats base in 62% of 4 comparisons" in text
    assert "17 plus 25?" in text and "I wonder." in text
    assert [one.inner_text() for one in page.query_selector_all(".pair summary .status")] == [
        "base is better",
        "even",
        "tuned is better",
        "tuned is better",
    ]
    worst = page.query_selector_all(".wins tbody tr td:first-child")[0]
    assert worst.inner_text() == "joy"
    assert page.title() == "base-1 · Inscape"
    assert page.evaluate("document.querySelector('.losses').naturalWidth > 0")


def test_a_training_is_followed_while_it_goes_on(opened: Any, project: Project) -> None:
    place = begun(project, "base-2")
    page = opened("/adapters")
    page.wait_for_selector("text=Training begins")
    step = {"event": "step", "step": 7, "steps": 90, "loss": 1.5, "tokens_per_second": 80.0}
    write_json(place.progress_file, {**step, "eta": 300.0})
    page.wait_for_selector("text=step 7 of 90")
    said = page.inner_text("#adapters")
    assert "step 7 of 90, loss 1.500, 80 tokens a second, about 5 minutes left" in said
    long_ago = time.time() - 3600
    os.utime(place.progress_file, (long_ago, long_ago))
    page.wait_for_selector("text=Training stopped")
    said = page.inner_text("#adapters")
    assert "Training stopped at step 7: inscape train --resume goes on" in said


@pytest.mark.parametrize("name", ["none", "..%2f..", "%2e%2e%2finscape.toml"])
def test_no_address_leads_to_a_file_elsewhere(opened: Any, project: Project, name: str) -> None:
    trained(project, "base-1")
    page = opened(f"/adapters/{name}")
    assert "There is no" in page.inner_text("main")


def test_what_is_read_is_what_the_trainer_and_the_examiner_wrote(tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert place.examined() is None
    assert place.progress() == {}
    place.examination.write_text(json.dumps({"pairs": []}), encoding="utf-8")
    assert place.examined() == {"pairs": []}
