"""Prompts of a person's own: a file that is there wins, and a mistake is named with its line."""

import re
from pathlib import Path

import pytest

from inscape.errors import PromptError
from prompts.library import HOME, Library

HEAD = """---
id: lullaby
number: 8
name: Lullaby
form: monologue
requirements:
  words: [10, 20]
---
"""


@pytest.fixture
def overrides(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    return tmp_path


def write(place: Path, text: str) -> Path:
    place.write_text(text, encoding="utf-8")
    return place


def complaint(overrides: Path) -> PromptError:
    with pytest.raises(PromptError) as caught:
        Library.load(overrides)
    return caught.value


def test_an_override_wins_file_by_file(overrides: Path) -> None:
    library = Library.load()
    write(overrides / "system.md", "Be here.")
    write(overrides / "templates" / "lullaby.md", HEAD + "Sing.\n\n{{ passage }}\n")
    own = Library.load(overrides)
    assert own.system_prompt == "Be here."
    assert own.template("8").id == "lullaby" and own.template("lullaby").on
    assert own.rubric == library.rubric
    changed = (HOME / "templates" / "monologue.md").read_text(encoding="utf-8") + "Softly.\n"
    write(overrides / "templates" / "monologue.md", changed)
    mine, theirs = Library.load(overrides).template("1"), library.template("1")
    assert mine.version != theirs.version and mine.file.startswith(str(overrides))


def test_without_the_marker_the_whole_template_goes_with_the_passage(overrides: Path) -> None:
    write(overrides / "templates" / "lullaby.md", HEAD + "Sing of {{ passage }} twice.\n")
    library = Library.load(overrides)
    asked = library.assignment(library.template("lullaby"), passage="Night.")
    assert "Sing of" in asked.user and "Sing of" not in asked.system


def test_json_braces_are_literal_and_double_ones_can_be(overrides: Path) -> None:
    body = 'As {"a": {"b": 1}} or {x} or {{ "{{" }} or {% raw %}{{ y }}{% endraw %}: {{ passage }}'
    write(overrides / "templates" / "lullaby.md", HEAD + body)
    library = Library.load(overrides)
    asked = library.assignment(library.template("8"), passage="Night.").user
    assert 'As {"a": {"b": 1}} or {x} or {{ or {{ y }}: <passage-' in asked


@pytest.mark.parametrize(
    ("body", "line", "says"),
    [
        ("One\n{{ pasage }} {{ passage }}", 10, "unknown slot 'pasage'"),
        ('One\n\n{{"a": 1}} {{ passage }}', 11, "bad Jinja"),
        ("{% for x in y %}", 9, "bad Jinja"),
        ("{{ passage | shout }}", 9, "bad Jinja"),
        ("One\n<!-- varies -->\n\n{{ passag }}{{ passage }}", 12, "unknown slot 'passag'"),
        ("Here: {passage}", 9, "the slot {{ passage }} is never used"),
        ("One\nTwo [PASTE_PASSAGE]", 10, "the slot {{ passage }} is never used"),
        ("Nothing at all", 9, "the slot {{ passage }} is never used"),
    ],
)
def test_a_mistake_in_a_body_is_named_with_its_line(
    overrides: Path, body: str, line: int, says: str
) -> None:
    file = write(overrides / "templates" / "lullaby.md", HEAD + body)
    error = complaint(overrides)
    assert str(error).startswith(f"{file}:{line}: ") and says in str(error)
    assert error.hint


def test_literal_braces_are_explained_where_they_go_wrong(overrides: Path) -> None:
    write(overrides / "templates" / "lullaby.md", HEAD + '{{"a": 1}}{{ passage }}')
    assert "{% raw %}" in complaint(overrides).hint


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "no front matter"),
        ("Sing {{ passage }}", 1, "no front matter"),
        ("---\nid: x\n", 1, "never ends"),
        (HEAD.replace("form:", "shape:"), 6, "unknown key 'shape'"),
        (HEAD.replace("words:", "wrods:"), 8, "unknown key 'requirements.wrods'"),
        (HEAD.replace("[10, 20]", "[20, 10]"), 7, "words must be [least, most]"),
        (HEAD.replace("[10, 20]", "many"), 8, "'requirements.words' is wrong"),
        (HEAD.replace("number: 8\n", ""), 2, "'number' is missing"),
        (HEAD.replace("form: monologue", "form: sonnet"), 6, "'form' is wrong"),
        (HEAD.replace("id: lullaby", "id: Lulla by"), 3, "'id' is wrong"),
        (HEAD.replace("words: [10, 20]", "turns: [2, 4]"), 2, "a monologue has no turns"),
        (HEAD.replace("name: Lullaby", "name: a: b"), 5, "mapping values are not allowed"),
        (HEAD.replace("number: 8", "id: again"), 4, "'id' is there twice"),
        ("---\n- a\n---\n", 2, "'the file' is wrong"),
        ("---\n\x07\n---\n", 2, "this is not YAML"),
    ],
)
def test_a_mistake_in_front_matter_is_named_with_its_line(
    overrides: Path, text: str, line: int, says: str
) -> None:
    body = "" if "lullaby" not in text else "{{ passage }}"
    file = write(overrides / "templates" / "lullaby.md", text + body)
    error = complaint(overrides)
    assert says in str(error)
    # A whole-mapping complaint points at the mapping, which begins a line or so further down.
    where = re.match(rf"{re.escape(str(file))}:(\d+): ", str(error))
    assert where is not None and abs(int(where[1]) - line) <= 1
    assert error.hint


def test_two_templates_cannot_share_a_number(overrides: Path) -> None:
    text = HEAD.replace("number: 8", "number: 3") + "{{ passage }}"
    write(overrides / "templates" / "lullaby.md", text)
    assert "the template '3' is in" in str(complaint(overrides))


def test_a_phenomenon_must_name_templates_that_exist(overrides: Path) -> None:
    text = (HOME / "phenomena.yaml").read_text(encoding="utf-8")
    write(overrides / "phenomena.yaml", text.replace("[monologue, conv", "[monolog, conv", 1))
    error = complaint(overrides)
    assert "unknown template 'monolog'" in str(error) and ":8: " in str(error)


def test_a_misspelt_override_is_not_passed_over(overrides: Path) -> None:
    write(overrides / "notes.md", "My notes.")
    Library.load(overrides)
    write(overrides / "judgs.md", "Judge.")
    assert complaint(overrides).hint == "Did you mean judge.md?"


def test_files_that_are_not_text_are_named(overrides: Path) -> None:
    (overrides / "system.md").write_bytes(b"Be here.\n\xff\xfe")
    assert "system.md:2: this is not UTF-8" in str(complaint(overrides))
    (overrides / "system.md").unlink()
    (overrides / "system.md").mkdir()
    assert "Cannot read" in str(complaint(overrides))


def test_a_project_without_overrides_uses_what_comes_with_inscape(tmp_path: Path) -> None:
    assert Library.load(tmp_path / "absent").system_prompt == Library.load().system_prompt


def test_a_template_can_neither_reach_python_nor_fill_itself_from_data(overrides: Path) -> None:
    file = overrides / "templates" / "lullaby.md"
    write(file, HEAD + "\n{{ passage.__class__.__mro__ }}")
    library = Library.load(overrides)
    with pytest.raises(PromptError, match=rf"{re.escape(str(file))}:10: cannot be filled"):
        library.assignment(library.template("8"), passage="x")
