"""The main job from a book to a dataset: whole commands against rehearsal and the stub server."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.runs import (
    ANTHROPIC,
    OPENAI,
    REHEARSAL,
    ROOT,
    Inscape,
    adds_up,
    kill_after,
)
from tests.stub.fixtures import KEY, Server

OUTCOMES = ("accepted", "escalated", "rejected", "failed")


def test_the_example_book_becomes_a_dataset_and_the_same_command_again_pays_nothing(
    fresh: Inscape, example_book: Path
) -> None:
    asked = ("run", example_book, "--target", "15", *REHEARSAL, "--json")
    first = fresh.apart(*asked)
    assert first.code == 0, first.err
    report = first.json
    assert report["stop"] == "target"
    assert report["accepted"] >= 15
    assert report["calls"] >= 15
    assert adds_up(report)

    again = fresh(*asked)
    assert again.code == 0, again.err
    assert again.json["calls"] == 0
    assert [again.json[one] for one in OUTCOMES] == [report[one] for one in OUTCOMES]

    status = fresh("status", "--json").json
    assert len(status["by_template"]) == 5
    assert all(one["accepted"] for one in status["by_template"].values())
    assert status["calls"] == report["calls"]

    rows = (fresh.project / "exports/latest/train.jsonl").read_text(encoding="utf-8")
    assert 10 <= len(rows.splitlines()) <= report["accepted"]
    card = (fresh.project / "exports/latest/README.md").read_text(encoding="utf-8")
    assert "rehearsal" in card.casefold()
    manifest = json.loads((fresh.project / "exports/latest/manifest.json").read_text("utf-8"))
    assert "rehearsal" in json.dumps(manifest)


@pytest.mark.parametrize("models", [OPENAI, ANTHROPIC], ids=["openai", "anthropic"])
def test_the_same_run_works_over_http(
    online: Inscape, stub: Server, small_book: Path, models: tuple[str, ...]
) -> None:
    done = online("run", small_book, "--target", "8", *models, "--json")
    assert done.code == 0, done.err
    assert done.json["accepted"] >= 8
    assert adds_up(done.json)
    assert done.json["calls"] == stub.stats["requests"]
    assert done.json["input_tokens"] > 0
    assert set(stub.stats["by_kind"]) >= {"teach", "judge"}
    assert set(stub.stats["answered_times"].values()) == {1}


@pytest.mark.timeout(400)
def test_killed_at_any_moment_it_goes_on_and_pays_nothing_twice(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    stub.control(latency=0.08)
    asked = ("run", small_book, "--target", "9", *OPENAI, "--concurrency", "3", "--json")
    for answered in (3, 8, 13):
        kill_after(online, stub, asked, answered)
    last = online(*asked)
    assert last.code == 0, last.err
    assert last.json["accepted"] >= 9
    assert adds_up(last.json)

    store = sqlite3.connect(online.project / "memory.db")
    bodies = [row[0] for row in store.execute("select body from examples")]
    assert len(bodies) == len(set(bodies))
    left = list(store.execute("select purpose, status from calls where status != 'answered'"))
    # Of two alike that were judged when the run died, the one accepted first spares the other.
    assert set(left) <= {("judge", "sent")}
    assert len(left) <= 3 * 3
    store.close()
    twice = [n for n in stub.stats["answered_times"].values() if n > 1]
    assert sum(twice) - len(twice) <= 3 * 3  # only what was in flight at one of three kills


def test_a_revision_is_asked_for_with_all_that_the_first_draft_was_asked_for_with(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    """Every draft begins alike here, so that openings wear out and drafts are sent back for it."""
    stub.control(voice="echoing")
    online("run", small_book, "--target", "8", *OPENAI, "--concurrency", "1", "--max-calls", "60")
    with contextlib.closing(sqlite3.connect(online.project / "memory.db")) as store:
        rows = store.execute("select assignment_id, purpose, request from calls").fetchall()
    asked = [(key, purpose, json.loads(request)) for key, purpose, request in rows]
    first = {key: said["messages"][0] for key, purpose, said in asked if purpose == "teach"}
    revised = [(key, said["messages"][0]) for key, purpose, said in asked if purpose == "revise"]
    assert any("it is here again" in text for _, (_, text) in revised)
    assert all(said == first[key] for key, said in revised)


def test_escalated_examples_wait_for_a_person_and_their_word_moves_the_run(
    online: Inscape, stub: Server, small_book: Path, tmp_path: Path
) -> None:
    stub.control(judge="escalate")
    asked = ("run", small_book, "--target", "4", *OPENAI, "--json")
    stopped = online(*asked)
    assert stopped.code == 10, stopped.err
    assert (stopped.json["stop"], stopped.json["escalated"]) == ("review", 4)

    queue = online("review", "--list", "--json").lines
    assert len(queue) == 4
    assert set(queue[0]) >= {"id", "template", "passage", "example", "verdict", "reasons"}

    answers = ("accept", "accept", "reject")
    for item, answer in zip(queue, answers, strict=False):
        done = online("review", "--decide", item["id"], "--answer", answer, "--by", "Ann")
        assert done.code == 0, done.err
    calls = stub.stats["requests"]
    again = online(*asked)
    assert again.code == 10
    assert (again.json["accepted"], again.json["escalated"]) == (2, 2)
    rejected = again.json["rejected"]  # the one, and what was too much like the two accepted
    assert rejected >= 1
    assert stub.stats["requests"] > calls

    undone = online("review", "--undo")
    assert undone.code == 0, undone.err
    status = online("status", "--json").json
    assert (status["accepted"], status["escalated"]) == (2, 3)
    assert status["rejected"] == rejected - 1


def test_an_edited_example_is_accepted_as_edited_and_its_story_told(
    online: Inscape, stub: Server, small_book: Path, tmp_path: Path
) -> None:
    stub.control(judge="escalate")
    assert online("run", small_book, "--target", "1", *OPENAI).code == 10
    edited = {"instruction": "Say it.", "input": "", "output": "I am here, and I do not know."}
    file = tmp_path / "edited.json"
    file.write_text(json.dumps(edited), encoding="utf-8")
    waiting = online("review", "--list", "--json").lines[0]["id"]
    done = online("review", "--decide", waiting, "--answer", "edit", "--example", file)
    assert done.code == 0, done.err
    assert "I do not know." in json.dumps(online("why", waiting, "--json").json)
    last = online("run", small_book, "--target", "1", *OPENAI, "--json")
    assert (last.code, last.json["accepted"]) == (0, 1)


def test_ctrl_c_ends_gently_and_the_same_command_goes_on(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    stub.control(latency=0.15, voice="wide")
    asked = ("run", small_book, "--target", "12", *OPENAI, "--concurrency", "2", "--json")
    process = online.start(*asked)
    while stub.stats["answered"] < 4:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    report = json.loads(out)
    assert report["stop"] == "interrupted"
    assert adds_up(report)
    assert stub.stats["in_flight"] == 0

    last = online(*asked)
    assert last.code == 0, last.err
    assert set(stub.stats["answered_times"].values()) == {1}


def test_a_budget_stops_before_the_call_that_would_exceed_it_and_raising_it_goes_on(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    asked = ("run", small_book, "--target", "6", *OPENAI, "--json", "--max-calls")
    stopped = online(*asked, "7")
    assert stopped.code == 12, stopped.err
    assert stopped.json["calls"] == 7 == stub.stats["requests"]
    assert adds_up(stopped.json)
    still = online(*asked, "7")
    assert (still.code, still.json["calls"]) == (12, 0)
    last = online(*asked, "100")
    assert last.code == 0, last.err
    assert set(stub.stats["answered_times"].values()) == {1}


def test_a_model_may_scout_too_and_its_word_is_kept(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    asked = ("run", small_book, "--target", "2", *OPENAI, "--scout", "openai:scout", "--json")
    stopped = online(*asked, "--max-calls", "0")
    assert (stopped.code, stopped.json["calls"]) == (12, 0), stopped.err
    done = online(*asked)
    assert done.code == 0, done.err
    assert stub.stats["by_kind"]["scout"] >= 1
    store = sqlite3.connect(online.project / "memory.db")
    query = "select count(*) from calls where purpose = 'scout' and status = 'answered'"
    assert store.execute(query).fetchone()[0] == stub.stats["by_kind"]["scout"]
    rated = store.execute("select count(*) from passages where phenomena = '[\"doubt\"]'")
    assert rated.fetchone()[0] >= 4
    store.close()
    assert online(*asked).json["calls"] == 0


def test_a_server_that_does_not_answer_is_one_line_and_nothing_is_lost(
    inscape: Inscape, small_book: Path
) -> None:
    model = "openai:m@http://127.0.0.1:9/v1"
    done = inscape("run", small_book, "--target", "3", "--teacher", model, "--critic", "rehearsal")
    assert done.code == 1
    assert "127.0.0.1:9" in done.err
    assert "Traceback" not in done.err
    last = inscape("run", small_book, "--target", "3", *REHEARSAL, "--json")
    assert last.code == 0, last.err


def test_rehearsal_and_real_examples_never_mix(online: Inscape, small_book: Path) -> None:
    assert online("run", small_book, "--target", "2", *REHEARSAL).code == 0
    real = online("run", small_book, "--target", "4", *OPENAI)
    assert real.code == 1
    assert "2 rehearsal examples" in real.err


def test_no_key_is_in_any_file_or_output(online: Inscape, stub: Server, small_book: Path) -> None:
    stub.control(key=KEY)
    done = online("run", small_book, "--target", "3", *ANTHROPIC, "--json")
    assert done.code == 0, done.err
    wrong = Inscape(online.project, {**stub.env, "ANTHROPIC_API_KEY": "sk-wrong-marked-key"})
    refused = wrong("run", small_book, "--target", "9", *ANTHROPIC, "--debug")
    assert refused.code == 1
    written = b"".join(f.read_bytes() for f in online.project.rglob("*") if f.is_file())
    for secret in (KEY, "sk-wrong-marked-key"):
        assert secret not in done.out + done.err + refused.out + refused.err
        assert secret.encode() not in written


def test_no_text_of_book_or_model_is_in_the_checkpoints(online: Inscape, small_book: Path) -> None:
    assert online("run", small_book, "--target", "4", *OPENAI).code == 0
    saved = (online.project / "checkpoints.db").read_bytes()
    store = sqlite3.connect(online.project / "memory.db")
    texts = [row[0] for row in store.execute("select text from passages")]
    store.close()
    words = {" ".join(text.split()[:5]) for text in texts}
    assert not [one for one in words if one.encode() in saved]
    assert b"thinking" not in saved


def test_a_second_run_on_a_project_says_that_it_is_held(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    stub.control(latency=20)
    asked = ("run", small_book, "--target", "3", *OPENAI, "--json")
    process = online.start(*asked)
    while stub.stats["requests"] < 1:
        time.sleep(0.01)
    second = online.apart(*asked)
    assert second.code == 1
    assert "Another run" in second.err
    assert process.poll() is None
    process.kill()
    process.communicate(timeout=60)


def test_a_damaged_checkpoint_file_is_put_aside_and_the_run_goes_on(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    assert online("run", small_book, "--target", "3", *OPENAI).code == 0
    checkpoints = online.project / "checkpoints.db"
    for name in ("checkpoints.db-wal", "checkpoints.db-shm"):
        (online.project / name).unlink(missing_ok=True)
    os.truncate(checkpoints, checkpoints.stat().st_size // 3)
    done = online("run", small_book, "--target", "5", *OPENAI, "--json")
    assert done.code == 0, done.err
    assert done.json["accepted"] >= 5
    assert set(stub.stats["answered_times"].values()) == {1}


def test_it_runs_on_a_terminal_with_a_live_display(inscape: Inscape, small_book: Path) -> None:
    command = inscape.command("run", small_book, "--target", "3", *REHEARSAL)
    line = " ".join(f"'{part}'" for part in command)
    done = subprocess.run(
        ["script", "-qec", line, "/dev/null"],
        env={**inscape.env, "TERM": "xterm-256color", "COLUMNS": "80"},
        cwd=ROOT,
        capture_output=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert b"\x1b[" in done.stdout
    piped = inscape.apart("run", small_book, "--target", "5", *REHEARSAL)
    assert piped.code == 0
    assert "\x1b[" not in piped.out + piped.err
