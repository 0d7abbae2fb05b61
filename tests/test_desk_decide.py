"""Deciding by command, for scripts, and the whole story of what was decided."""

import json

import pytest
from typer.testing import CliRunner

from dataset.example import to_interchange
from dataset.formats import FORMATS, Style
from desk.app import app
from desk.editing import from_page, to_page
from tests import review_parts
from tests.projects import talk
from tests.review_parts import edited_page, statuses

project, queue, store = review_parts.project, review_parts.queue, review_parts.store


def inscape(*words: str):
    return CliRunner().invoke(app, ["review", *words])


def test_the_queue_is_listed_as_json_lines(store, queue):
    result = inscape("--list", "--json")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["id"] for row in rows] == queue
    for row in rows:
        assert {"id", "template", "passage", "example", "verdict", "reasons"} <= set(row)
    assert rows[0]["example"] == to_interchange(talk(2))
    assert rows[0]["verdict"]["ruling"] == "escalate" and rows[0]["reasons"][0] == "uncertain"


def test_without_a_terminal_a_review_only_lists(store, queue):
    result = inscape()
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == queue
    assert "4 examples waiting" in result.stderr


def test_decisions_come_by_command_too(store, queue):
    assert inscape("--decide", queue[0], "--answer", "accept", "--by", "Ada").exit_code == 0
    result = inscape("--decide", queue[1], "--answer", "reject", "--reason", "flat", "--json")
    assert json.loads(result.stdout)["status"] == "rejected"
    assert statuses(store, queue) == ["accepted", "rejected", "escalated", "escalated"]
    assert [(d.by, d.reason) for d in store.decisions()] == [("person", "flat"), ("Ada", "")]
    assert json.loads(inscape("--undo", "--json").stdout)["id"] == queue[1]
    assert statuses(store, queue)[1] == "escalated"
    assert inscape("--undo").exit_code == 0
    assert inscape("--undo").exit_code == 1


@pytest.mark.parametrize("shape", ["json", "yaml", "messages"])
def test_an_edit_by_command_takes_any_shape(store, queue, tmp_path, shape):
    changed = from_page(edited_page(store.example(queue[0])), "conversation")
    assert changed is not None
    file = tmp_path / "edited"
    text = {
        "json": lambda: json.dumps(to_interchange(changed)),
        "yaml": lambda: to_page(changed),
        "messages": lambda: json.dumps(FORMATS["messages"].write(changed, Style(), None)),
    }[shape]()
    file.write_text(text, encoding="utf-8")
    result = inscape("--decide", queue[0], "--answer", "edit", "--example", str(file), "--json")
    assert result.exit_code == 0, result.stderr
    assert store.example(json.loads(result.stdout)["example"]) == changed


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--decide", "X"], 2),
        (["--answer", "accept"], 2),
        (["--decide", "X", "--answer", "approve"], 2),
        (["--decide", "X", "--answer", "edit"], 2),
        (["--decide", "X", "--answer", "accept", "--example", "f"], 2),
        (["--list", "--undo"], 2),
        (["--decide", "ffffffffffff.0", "--answer", "accept"], 1),
        (["--decide", "nonsense", "--answer", "reject"], 1),
    ],
)
def test_a_wrong_decision_is_refused_with_its_code(store, queue, words, code):
    result = inscape(*words)
    assert result.exit_code == code
    assert result.stderr and "Traceback" not in result.stderr
    assert store.decisions() == []


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', "output: x", "{broken"])
def test_an_edit_from_a_wrong_file_is_refused(store, queue, tmp_path, text):
    file = tmp_path / "edited.json"
    file.write_text(text, encoding="utf-8")
    result = inscape("--decide", queue[0], "--answer", "edit", "--example", str(file))
    assert result.exit_code == 1 and result.stderr.startswith("Error: ")
    assert statuses(store, queue)[0] == "escalated"


def test_why_tells_the_whole_story(store, queue):
    inscape("--decide", queue[0], "--answer", "reject", "--reason", "flat", "--by", "Ada")
    told = CliRunner().invoke(app, ["why", queue[0]])
    assert told.exit_code == 0
    for said in (
        "rejected",
        "PASSAGE",
        "A Book of Ours",
        "What is there, number 2?",
        "Ada",
        "flat",
    ):
        assert said in told.stdout
    story = json.loads(CliRunner().invoke(app, ["why", queue[0], "--json"]).stdout)
    assert story["passage"]["page_start"] == 3 and story["decisions"][0]["by"] == "Ada"
    assert CliRunner().invoke(app, ["why", "ffffffffffff.0"]).exit_code == 1
