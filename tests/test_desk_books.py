"""`read` and `passages` on small books of our own, and on what is no book."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dataset.passages_md import read_passages
from desk.app import app

INNER = (
    "I lay still and did not know whose hand it was that lay on the blanket. It seemed to me that "
    "somebody had been thinking in my place for some time, and had only now gone out of the room. "
    "What was I afraid of? There was nothing. And yet the fear was there, quite patient, as if it "
    "had been told to wait for me, and I could not remember having sent for it. I tried to move "
    "one finger. It moved, but a little later than I had meant, and I watched it as one watches "
    "a stranger on a platform who may or may not be about to wave."
)
OUTER = (
    "The invoice for the timber came on Monday and was paid on Tuesday. The yard held forty planks "
    "of larch, twelve of oak, and a quantity of nails in boxes of one pound each. The carter "
    "brought the rest at noon with two horses and a boy. The foreman counted the planks twice, "
    "signed the paper, and gave the carter one shilling for himself and sixpence for the boy. "
    "Then the gate was shut, and the men went to the canteen, where there was soup with barley "
    "and a loaf of bread to every table, as on all Tuesdays."
)


@pytest.fixture
def book(tmp_path) -> Path:
    path = tmp_path / "small book.txt"
    path.write_text(f"CHAPTER I\n\n{OUTER}\n\nCHAPTER II\n\n{INNER}\n", encoding="utf-8")
    return path


def inscape(*words: object, code: int = 0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
    return result


def lines_of(result) -> list[dict]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_clean_text_is_one_paragraph_a_line(book):
    text = inscape("read", book).stdout
    assert INNER in text.splitlines()
    assert [line for line in text.splitlines() if line.startswith("# ")]


def test_the_text_goes_to_a_file_and_the_figures_to_stdout(book, tmp_path):
    out = tmp_path / "clean.txt"
    told = json.loads(inscape("read", book, "--out", out, "--json").stdout)
    assert INNER in out.read_text(encoding="utf-8")
    assert len(told["book"]) == 64 and told["words"] > 150 and len(told["chapters"]) == 2
    assert set(told["dropped"]) == {
        "running_heads",
        "page_numbers",
        "footnotes",
        "front_matter_pages",
    }
    assert {"title", "author", "pages", "warnings"} <= set(told)


@pytest.mark.parametrize("command", ["read", "passages"])
def test_what_is_no_book_is_one_line_and_leaves_nothing(tmp_path, command):
    empty, fake = tmp_path / "empty.pdf", tmp_path / "fake.pdf"
    empty.write_bytes(b"")
    fake.write_text("<!doctype html><html><body>Log in</body></html>", encoding="utf-8")
    for path in (empty, fake, tmp_path / "missing.pdf"):
        result = inscape(command, path, code=1)
        assert result.stdout == "" and result.stderr.count("\n") == 1
        assert result.stderr.startswith("Error: ") and path.name in result.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty.pdf", "fake.pdf"]


def test_a_password_that_is_not_in_the_environment_is_said(book):
    result = inscape("read", book, "--password-env", "NO_SUCH_VARIABLE", code=1)
    assert "'NO_SUCH_VARIABLE'" in result.stderr


def test_hostile_books_are_refused_in_one_line(shared):
    for path in sorted((shared / "corpus").glob("hostile-*.pdf")):
        if "injection" in path.name:
            continue
        result = CliRunner().invoke(app, ["read", str(path)])
        assert result.exit_code == 1, path.name
        assert result.stderr.count("\n") == 1 and path.name in result.stderr


@pytest.fixture(scope="module")
def cut(tmp_path_factory) -> dict[str, list[dict]]:
    """The passages of the small book, as they are cut and as they are scored again."""
    place = tmp_path_factory.mktemp("cut")
    book, page = place / "book.txt", place / "passages.md"
    book.write_text(f"CHAPTER I\n\n{OUTER}\n\nCHAPTER II\n\n{INNER}\n", encoding="utf-8")
    told = inscape("passages", book, "--json", "--md", page)
    assert str(page) in told.stderr
    rows = [{"text": OUTER, "id": "plain"}, {"text": INNER, "id": "rich"}, {"text": INNER}]
    lines = place / "cut.jsonl"
    lines.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return {
        "told": lines_of(told),
        "page": [{"text": one.text} for one in read_passages(page.read_text("utf-8"))],
        "scored": lines_of(inscape("passages", "--score", page, "--json")),
        "lines": lines_of(inscape("passages", "--score", lines, "--json")),
    }


def test_passages_come_richest_first_with_all_their_keys(cut):
    told = cut["told"]
    assert [row["richness"] for row in told] == sorted((r["richness"] for r in told), reverse=True)
    assert "afraid" in told[0]["text"] and told[0]["richness"] > told[-1]["richness"]
    assert set(told[0]) == {
        *("id", "book", "title", "chapter", "page_start", "page_end", "text"),
        *("words", "richness", "phenomena", "templates"),
    }


def test_the_page_of_passages_is_read_back_and_scored(cut):
    texts = [row["text"] for row in cut["told"]]
    assert [row["text"] for row in cut["page"]] == [row["text"] for row in cut["scored"]] == texts
    assert cut["scored"][0]["richness"] == pytest.approx(cut["told"][0]["richness"], abs=0.02)


def test_passages_already_cut_out_are_scored_in_the_order_they_came(cut):
    assert [row["id"] for row in cut["lines"]][:2] == ["plain", "rich"]
    assert cut["lines"][1]["richness"] > cut["lines"][0]["richness"]
    assert cut["lines"][2]["id"] not in ("", "rich")


def test_passages_are_filtered(book, cut):
    kind = cut["told"][0]["phenomena"][0]
    rows = lines_of(inscape("passages", book, "--json", "--phenomenon", kind, "--top", "1"))
    assert len(rows) == 1 and kind in rows[0]["phenomena"]
    assert "dread" in inscape("passages", book, "--phenomenon", "happyness", code=1).stderr


def test_books_or_a_file_to_score_and_not_both(book):
    for words in (["passages"], ["passages", book, "--score", book]):
        assert "and not both" in inscape(*words, code=2).stderr
