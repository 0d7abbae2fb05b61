"""The examples in docs/formats.md of what comes in are read by what reads such files."""

from pathlib import Path

import pytest

from dataset.passages_md import read_passages, read_scored
from desk.critiquing import read_cases
from desk.importing import read_replies
from prompts.library import Library
from tests.docs import FENCE
from tests.runs import ROOT

PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8").partition("## What comes in")[2]
PASSAGES, SCORED, CASES, REPLIES = (block for _, block in FENCE.findall(PAGE))


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "in.jsonl"


def test_the_page_of_passages_says_what_its_fields_are(library: Library) -> None:
    (found,) = read_passages(PASSAGES)
    assert (found.id, found.book, found.pages) == ("4c12dfaf0741", "Lamp and Scale", (7, 7))
    assert found.text.endswith("who it was that knew it.")
    assert [library.phenomenon(one).id for one in found.phenomena] == ["awakening"]
    assert [library.template(one).number for one in found.templates] == [1, 2, 4]


def test_the_lines_to_be_rated_are_read() -> None:
    (found,) = read_scored(SCORED, name="in.jsonl")
    assert (found.id, found.title) == ("a1", "The stair")


def test_the_examples_to_be_weighed_are_read_bare_or_with_what_belongs_to_them(
    library: Library, file: Path
) -> None:
    file.write_text(CASES, encoding="utf-8")
    full, bare = read_cases(file, library)
    assert full.template and full.passage and full.example.answers[0].thinking == "Not yet."
    assert (bare.id, bare.template, bare.passage) == ("2", None, None)


def test_the_replies_are_read_as_a_teachers_are(library: Library, file: Path) -> None:
    file.write_text(REPLIES, encoding="utf-8")
    (reply,) = read_replies(file, library)
    assert reply.read.read == "ok" and reply.passage.startswith("He went up")
