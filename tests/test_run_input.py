"""What a run is given: books it cannot read, wrong words, a preview, passages of a person's own."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.runs import OPENAI, REHEARSAL, ROOT, Inscape, chapters
from tests.stub.fixtures import Server


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("run", "no-such.pdf", "--target", "3", *REHEARSAL), "no-such.pdf"),
        (("run", "BOOK", "--target", "3", *REHEARSAL, "--templates", "nope"), "nope"),
        (("run", "BOOK", "--target", "3", "--teacher", "anthropic:m"), "ANTHROPIC_API_KEY"),
        (("run", "BOOK", "--target", "3", "--teacher", "openai:m"), "OPENAI_API_KEY"),
        (("run", "BOOK", "--target", "3"), "teach"),
        (("run", "EMPTY", "--target", "3", *REHEARSAL), "empty.pdf"),
        (("run", "HTML", "--target", "3", *REHEARSAL), "page.pdf"),
        (("run", "BOOK", "--target", "3", *REHEARSAL, "--passages", "no.md"), "no.md"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing_behind(
    fresh: Inscape, small_book: Path, tmp_path: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    (tmp_path / "empty.pdf").write_bytes(b"")
    (tmp_path / "page.pdf").write_text("<!DOCTYPE html><html><body>404</body></html>", "utf-8")
    files = {"BOOK": small_book, "EMPTY": tmp_path / "empty.pdf", "HTML": tmp_path / "page.pdf"}
    done = fresh(*(files.get(one, one) for one in arguments))
    assert done.code == 1
    assert complaint in done.err
    assert len(done.err.strip().splitlines()) == 1, done.err
    assert not fresh.project.exists()


def test_hostile_books_are_one_line_and_leave_nothing_behind(fresh: Inscape, shared: Path) -> None:
    for line in (shared / "corpus" / "manifest.jsonl").read_text("utf-8").splitlines():
        book = json.loads(line)
        if not book["expect"].startswith("error:"):
            continue
        path = shared / "corpus" / book["file"]
        done = fresh("run", path, "--target", "3", *REHEARSAL)
        assert done.code == 1, book["file"]
        assert book["file"] in done.err
        assert len(done.err.strip().splitlines()) == 1, done.err
        assert not fresh.project.exists()


def test_a_project_directory_that_cannot_be_made_is_one_line(
    tmp_path: Path, small_book: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    inscape = Inscape(tmp_path / "file" / "project")
    done = inscape("run", small_book, "--target", "3", *REHEARSAL)
    assert done.code == 1
    assert "file/project" in done.err


def test_a_preview_sends_nothing_and_makes_nothing(
    tmp_path: Path, stub: Server, small_book: Path
) -> None:
    online = Inscape(tmp_path / "project", stub.env)
    done = online("run", small_book, "--target", "9", *OPENAI, "--preview", "--json")
    assert done.code == 0, done.err
    assert done.json["least"]["calls"] == 18
    assert done.json["most"]["calls"] > 18
    assert stub.stats["requests"] == 0
    assert not online.project.exists()


def test_a_person_s_own_passages_are_taken_first(
    inscape: Inscape, small_book: Path, tmp_path: Path
) -> None:
    text = (ROOT / "examples" / "lamp-and-scale.txt").read_text(encoding="utf-8")
    own = max(chapters(text, 9, 9).split("\n\n"), key=len)
    page = f'## PASSAGE 1: Mine\n\n**Core phenomenology:** grief\n\n"""\n{own}\n"""\n\n'
    file = tmp_path / "passages.md"
    file.write_text(page + "**Applicable templates:** 1, 2\n", encoding="utf-8")
    done = inscape("run", small_book, "--target", "3", *REHEARSAL, "--passages", file, "--json")
    assert done.code == 0, done.err
    manifest = json.loads((inscape.project / "exports/latest/manifest.json").read_text("utf-8"))
    assert "Mine" in json.dumps(manifest)
    store = sqlite3.connect(inscape.project / "memory.db")
    query = "select count(*) from assignments a join passages p on p.id = a.passage_id"
    assert store.execute(f"{query} where p.highlighted").fetchone()[0] >= 1
    store.close()
