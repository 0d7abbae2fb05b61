"""`run --batch`: whole commands, with the real SDK clients, against a stub of both batch APIs."""

import json
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from desk.web.running import command
from inscape.project import Project
from memory.store import Store
from memory.tables import CallRow, VerdictRow
from tests.runs import ANTHROPIC, OPENAI, REHEARSAL, Inscape, adds_up
from tests.stub.fixtures import Server

BOTH = pytest.mark.parametrize("models", [OPENAI, ANTHROPIC], ids=["openai", "anthropic"])
PRICED = '[prices."stub"]\ninput = 2.0\noutput = 10.0\n'

pytestmark = pytest.mark.timeout(300)


def settings(inscape: Inscape, text: str) -> None:
    (inscape.project / "inscape.toml").write_text(text, encoding="utf-8")


def opened(inscape: Inscape) -> Store:
    return Store.of(Project(inscape.project))


def paid_once(accounts: dict[str, Any]) -> bool:
    """Every item that was answered was so once, and none was there twice at a time."""
    charged, missing = accounts["charged"], Counter(accounts["missing"])
    once = all(n == charged.get(one, 0) + missing[one] for one, n in accounts["handed_in"].items())
    return once and set(charged.values()) == {1} and accounts["marks_twice"] == 0


def wait_for_batch(stub: Server, number: int) -> None:
    while stub.accounts["batches"] < number:
        time.sleep(0.02)


@BOTH
def test_a_run_by_batches_asks_nothing_at_once_and_pays_half(
    online: Inscape, stub: Server, small_book: Path, models: tuple[str, ...]
) -> None:
    settings(online, PRICED)
    done = online("run", small_book, "--target", "6", *models, "--batch", "--json")
    assert done.code == 0, done.err
    assert done.json["accepted"] == 6 and adds_up(done.json)
    accounts = stub.accounts
    assert stub.stats["requests"] == 0 and accounts["items"] == [6, 6], "teachers, then judges"
    assert paid_once(accounts)
    assert (done.json["calls"], done.json["calls_reused"]) == (12, 0)
    full = (2.0 * done.json["input_tokens"] + 10.0 * done.json["output_tokens"]) / 1e6
    assert done.json["usd"] == pytest.approx(full / 2, rel=1e-3)
    assert online("doctor").code == 0


@BOTH
def test_what_failed_or_expired_is_asked_again_and_the_target_reached(
    online: Inscape, stub: Server, small_book: Path, models: tuple[str, ...]
) -> None:
    shares = {"errored": 0.1, "expired": 0.1, "canceled": 0.05}
    stub.control(batch_missing=shares, voice="wide")
    done = online("run", small_book, "--target", "12", *models, "--batch", "--json")
    assert done.code == 0, done.err
    assert done.json["accepted"] == 12 and adds_up(done.json)
    accounts = stub.accounts
    assert accounts["missing"] and paid_once(accounts)
    assert done.json["calls"] == sum(accounts["items"])


@pytest.mark.parametrize(("judge", "voice"), [("mixed", "wide"), ("accept", "echoing")])
def test_revisions_a_panel_and_the_scout_go_by_batches_and_no_judge_is_asked_twice(
    online: Inscape, stub: Server, small_book: Path, judge: str, voice: str
) -> None:
    """What the checks find changes as examples come in; a judge's question must not."""
    stub.control(judge=judge, voice=voice)
    panel = ("--critic", "openai:stub,anthropic:stub", "--scout", "anthropic:stub")
    asked = ("run", small_book, "--target", "10", "--teacher", "openai:stub", *panel, "--batch")
    done = online(*asked, "--concurrency", "1", "--json")
    assert done.code in (0, 10), done.err
    assert stub.stats["requests"] == 0 and paid_once(stub.accounts)
    with opened(online) as store, store._reading() as connection:
        calls = dict(
            connection.execute(
                select(CallRow.purpose, func.count()).group_by(CallRow.purpose)
            ).all()
        )
        judged = [
            json.loads(body)["judges"] for body in connection.scalars(select(VerdictRow.body))
        ]
        drafts = connection.scalar(select(func.count(func.distinct(VerdictRow.example_id))))
    assert calls["scout"] and (calls.get("revise") or judge == "accept")
    assert len(judged) == drafts, "nor was its word said twice"
    assert calls["judge"] == sum(map(len, judged))


def test_killed_while_the_id_is_known_to_nobody_it_waits_for_the_same_batch(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    """At Anthropic, where no batch carries a mark; bench/batch_kills.py does it to both."""
    stub.control(batch_hold=3, batch_seconds=1)
    asked = ("run", small_book, "--target", "4", *ANTHROPIC, "--batch", "--json")
    process = online.start(*asked)
    wait_for_batch(stub, 1)
    process.kill()
    process.communicate()
    with opened(online) as store:
        (batch,) = store.batches.open_batches()
    assert (batch.remote, batch.size) == ("", 4)
    stub.control(batch_hold=0, batch_seconds=0)
    done = online(*asked)
    assert done.code == 0, done.err
    assert stub.accounts["items"] == [4, 4] and paid_once(stub.accounts)


def test_stopped_while_it_waits_it_shows_the_batch_and_any_run_takes_its_answers(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    settings(online, PRICED)
    stub.control(batch_seconds=600)
    asked = ("run", small_book, "--target", "3", *OPENAI)
    process = online.start(*asked, "--batch")
    wait_for_batch(stub, 1)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "In batch at openai:stub: 0 of 3, since " in err and "You may close this" in err
    assert "In batch at openai:stub since " in out and "3 calls" in out
    (batch,) = online("status", "--json").json["batches"]
    assert batch["calls"] == 3 and batch["id"].startswith("batch_") and batch["most_usd"] > 0
    assert "In batch at openai:stub since " in online("status").out

    stub.control(batch_seconds=0, end_batches=True)
    done = online(*asked, "--json")  # without --batch
    assert done.code == 0, done.err
    assert stub.accounts["items"] == [3], "its answers were taken"
    assert stub.stats["requests"] == 3, "and the judges asked at once"
    assert online("status", "--json").json["batches"] == []


def test_a_server_or_model_without_batches_is_refused_before_anything_is_made(
    fresh: Inscape, stub: Server, small_book: Path
) -> None:
    fresh = Inscape(fresh.project, stub.env)
    stub.control(batches=False)
    asked = ("run", small_book, "--target", "3")
    done = fresh(*asked, "--teacher", f"openai:m@{stub.url}/v1", "--batch")
    assert done.code == 1
    assert "No batches are taken where 'openai:m@" in done.err and "--batch" in done.err
    done = fresh(*asked, *REHEARSAL, "--batch")
    assert done.code == 1 and "No batches are taken where 'rehearsal' is served" in done.err
    assert stub.stats["requests"] == 0 and not fresh.project.exists()


def test_a_batch_nobody_knows_any_more_is_an_error_until_it_is_given_up(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    stub.control(batch_seconds=600)
    asked = ("run", small_book, "--target", "3", *ANTHROPIC, "--batch")
    process = online.start(*asked)
    wait_for_batch(stub, 1)
    while not online("status", "--json").json["batches"][0]["id"]:
        time.sleep(0.1)
    process.kill()
    process.communicate()
    stub.control(reset=True)
    done = online(*asked)
    assert done.code == 1 and "msgbatch_stub_1" in done.err and "--resume never" in done.err
    done = online(*asked, "--resume", "never", "--json")
    assert done.code == 0, done.err
    assert "Given up" in done.err and adds_up(done.json)


def test_a_budget_holds_by_batches_and_a_preview_tells_half(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    settings(online, PRICED)
    asked = ("run", small_book, "--target", "8", *OPENAI, "--json")
    at_once = online(*asked, "--preview").json
    by_batch = online(*asked, "--batch", "--preview").json
    assert by_batch["most"]["usd"] == pytest.approx(at_once["most"]["usd"] / 2, abs=1e-3)
    assert "half price" in online(*asked[:-1], "--batch", "--preview").out
    assert stub.accounts["batches"] == 0
    done = online(*asked, "--batch", "--max-usd", "0.08")
    assert done.code == 12, done.err
    assert 0 < done.json["usd"] <= 0.08 and stub.accounts["items"][0] < 8
    with opened(online) as store, store._reading() as connection:
        assert connection.exec_driver_sql("select max(most_usd) from batches").scalar() <= 0.08
    done = online(*asked, "--batch", "--max-usd", "9")
    assert done.code == 0 and paid_once(stub.accounts)


def test_the_desk_starts_a_run_by_batches_as_it_was_typed(tmp_path: Path) -> None:
    asked = {"said": {"batch": True, "target": 5}, "passages": None, "ocr": False, "books": ["b"]}
    words = command(asked, Project(tmp_path))
    assert "--batch" in words and "--target=5" in words
    assert "--no-batch" in command({**asked, "said": {"batch": False}}, Project(tmp_path))
