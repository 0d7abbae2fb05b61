"""Settings: merged from the defaults, the file and the command line, with clear complaints."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from inscape.errors import ProjectError, SettingsError
from inscape.project import Project
from inscape.settings import TEMPLATE, Settings, keys, load, write_template

BARE = re.sub(r"(?m)^# (?=[\[a-z])", "", TEMPLATE)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path / "p")
    project.create()
    return project


def test_the_command_line_wins_over_the_file_and_the_file_over_the_defaults(
    project: Project,
) -> None:
    project.settings_file.write_text("target = 30\nconcurrency = 4\n", encoding="utf-8")
    found = load(project, {"target": 40, "teacher": None})
    assert (found.target, found.concurrency, found.timeout) == (40, 4, 180.0)
    assert found.source("target") == "command line"
    assert found.source("concurrency") == str(project.settings_file)
    assert found.source("timeout") == "default"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("tarjet = 3", "Unknown setting 'tarjet' in "),
        ("concurrency = 0", "'concurrency'"),
        ("[verdicts]\naccept = 9", "'verdicts.accept'"),
        ("target = ", "Cannot read"),
        ("[prices.m]\ninput = 1", "'prices.m.output'"),
    ],
)
def test_a_wrong_file_is_named_with_its_setting(
    project: Project, text: str, complaint: str
) -> None:
    project.settings_file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=re.escape(complaint)) as caught:
        load(project)
    assert str(project.settings_file) in str(caught.value)


def test_a_wrong_option_is_said_to_be_on_the_command_line(project: Project) -> None:
    with pytest.raises(SettingsError, match="'concurrency' on the command line"):
        load(project, {"concurrency": 0})


def test_the_settings_file_of_a_new_project_names_every_setting_with_its_default(
    project: Project,
) -> None:
    write_template(project)
    assert load(project) == Settings()
    project.settings_file.write_text(BARE, encoding="utf-8")
    spelled = load(project)
    for name in Settings.model_fields:
        assert re.search(rf"(?m)^\[?{name}\b", BARE), f"{name} is not in the template"
    for section in ("verdicts", "limits"):
        assert getattr(spelled, section) == getattr(Settings(), section)


@pytest.mark.parametrize("line", [n for n, one in enumerate(BARE.splitlines()) if " = " in one])
def test_any_one_line_of_a_new_settings_file_may_be_set(project: Project, line: int) -> None:
    """With the line of its section, and that of a price with the whole section."""
    lines, bare = TEMPLATE.splitlines(), BARE.splitlines()
    heads = [n for n, one in enumerate(bare[:line]) if one.startswith("[")]
    for number in (line, *heads[-1:]):
        lines[number] = bare[number]
    if heads and bare[heads[-1]].startswith("[prices"):
        lines[heads[-1] :] = bare[heads[-1] :]
    text = "\n".join(lines)
    project.settings_file.write_text(text, encoding="utf-8")
    said = tomllib.loads(text)
    assert said and within(said, load(project).model_dump(mode="json"))


def within(said: Any, found: Any) -> bool:
    """Whether all that was said is found, whatever else is."""
    if not isinstance(said, dict):
        return bool(said == found)
    return all(within(value, found[name]) for name, value in said.items())


def test_what_a_script_adds_at_the_end_of_a_new_settings_file_counts(project: Project) -> None:
    write_template(project)
    with project.settings_file.open("a", encoding="utf-8") as file:
        file.write("target = 7\n[limits]\nper_passage = 5\n")
    found = load(project)
    assert (found.target, found.limits.per_passage) == (7, 5)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("richness = 0.2", "'richness' belongs under [limits]"),
        ("[train]\nrichness = 0.2", "'richness' belongs under [limits]"),
        ("[limits]\ntarget = 3", "'target' belongs at the top of the file"),
        ("seed = 3", "'seed' belongs under [export] or [train] or [examine]"),
        ("[examine]\ninput = 1", "'input' belongs under [prices.\"MODEL\"]"),
        ("tarjet = 3", "Known settings: target, "),
    ],
)
def test_a_setting_in_the_wrong_place_is_told_its_own(
    project: Project, text: str, hint: str
) -> None:
    project.settings_file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="Unknown setting") as caught:
        load(project)
    assert caught.value.hint.startswith(hint)


def test_a_settings_file_that_is_there_is_never_touched(project: Project) -> None:
    project.settings_file.write_text("target = 7\n", encoding="utf-8")
    write_template(project)
    assert project.settings_file.read_text(encoding="utf-8") == "target = 7\n"


def test_keys_are_hidden_wherever_they_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-marked-secret")
    found = keys()
    assert found.openai == "sk-marked-secret"
    assert "sk-marked" not in f"{found!r} {found}"
    assert found.anthropic is None


def test_a_project_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ProjectError, match="file/p"):
        Project(tmp_path / "file" / "p").create()


def test_looking_at_a_project_that_is_not_there_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        Project(tmp_path / "none").require()
    assert "inscape run" in caught.value.hint
    assert not (tmp_path / "none").exists()
