"""First looks, the audit and calibration in a run: who is asked what, and what becomes of it."""

import json
from pathlib import Path

import pytest

from dataset.records import Decision, Score, Verdict
from graph.trusting import Trusting
from inscape.project import Project
from inscape.settings import Settings
from memory.store import Store
from prompts.library import Library
from tests.projects import make_project
from tests.runs import OPENAI, Inscape
from tests.stub.fixtures import Server


def test_the_first_ten_are_shown_and_no_run_stops_for_it(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    stub.control(voice="wide")
    asked = ("run", small_book, "--target", "12", *OPENAI, "--json")
    done = online(*asked)
    assert (done.code, done.json["escalated"]) == (0, 0), done.err
    queue = online("review", "--list", "--json").lines
    assert len(queue) == 10
    assert all("first-look" in item["reasons"] for item in queue)
    status = online("status", "--json").json
    assert status["calibration"]["looks"] == 10
    assert status["calibration"]["active"] is False
    assert status["diversity"]["by_round"][-1]["accepted"] == 12
    assert 1 < status["diversity"]["by_round"][-1]["effective_size"] <= 12

    for item, answer in zip(queue, ("reject", "accept", "ignore"), strict=False):
        words = ("review", "--decide", item["id"], "--answer", answer)
        assert online(*words).code == 0
    left = online("review", "--list", "--json").lines
    assert len(left) == 8
    assert left[-1]["id"] == queue[2]["id"]  # passed over: to the end
    again = online(*asked)
    assert (again.code, again.json["accepted"]) == (0, 12), again.err
    kept = {row["id"] for row in _rows(online)}
    assert queue[0]["id"] not in kept
    assert queue[1]["id"] in kept
    assert len(online("review", "--list", "--json").lines) == 8


def _rows(online: Inscape) -> list[dict[str, str]]:
    manifest = (online.project / "exports/latest/manifest.json").read_text(encoding="utf-8")
    return list(json.loads(manifest)["rows"])


def test_a_rehearsal_asks_nobody(inscape: Inscape, small_book: Path) -> None:
    words = ("--teacher", "rehearsal", "--critic", "rehearsal", "--json")
    assert inscape("run", small_book, "--target", "3", *words).code == 0
    assert inscape("review", "--list", "--json").out == ""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def judged(score: float) -> Verdict:
    ids = [one.id for one in Library.load().rubric.questions]
    scores = tuple(Score(question=one, score=score, judge="j") for one in ids)
    return Verdict(ruling="escalate", reason="", scores=scores, judges=("j",))


def test_thirty_decisions_draw_new_lines_and_an_undo_takes_one_back(project: Project) -> None:
    queue = make_project(project, accepted=0, waiting=30)
    with Store.open(project.store) as store:
        trusting = Trusting(store, Library.load(), Settings())
        for number, key in enumerate(queue):
            assert trusting.now() is None
            store.save_verdict(key, judged(4.5 if number % 2 else 2.0))
            store.decide(Decision(example_id=key, answer="accept" if number % 2 else "reject"))
        trust = trusting.now()
        assert trust is not None
        assert trust.taste.n == 30
        assert trusting.asks(queue[0], judged(4.5)) in ("", "audit")
        assert store.events(kind="calibration")[0].detail["decisions"] == 30
        store.undo()
        assert trusting.now() is None
        assert store.decided()[-1][1] is False


def test_status_says_what_other_lines_would_cost(project: Project) -> None:
    queue = make_project(project, accepted=0, waiting=30)
    with Store.open(project.store) as store:
        for number, key in enumerate(queue):
            store.save_verdict(key, judged(4.5 if number % 2 else 2.0))
            store.decide(Decision(example_id=key, answer="accept" if number % 2 else "reject"))
    inscape = Inscape(project.root)
    told = inscape("status", "--json").json["calibration"]
    assert told["active"] is True
    assert [one["precision"] for one in told["choices"]] == [0.9, 0.95, 0.98]
    shares = [one["escalated"] for one in told["choices"]]
    assert shares == sorted(shares)
    page = inscape("status").out
    assert "precision 98%" in page
    assert "minutes a hundred" in page
