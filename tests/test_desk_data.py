"""Commands on data: export, critique, import, status; JSON alone on stdout, messages beside it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dataset.example import to_interchange
from dataset.formats import FORMATS, NAMES, Style
from desk.app import app
from desk.commands.options import FORMATS as NAMED
from inscape.project import Project
from memory.store import Store
from tests.exports import SIDES
from tests.projects import make_project, passage, speech, talk
from tests.pseudo import Terminal


@pytest.fixture
def project(tmp_path) -> Project:
    found = Project(tmp_path / "project")
    make_project(found, accepted=6, waiting=2)
    return found


def inscape(*words: str, code: int = 0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, (result.stderr, result.exception)
    return result


def json_of(*words: str):
    return json.loads(inscape(*words, "--json").stdout)


def lines_of(result) -> list[dict]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_every_format_can_be_named():
    assert NAMED.split("|") == list(NAMES)


@pytest.mark.parametrize("name", FORMATS)
def test_export_writes_into_the_project(project, name):
    told = json_of("export", "--format", name)
    place = project.exports / name
    assert told["out"] == str(place)
    assert told["train"] + told["validation"] == 6
    assert {path.name for path in place.iterdir()} == {
        *("README.md", "manifest.json", "lengths.svg", "coverage.svg"),
        *(["axolotl.yaml"] if name == "axolotl" else []),
        *(f"{side}.{'parquet' if name == 'parquet' else 'jsonl'}" for side in SIDES),
    }


def test_export_says_what_it_wrote_and_that_there_is_no_licence(project, tmp_path):
    result = inscape("export", "--format", "alpaca", "--out", tmp_path / "out")
    assert "Wrote 6 examples" in result.stdout
    assert "--license" in result.stderr
    assert "--license" not in inscape("export", "--license", "cc0-1.0").stderr


def test_whoever_sits_at_a_terminal_is_asked_for_the_licence(project):
    terminal = Terminal("export", INSCAPE_PROJECT=str(project.root))
    try:
        terminal.wait_for("Licence for the card")
        terminal.press("cc0-1.0\r", "Wrote 6 examples")
    finally:
        code = terminal.close()
    assert code == 0
    assert "license: cc0-1.0" in (project.exports / "messages" / "README.md").read_text("utf-8")


def test_export_is_repeatable_to_the_byte(project, tmp_path):
    for name in ("one", "two"):
        inscape("export", "--format", "messages", "--out", tmp_path / name)
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in ("one", "two"))
    assert one == two


def test_export_is_not_replaced_unless_forced(project):
    inscape("export", "--format", "alpaca")
    assert "--force" in inscape("export", "--format", "alpaca", code=1).stderr
    inscape("export", "--format", "alpaca", "--force")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--format", "csv"], 2),
        (["--tag", "a b"], 2),
        (["--thinking", "maybe"], 2),
        (["--system", "/nowhere/prompt.md"], 1),
        (["--limit", "0"], 2),
    ],
)
def test_a_wrong_export_writes_nothing(project, words, code):
    inscape("export", *words, code=code)
    assert not project.exports.exists()


def test_the_options_of_export_reach_the_rows(project, tmp_path):
    prompt = tmp_path / "system.md"
    prompt.write_text("Be inward.\n", encoding="utf-8")
    inscape("export", "--system", prompt, "--tag", "think", "--out", tmp_path / "out")
    row = json.loads((tmp_path / "out" / "train.jsonl").read_text("utf-8").splitlines()[0])
    assert row["messages"][0] == {"role": "system", "content": "Be inward."}
    assert row["messages"][2]["content"].startswith("<think>I do not want")


def test_the_settings_say_what_the_command_line_does_not(project, tmp_path):
    project.settings_file.write_text(
        '[export]\ntag = "think"\nsystem = "ready"\nlicense = "cc0-1.0"\nseed = 7\n', "utf-8"
    )
    inscape("export", "--seed", "8", "--out", tmp_path / "out")
    options = json.loads((tmp_path / "out/manifest.json").read_text("utf-8"))["options"]
    assert (options["tag"], options["license"], options["seed"]) == ("think", "cc0-1.0", 8)
    row = json.loads((tmp_path / "out/train.jsonl").read_text("utf-8").splitlines()[0])
    assert row["messages"][0]["content"].startswith("You speak from inside your own experience")


def test_status_says_for_which_models_it_is_enough(project):
    sizes = json_of("status")["sizes"]
    assert sizes["7b"] == {"minimum": 100, "recommended": 500, "standing": "too few"}
    assert "7B too few" in inscape("status").stdout


def test_a_project_with_nothing_accepted_exports_nothing(tmp_path):
    project = Project(tmp_path / "project")
    make_project(project, accepted=0, waiting=1)
    assert "nothing to export" in inscape("export", code=1).stderr


def test_status_says_the_same_in_words_and_figures(project):
    told = json_of("status")
    assert (told["accepted"], told["escalated"], told["rejected"], told["failed"]) == (6, 2, 0, 0)
    assert told["assignments"] == 8
    assert told["by_template"]["monologue"]["accepted"] == 3
    assert told["by_phenomenon"]["dread"]["escalated"] == 2
    assert list(told["by_book"].values()) == [told["by_phenomenon"]["dread"]]
    assert told["agreement"]["n"] == 0
    assert told["diversity"]["n"] == 6 and 0 <= told["diversity"]["repeated_openings"] <= 1
    assert {"calls", "calls_reused", "input_tokens", "output_tokens", "usd", "rounds"} <= set(told)
    words = inscape("status").stdout
    assert "6 accepted" in words and "2 waiting" in words and "monologue" in words


def test_agreement_is_told_once_a_person_has_decided(project):
    waiting = lines_of(inscape("review", "--list", "--json"))
    inscape("review", "--decide", waiting[0]["id"], "--answer", "reject")
    told = json_of("status")
    assert told["agreement"]["n"] == 1 and told["rejected"] == 1
    words = inscape("status").stdout
    assert "Critic against people" in words
    disliked = waiting[0]["template"]
    assert told["taste"]["templates"][disliked] == min(told["taste"]["templates"].values()) < 0


def jsonl(path: Path, *rows: dict) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_codes_are_listed_without_a_file():
    codes = {row["code"]: row["says"] for row in lines_of(inscape("critique", "--codes", "--json"))}
    assert {"too-short", "wrong-person", "near-duplicate"} <= set(codes)
    assert "too-short: " in inscape("critique", "--codes").stdout


@pytest.mark.parametrize("name", ["interchange", *FORMATS])
def test_critique_takes_every_format_that_export_writes(tmp_path, name):
    example = talk(3)
    row = (
        to_interchange(example)
        if name == "interchange"
        else FORMATS[name].write(example, Style(), None)
    )
    file = jsonl(
        tmp_path / "in.jsonl", {"id": "a", "template": 2, "passage": "A passage.", "example": row}
    )
    told = json_of("critique", file, "--checks-only")
    assert told["id"] == "a" and told["verdict"] in ("accept", "revise", "reject", "escalate")
    assert {"defects", "scores", "nearest"} <= set(told)


def test_critique_finds_what_is_plainly_wrong_and_twins_in_the_file(tmp_path):
    short = {"instruction": "Say it.", "input": "", "output": "She was sad. She left."}
    good = to_interchange(talk(3))
    file = jsonl(
        tmp_path / "in.jsonl",
        {"id": "short", "template": "monologue", "example": short},
        {"id": "first", "example": good},
        {"id": "twin", "example": good},
        {"example": to_interchange(speech(900))},
    )
    told = {
        row["id"]: row for row in lines_of(inscape("critique", file, "--checks-only", "--json"))
    }
    assert list(told) == ["short", "first", "twin", "4"]
    assert told["short"]["verdict"] != "accept" and "too-short" in told["short"]["defects"]
    assert told["twin"]["nearest"]["id"] == "first" and told["twin"]["nearest"]["cosine"] > 0.99
    assert "near-duplicate" in told["twin"]["defects"]
    assert told["first"]["nearest"] is None


def test_critique_needs_no_project_and_makes_none(tmp_path, monkeypatch):
    monkeypatch.setenv("INSCAPE_PROJECT", str(tmp_path / "none"))
    file = jsonl(tmp_path / "in.jsonl", {"example": to_interchange(talk(1))})
    result = inscape("critique", file)
    assert "only the checks speak" in result.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "text",
    ["{broken", "[1]", '{"example": 5}', '{"example": {"text": "x"}}', '{"template": "9", "a": 1}'],
)
def test_a_wrong_line_is_named_by_its_number(tmp_path, text):
    file = tmp_path / "in.jsonl"
    file.write_text(f"\n{text}\n", encoding="utf-8")
    result = inscape("critique", file, "--checks-only", code=1)
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    assert "in.jsonl:2" in result.stderr or "'9'" in result.stderr


def raw(number: int) -> str:
    return f"Here you are:\n```json\n{json.dumps(to_interchange(talk(number)))}\n```"


def test_an_import_is_read_like_any_reply(tmp_path):
    file = jsonl(
        tmp_path / "in.jsonl",
        {"id": "good", "template": "conversation", "raw": raw(1)},
        {"id": "cut", "template": 2, "raw": raw(1)[:80], "stop_reason": "max_tokens"},
        {"id": "no", "template": "2", "raw": "", "stop_reason": "refusal"},
    )
    told = lines_of(inscape("import", file, "--dry-run", "--json"))
    assert [(row["id"], row["read"]) for row in told] == [
        ("good", "ok"),
        ("cut", "retry"),
        ("no", "refusal"),
    ]
    assert told[0]["example"] == to_interchange(talk(1)) and "reason" not in told[0]
    assert told[1]["reason"] and "example" not in told[1]


def test_an_import_is_judged_and_kept_once(project, tmp_path):
    known = passage(3)
    file = jsonl(
        tmp_path / "in.jsonl",
        {"id": "a", "template": "conversation", "passage": known.id, "raw": raw(51)},
        {"id": "b", "template": "conversation", "passage": "A new one.", "raw": raw(52)},
        {"id": "c", "template": "conversation", "raw": raw(53)},
    )
    first = lines_of(inscape("import", file, "--json"))
    again = lines_of(inscape("import", file, "--json"))
    assert again == first
    assert all(row["status"] in ("accepted", "escalated", "rejected") for row in first)
    with Store.open(project.store) as store:
        assert store.counts().assignments == 8 + 3
        assert store.item(first[0]["example_id"]).passage.id == known.id
        assert store.verdict(first[1]["example_id"]) is not None
        told = store.why(first[2]["example_id"])
    assert any(event["detail"].get("raw") == raw(53) for event in told["events"])


@pytest.mark.parametrize(
    "row",
    [
        {"raw": "x"},
        {"template": "monologue"},
        {"template": "nonsense", "raw": "x"},
        {"template": 1, "raw": "x", "stop_reason": "tired"},
        {"template": 1, "raw": "x", "passage": 7},
    ],
)
def test_a_wrong_import_is_refused_before_anything_is_kept(tmp_path, monkeypatch, row):
    monkeypatch.setenv("INSCAPE_PROJECT", str(tmp_path / "none"))
    file = jsonl(tmp_path / "in.jsonl", {"template": "2", "raw": raw(1)}, row)
    assert inscape("import", file, code=1).stderr.count("\n") == 1
    assert not (tmp_path / "none").exists()


def test_a_judge_is_asked_once_for_what_the_checks_let_pass(project, stub, tmp_path):
    rows = [{"id": str(n), "template": 4, "example": to_interchange(talk(n))} for n in (900, 901)]
    file = jsonl(tmp_path / "in.jsonl", *rows)
    words = ["critique", str(file), "--critic", "openai:stub-judge", "--json"]
    told, again = (CliRunner(env=stub.env).invoke(app, words) for _ in range(2))
    assert told.exit_code == 0, told.stderr
    assert told.stdout == again.stdout
    first = json.loads(told.stdout.splitlines()[0])
    assert first["id"] == "900"
    if not first["defects"]:
        assert len(first["scores"]) == 6 and all(1 <= s <= 5 for s in first["scores"].values())
    asked = sum(not json.loads(line)["defects"] for line in told.stdout.splitlines())
    assert stub.stats["requests"] == asked
