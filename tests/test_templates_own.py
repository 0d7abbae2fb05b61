"""Templates of one's own: a hand-made collection taken in, a new one drafted by a model."""

import json
from pathlib import Path

import pytest

from prompts.library import Library
from tests.runs import Inscape
from tests.stub.fixtures import Server

TWO = """# Mine

**TEMPLATE 1: Direct inner monologue**

```
Write an inner monologue of 150-300 words in the first person, present tense.
Return {"instruction": "", "input": "", "output": ""} and keep {{these}}.

Here it is:
[PASTE_PASSAGE]
```

**TEMPLATE 2: Night Talk**

~~~text
A conversation of 3-4 exchanges with <thinking> in each reply.

[PASTE_PASSAGE]

Nothing else.
~~~
"""
DRAFT = {
    "name": "Waking Nameless",
    "summary": "One who wakes and has no name.",
    "form": "monologue",
    "least": 120,
    "most": 260,
    "thinking": False,
    "body": "Write the first minute after waking.\n\n[PASTE_PASSAGE]",
}


@pytest.fixture
def mine(tmp_path: Path) -> Inscape:
    return Inscape(tmp_path / "project")


def put(place: Path, text: str) -> Path:
    file = place / "elicitation_templates.md"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_hand_made_collection_is_taken_in(mine: Inscape, tmp_path: Path) -> None:
    done = mine("templates", "import", put(tmp_path, TWO), "--json")
    assert done.code == 0, done.err
    assert [one["id"] for one in done.lines] == ["monologue", "night-talk"]
    library = Library.load(mine.project / "prompts")
    ours, new = library.template("monologue"), library.template("Night Talk")
    assert (ours.number, ours.requirements.words, ours.form) == (1, (150, 300), "monologue")
    assert (ours.requirements.person, ours.requirements.tense) == ("first", "present")
    assert (new.form, new.requirements.turns) == ("conversation", (6, 8))
    assert new.requirements.thinking == "required"
    prompt = library.assignment(ours, passage="It is raining in me.")
    assert "keep {{these}}" in prompt.system
    assert "It is raining in me." in prompt.user
    assert "It is raining in me." not in prompt.system
    after = library.assignment(new, passage="So.").user
    assert after.index("So.") < after.index("Nothing else.")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("Nothing here.\n", 1, "no template"),
        ("\n**TEMPLATE 1: Bare**\n\nNo fence.\n", 2, "no fenced body"),
        ("**TEMPLATE 1: Open**\n```\n[PASTE_PASSAGE]\n", 2, "never closed"),
        ("**TEMPLATE 1: Lost**\n\n```\nNo slot.\n```\n", 3, "[PASTE_PASSAGE]"),
        ("**TEMPLATE 1: 日本**\n```\n[PASTE_PASSAGE]\n```\n", 1, "no id"),
        ("**TEMPLATE 1: A b**\n```\n[PASTE_PASSAGE]\n```\n" * 2, 5, "two templates"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(
    mine: Inscape, tmp_path: Path, text: str, line: int, said: str
) -> None:
    done = mine("templates", "import", put(tmp_path, text))
    assert done.code == 1
    assert f"elicitation_templates.md:{line}: " in done.err
    assert said in done.err
    assert not mine.project.exists()


def test_a_template_of_the_project_is_replaced_only_when_asked(
    mine: Inscape, tmp_path: Path
) -> None:
    file = put(tmp_path, TWO)
    assert mine("templates", "import", file).code == 0
    again = mine("templates", "import", file)
    assert again.code == 1
    assert "--force" in again.err
    assert mine("templates", "import", file, "--force").code == 0


def draft(stub: Server, *answers: object) -> None:
    stub.control(script=[{"text": json.dumps(one)} for one in answers])


def test_a_model_drafts_a_template_and_is_told_what_was_wrong_once(
    mine: Inscape, stub: Server
) -> None:
    online = Inscape(mine.project, stub.env)
    draft(stub, {**DRAFT, "body": "No place for it."}, DRAFT)
    words = ("templates", "new", "waking without a name", "--teacher", "openai:stub", "--json")
    done = online(*words)
    assert done.code == 0, done.err
    assert stub.stats["requests"] == 2
    told = stub.bodies[-1]["messages"][-1]["content"]
    assert "[PASTE_PASSAGE] once" in told
    made = Library.load(mine.project / "prompts").template("waking-nameless")
    assert made.requirements.words == (120, 260)
    assert made.number == max(one.number for one in Library.load().templates) + 1
    assert "waking without a name" in json.dumps(stub.bodies[0])


def test_a_draft_that_is_no_template_leaves_nothing(mine: Inscape, stub: Server) -> None:
    online = Inscape(mine.project, stub.env)
    draft(stub, {**DRAFT, "least": "some"}, {**DRAFT, "name": "Direct inner monologue"})
    done = online("templates", "new", "a fear", "--teacher", "openai:stub")
    assert done.code == 1
    assert "already" in done.err
    assert not mine.project.exists()


def test_a_new_template_needs_a_description_and_a_model(mine: Inscape) -> None:
    assert mine("templates", "new").code == 2
    assert mine("templates", "new", "a fear").code == 2
    refused = mine("templates", "new", "a fear", "--teacher", "rehearsal")
    assert refused.code == 1
    assert "rehearsal" in refused.err
