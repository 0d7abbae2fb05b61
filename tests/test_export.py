"""An export is whole, honest and repeatable, and its split never leaks."""

import hashlib
import json
import random
from pathlib import Path

import pytest
import yaml

from dataset.card import Book, Made
from dataset.export import Options, export
from dataset.formats import FORMATS, Style, read_row
from dataset.split import Splitter
from inscape.errors import ProjectError, UsageError
from tests.projects import BOOK, accepted, passage, speech, talk

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


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def tree(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(place.iterdir())}


def front_matter(place: Path) -> dict:
    card = (place / "README.md").read_text(encoding="utf-8")
    return yaml.safe_load(card.split("---\n")[1])


@pytest.mark.parametrize("name", FORMATS)
def test_every_example_is_in_one_of_the_two_files(tmp_path, name):
    report = export(rows(), Options(name), MADE, tmp_path / "out")
    train, validation = (lines(tmp_path / "out" / f"{x}.jsonl") for x in ("train", "validation"))
    assert (len(train), len(validation)) == (report.train, report.validation)
    spoken = {read_row(row).turns[-1].content for row in train + validation}
    assert spoken == {row.example.turns[-1].content for row in rows()}


def test_the_same_rows_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        export(rows(), Options("messages", seed=3), MADE, tmp_path / name)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_the_manifest_tells_where_each_line_comes_from(tmp_path):
    out = tmp_path / "out"
    export(rows(), Options("alpaca", license="cc0-1.0"), MADE, out)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    by_id = {row.id: row for row in rows()}
    assert [row["id"] for row in manifest["rows"]] == list(by_id)
    written = {side: lines(out / f"{side}.jsonl") for side in ("train", "validation")}
    for told in manifest["rows"]:
        row = by_id[told["id"]]
        line = written[told["split"]][told["line"] - 1]
        assert read_row(line).turns[-1].content == row.example.turns[-1].content
        assert told["passage"]["sha256"] == hashlib.sha256(row.passage.text.encode()).hexdigest()
        assert told["passage"]["book"] == BOOK
        assert told["template"] == {"id": row.template_id, "version": "abc123abc123"}
        assert told["critic"]["scores"]["authentic"] == 4.5
    for name, file in manifest["files"].items():
        assert file["sha256"] == hashlib.sha256((out / name).read_bytes()).hexdigest()
        assert file["rows"] == len(lines(out / name))


def test_the_card_says_how_it_was_made_and_claims_no_licence(tmp_path):
    export(rows(), Options("messages"), MADE, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    head = front_matter(tmp_path / "out")
    assert "license" not in head
    assert "No licence has been stated" in card
    assert head["configs"][0]["data_files"] == [
        {"split": "train", "path": "train.jsonl"},
        {"split": "validation", "path": "validation.jsonl"},
    ]
    assert head["size_categories"] == ["n<1K"] and "rehearsal" not in head["tags"]
    for said in ("| requested | 30 |", "| rejected | 7 |", "tidy-resolution: 5", BOOK, "0.80"):
        assert said in card
    assert "A \\*Book\\* of \\<Ours\\>" in card
    assert "rehearsal" not in card


def test_a_stated_licence_is_in_the_card(tmp_path):
    export(rows(), Options("messages", license="cc-by-4.0"), MADE, tmp_path / "out")
    assert front_matter(tmp_path / "out")["license"] == "cc-by-4.0"


def test_rehearsal_shows_in_line_manifest_and_card(tmp_path):
    made = [row._replace(rehearsal=n < 5) for n, row in enumerate(rows())]
    report = export(made, Options("messages"), MADE, tmp_path / "out")
    written = lines(tmp_path / "out" / "train.jsonl") + lines(tmp_path / "out/validation.jsonl")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert report.rehearsal == sum(row.get("rehearsal", False) for row in written) == 5
    assert "**5 of 20 examples (25 %) are rehearsal" in card
    assert "rehearsal" in front_matter(tmp_path / "out")["tags"]


def test_an_export_is_not_replaced_unless_asked(tmp_path):
    out = tmp_path / "out"
    export(rows(5), Options("messages"), MADE, out)
    before = tree(out)
    with pytest.raises(ProjectError, match="already"):
        export(rows(9), Options("messages"), MADE, out)
    assert tree(out) == before
    export(rows(9), Options("messages"), MADE, out, force=True)
    assert tree(out) != before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_directory_that_is_no_export_is_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(UsageError, match="no export"):
        export(rows(), Options("messages"), MADE, tmp_path, force=True)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_a_failure_in_the_middle_leaves_nothing_behind(tmp_path):
    def broken():
        yield from rows(3)
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        export(broken(), Options("messages"), MADE, tmp_path / "deep" / "out")
    assert list((tmp_path / "deep").iterdir()) == []


def test_nothing_accepted_is_said_and_writes_nothing(tmp_path):
    with pytest.raises(ProjectError, match="nothing to export"):
        export([], Options("messages"), MADE, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_said_is_left_out_with_its_reason(tmp_path):
    empty = talk(1).turns[1].model_copy(update={"content": ""})
    silent = talk(1).model_copy(update={"turns": (talk(1).turns[0], empty)})
    made = [*rows(4), accepted(99, silent)]
    report = export(made, Options("messages", style=Style("strip")), MADE, tmp_path / "out")
    assert report.written == 4
    assert report.left_out == {"an answer is empty without its thinking": 1}
    assert "Left out" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_a_system_prompt_goes_to_its_share_of_the_rows(tmp_path):
    many = [accepted(n, speech(n)) for n in range(200)]
    options = Options("messages", system="Be inward.", system_share=0.5, validation=0)
    export(many, options, MADE, tmp_path / "half")
    with_it = [row for row in lines(tmp_path / "half" / "train.jsonl") if len(row["messages"]) == 3]
    assert 70 < len(with_it) < 130
    assert {row["messages"][0]["content"] for row in with_it} == {"Be inward."}


def test_a_limit_takes_the_first(tmp_path):
    export(rows(), Options("messages", limit=7), MADE, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert [row["id"] for row in manifest["rows"]] == [row.id for row in rows(7)]


def test_an_unknown_format_names_the_known_ones(tmp_path):
    with pytest.raises(UsageError) as error:
        export(rows(), Options("csv"), MADE, tmp_path / "out")
    assert "alpaca" in error.value.hint


def test_no_passage_nor_its_near_duplicate_is_ever_on_both_sides():
    """Two hundred random datasets: passages repeated, and repeated with their start cut off."""
    for seed in range(200):
        draw = random.Random(seed)
        numbers = [draw.randrange(40) for _ in range(draw.randint(2, 60))]
        splitter = Splitter(share=draw.choice([0.1, 0.2, 0.5]), seed=seed)
        sides = {}
        for number in numbers:
            one = passage(number)
            side = splitter.side(one.id, one.text)
            assert sides.setdefault(number, side) == side
        for number in draw.sample(numbers, len(numbers) // 3):
            words = passage(number).text.split()
            other = passage(500 + number, text=" ".join(words[draw.randrange(len(words) // 4) :]))
            assert splitter.side(other.id, other.text) == sides[number]
        assert len(sides) < 2 or set(sides.values()) == {"train", "validation"}


def test_a_near_duplicate_passage_follows_the_first(tmp_path):
    splitter = Splitter(share=0.5, seed=1)
    sides = {}
    for number in range(60):
        first = passage(number)
        sides[number] = splitter.side(first.id, first.text)
    assert set(sides.values()) == {"train", "validation"}
    for number in range(60):
        text = "Another beginning. " + passage(number).text[30:].upper() + " And an end."
        other = passage(1000 + number, text=text)
        assert splitter.side(other.id, other.text) == sides[number]


def test_a_passage_stays_where_it_was_when_the_dataset_grows():
    def sides(count: int) -> dict[str, str]:
        splitter = Splitter(share=0.2, seed=5)
        return {
            one.id: splitter.side(one.id, one.text) for one in (passage(n) for n in range(count))
        }

    small, large = sides(30), sides(300)
    assert all(large[key] == side for key, side in small.items())
    share = sum(side == "validation" for side in large.values()) / 300
    assert 0.13 < share < 0.27


@pytest.mark.parametrize("seed", range(30))
def test_two_passages_are_enough_for_both_sides(seed):
    splitter = Splitter(share=0.1, seed=seed)
    assert {splitter.side(one.id, one.text) for one in (passage(1), passage(2))} == {
        "train",
        "validation",
    }


def test_another_seed_is_another_split():
    def side(seed: int) -> list[str]:
        splitter = Splitter(share=0.3, seed=seed)
        return [splitter.side(one.id, one.text) for one in (passage(n) for n in range(60))]

    assert side(1) == side(1) != side(2)
