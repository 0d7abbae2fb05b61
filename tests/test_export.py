"""An export is whole, honest and repeatable, and its split never leaks."""

import hashlib
from pathlib import Path

import pytest
import yaml

from dataset.card import Book, Made
from dataset.export import Options, export
from dataset.formats import FORMATS, Style, read_row
from inscape.errors import ProjectError, UsageError
from tests.exports import card, manifest, tree, written
from tests.projects import BOOK, Listed, accepted, speech, talk

MADE = Made(
    requested=30,
    accepted=20,
    escalated=2,
    rejected=7,
    failed=1,
    reasons={"tidy-resolution": 5, "near-duplicate": 2},
    calls=61,
    usd=0.42,
    agreement={"n": 12, "raw": 0.92, "kappa": 0.8, "interval": (0.5, 1.0)},
    books=(Book(BOOK, "A *Book* of <Ours>", "Nobody", "ours.pdf"),),
)


def rows(count: int = 20):
    for number in range(count):
        yield accepted(number, speech(number) if number % 2 else talk(number))


def front_matter(place: Path) -> dict:
    return yaml.safe_load(card(place).split("---\n")[1])


@pytest.mark.parametrize("name", FORMATS)
def test_every_example_is_in_one_of_the_two_files(tmp_path, name):
    report = export(Listed(rows()), Options(name), MADE, tmp_path / "out")
    found = written(tmp_path / "out")
    assert report.train > report.validation > 0
    assert {side: len(rows) for side, rows in found.items()} == {
        "train": report.train,
        "validation": report.validation,
    }
    spoken = {read_row(row).turns[-1].content for rows in found.values() for row in rows}
    assert spoken == {row.example.turns[-1].content for row in rows()}


def test_the_same_rows_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        export(Listed(rows()), Options("messages", seed=3), MADE, tmp_path / name)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_the_manifest_tells_where_each_line_comes_from(tmp_path):
    out = tmp_path / "out"
    export(Listed(rows()), Options("alpaca", license="cc0-1.0"), MADE, out)
    by_id = {row.id: row for row in rows()}
    told_of, found = manifest(out), written(out)
    assert [row["id"] for row in told_of["rows"]] == list(by_id)
    for told in told_of["rows"]:
        row = by_id[told["id"]]
        line = found[told["split"]][told["line"] - 1]
        assert read_row(line).turns[-1].content == row.example.turns[-1].content
        assert told["passage"]["sha256"] == hashlib.sha256(row.passage.text.encode()).hexdigest()
        assert told["passage"]["book"] == BOOK
        assert told["template"] == {"id": row.template_id, "version": "abc123abc123"}
        assert told["critic"]["scores"]["authentic"] == 4.5
    for name, file in told_of["files"].items():
        assert file["sha256"] == hashlib.sha256((out / name).read_bytes()).hexdigest()
        assert file["rows"] == len(found[name.removesuffix(".jsonl")])


def test_the_card_says_how_it_was_made_and_claims_no_licence(tmp_path):
    export(Listed(rows()), Options("messages"), MADE, tmp_path / "out")
    text = card(tmp_path / "out")
    head = front_matter(tmp_path / "out")
    assert "license" not in head
    assert "No licence has been stated" in text
    assert head["configs"][0]["data_files"] == [
        {"split": "train", "path": "train.jsonl"},
        {"split": "validation", "path": "validation.jsonl"},
    ]
    assert head["size_categories"] == ["n<1K"] and "rehearsal" not in head["tags"]
    for said in ("| requested | 30 |", "| rejected | 7 |", "tidy-resolution: 5", BOOK, "0.80"):
        assert said in text
    assert "A \\*Book\\* of \\<Ours\\>" in text
    assert "rehearsal" not in text


def test_a_stated_licence_is_in_the_card(tmp_path):
    export(Listed(rows()), Options("messages", license="cc-by-4.0"), MADE, tmp_path / "out")
    assert front_matter(tmp_path / "out")["license"] == "cc-by-4.0"


def test_rehearsal_shows_in_line_manifest_and_card(tmp_path):
    made = [row._replace(rehearsal=n < 5) for n, row in enumerate(rows())]
    report = export(Listed(made), Options("messages"), MADE, tmp_path / "out")
    found = [row for rows in written(tmp_path / "out").values() for row in rows]
    assert report.rehearsal == sum(row.get("rehearsal", False) for row in found) == 5
    assert "**5 of 20 examples (25 %) are rehearsal" in card(tmp_path / "out")
    assert "rehearsal" in front_matter(tmp_path / "out")["tags"]


def test_an_export_is_not_replaced_unless_asked(tmp_path):
    out = tmp_path / "out"
    export(Listed(rows(5)), Options("messages"), MADE, out)
    before = tree(out)
    with pytest.raises(ProjectError, match="already"):
        export(Listed(rows(9)), Options("messages"), MADE, out)
    assert tree(out) == before
    export(Listed(rows(9)), Options("messages"), MADE, out, force=True)
    assert tree(out) != before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_directory_that_is_no_export_is_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(UsageError, match="no export"):
        export(Listed(rows()), Options("messages"), MADE, tmp_path, force=True)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_a_failure_in_the_middle_leaves_nothing_behind(tmp_path):
    class Broken(Listed):
        def accepted_examples(self):
            yield from self.rows[:3]
            raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        export(Broken(rows()), Options("messages"), MADE, tmp_path / "deep" / "out")
    assert list((tmp_path / "deep").iterdir()) == []


def test_nothing_accepted_is_said_and_writes_nothing(tmp_path):
    with pytest.raises(ProjectError, match="nothing to export"):
        export(Listed([]), Options("messages"), MADE, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_said_is_left_out_with_its_reason(tmp_path):
    empty = talk(1).turns[1].model_copy(update={"content": ""})
    silent = talk(1).model_copy(update={"turns": (talk(1).turns[0], empty)})
    made = [*rows(4), accepted(99, silent)]
    report = export(Listed(made), Options("messages", style=Style("strip")), MADE, tmp_path / "out")
    assert report.written == 4
    assert report.left_out == {"an answer is empty without its thinking": 1}
    assert "1 example left out" in card(tmp_path / "out")


def test_a_system_prompt_goes_to_its_share_of_the_rows(tmp_path):
    many = [accepted(n, speech(n)) for n in range(200)]
    options = Options("messages", system="Be inward.", system_share=0.5, validation=0)
    export(Listed(many), options, MADE, tmp_path / "half")
    with_it = [row for row in written(tmp_path / "half")["train"] if len(row["messages"]) == 3]
    assert 70 < len(with_it) < 130
    assert {row["messages"][0]["content"] for row in with_it} == {"Be inward."}


def test_a_limit_takes_the_first(tmp_path):
    export(Listed(rows()), Options("messages", limit=7), MADE, tmp_path / "out")
    assert [row["id"] for row in manifest(tmp_path / "out")["rows"]] == [row.id for row in rows(7)]


def test_an_unknown_format_names_the_known_ones(tmp_path):
    with pytest.raises(UsageError) as error:
        export(Listed(rows()), Options("csv"), MADE, tmp_path / "out")
    assert "alpaca" in error.value.hint
