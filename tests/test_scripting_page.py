"""docs/scripting.md lists every exit code, and every key of every command's JSON.

Those of `train` and `examine` are looked at where there is a model: in `test_training.py` and
`test_examining.py`.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from desk.examples import EXAMPLES
from graph.report import EXIT_CODES
from inscape import errors
from inscape.project import Project
from tests.docs import SCRIPTING, options_of, told_keys
from tests.projects import make_project
from tests.runs import REHEARSAL, ROOT, Inscape, chapters
from tests.test_templates_own import TWO

HEADS = re.findall(r"(?m)^### `(inscape .+)`$", SCRIPTING)
LINE = {"template": "monologue", "example": {"instruction": "Say.", "output": "It rains, I think."}}
REPLY = {"template": "monologue", "raw": json.dumps(LINE["example"])}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    novel = (ROOT / "examples" / "lamp-and-scale.txt").read_text(encoding="utf-8")
    file = tmp_path_factory.mktemp("book") / "small.txt"
    file.write_text(chapters(novel, 1, 1), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Inscape:
    project = Project(tmp_path_factory.mktemp("made") / "project")
    make_project(project, accepted=4, waiting=3)
    return Inscape(project.root)


def keys(found: Any) -> set[str]:
    return {key for row in (found if isinstance(found, list) else [found]) for key in row}


def said(inscape: Inscape, *words: str | Path) -> set[str]:
    """Of all lines together."""
    done = inscape(*words, "--json")
    assert done.code == 0 and done.lines, done.err
    return keys(done.lines)


def test_every_exit_code_is_there_with_the_reason_to_stop_that_it_stands_for() -> None:
    rows = re.findall(r"(?m)^\| (\d+) \| .* \| (?:`(\w+)` )?\|$", SCRIPTING)
    stops = {stop: int(code) for code, stop in rows if stop}
    assert stops == EXIT_CODES
    raised = {one.exit_code for one in vars(errors).values() if hasattr(one, "exit_code")}
    assert {int(code) for code, _ in rows} == raised | set(EXIT_CODES.values())


def test_every_command_that_speaks_json_is_there() -> None:
    speaks = {one for one in EXAMPLES if one and "--json" in options_of(one.split())}
    told = {" ".join(name) for head in HEADS if (name := _name(head))}
    twins = {"templates show", "templates new"}
    assert speaks - twins == told
    assert all(f"`inscape {one}" in SCRIPTING for one in twins)


def _name(head: str) -> list[str]:
    words = head.split()[1:]
    return words[: 2 if words[0] == "templates" else 1]


def test_a_run_its_preview_and_where_it_stands(book: Path, tmp_path: Path) -> None:
    inscape = Inscape(tmp_path / "project")
    asked = ("run", book, "--target", "2", *REHEARSAL)
    report = told_keys("inscape run BOOK --json")
    assert said(inscape, *asked, "--preview") == told_keys("inscape run BOOK --preview --json")
    assert said(inscape, *asked) == report
    own = report - {"reason", "dataset", "training"}
    assert said(inscape, "status") == own | told_keys("inscape status --json")
    assert not own & told_keys("inscape status --json")


def test_what_is_in_a_book(made: Inscape, book: Path) -> None:
    assert said(made, "read", book) == told_keys("inscape read BOOK --json")
    assert said(made, "passages", book) == told_keys("inscape passages BOOK --json")


def test_a_persons_word(made: Inscape) -> None:
    assert said(made, "review", "--list") == told_keys("inscape review --list --json")
    waiting = made("review", "--list", "--json").lines[0]["id"]
    decided = told_keys("inscape review --decide ID --answer accept --json")
    assert said(made, "review", "--decide", waiting, "--answer", "accept") == decided
    assert said(made, "review", "--undo") == decided
    assert said(made, "why", waiting) == told_keys("inscape why ID --json")


def test_examples_made_elsewhere(made: Inscape, tmp_path: Path) -> None:
    cases, replies = tmp_path / "cases.jsonl", tmp_path / "replies.jsonl"
    cases.write_text(json.dumps(LINE), encoding="utf-8")
    replies.write_text(json.dumps(REPLY) + '\n{"template": 2, "raw": ""}\n', encoding="utf-8")
    weighed = told_keys("inscape critique FILE.jsonl --json")
    assert said(made, "critique", cases, "--checks-only") == weighed
    assert said(made, "critique", "--codes") == told_keys("inscape critique --codes --json")
    imported = told_keys("inscape import FILE.jsonl --json")
    assert said(made, "import", replies) == imported
    dry = said(made, "import", replies, "--dry-run")
    assert dry == imported - {"example_id", "status"}


def test_what_is_written_and_what_there_is(made: Inscape, tmp_path: Path) -> None:
    assert said(made, "export") == told_keys("inscape export --json")
    listed = told_keys("inscape templates list --json")
    assert said(made, "templates", "list") == listed
    assert said(made, "templates", "show", "1") == listed | {"body"}
    collection = tmp_path / "mine.md"
    collection.write_text(TWO, encoding="utf-8")
    imported = told_keys("inscape templates import FILE --json")
    assert said(made, "templates", "import", collection) == imported
    assert said(made, "doctor") == told_keys("inscape doctor --json")
    assert said(made, "move", "--to", "memory-2.db") == told_keys("inscape move --to URL --json")
