"""A book is read once: the second time the cache has it, and a damaged cache costs time only."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents.scout import Scout
from corpus.embed import Embedder
from graph.studying import HowRead, Study, study
from inscape import cache
from inscape.progress import Reading, Scouting
from prompts.library import Library
from tests.runs import ROOT, chapters


@pytest.fixture(scope="module")
def scout() -> Scout:
    embedder = Embedder()
    embedder.encode(["its network lies in the cache that all tests share"])
    return Scout(Library.load(), embedder)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = (ROOT / "examples" / "lamp-and-scale.txt").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("books") / "one.txt"
    path.write_text(chapters(text, 1, 1), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INSCAPE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Watched:
    """Studies, and counts what the watcher was told."""

    def __init__(self, scout: Scout) -> None:
        self.scout = scout
        self.told: list[Reading | Scouting] = []

    def __call__(self, path: Path, how: HowRead = HowRead()) -> Study:  # noqa: B008
        self.told.clear()
        return study(path, self.scout, how, self.told.append)


@pytest.fixture
def watched(scout: Scout) -> Watched:
    return Watched(scout)


def test_the_second_time_nothing_is_read_and_all_is_the_same(
    watched: Watched, book: Path, tmp_path: Path
) -> None:
    first = watched(book)
    assert watched.told
    elsewhere = tmp_path / "renamed.txt"
    elsewhere.write_bytes(book.read_bytes())
    again = watched(elsewhere)
    assert not watched.told
    assert again.book == replace(first.book, path=str(elsewhere))
    assert again.passages == first.passages and again.ratings == first.ratings
    assert [one.spots for one in again.passages] == [one.spots for one in first.passages]
    assert np.array_equal(again.vectors, first.vectors)


def test_another_content_or_another_way_of_reading_is_read_anew(
    watched: Watched, book: Path, tmp_path: Path
) -> None:
    watched(book)
    longer = tmp_path / "one.txt"
    longer.write_text(book.read_text(encoding="utf-8") + "\n\nAnd so on.\n", encoding="utf-8")
    watched(longer)
    assert watched.told
    watched(book, HowRead(ocr=True))
    assert watched.told


def test_other_phenomena_are_rated_anew(watched: Watched, book: Path, tmp_path: Path) -> None:
    watched(book)
    mine = tmp_path / "prompts"
    mine.mkdir()
    text = (ROOT / "prompts" / "phenomena.yaml").read_text(encoding="utf-8")
    (mine / "phenomena.yaml").write_text(text.replace("name: Dread", "name: Old dread"), "utf-8")
    other = Watched(Scout(Library.load(mine), watched.scout.embedder))
    assert other.scout.version != watched.scout.version
    other(book)
    assert other.told


@pytest.mark.parametrize("name", ["book.json", "vectors.npy"])
def test_a_damaged_entry_is_made_again(
    watched: Watched, book: Path, own_cache: Path, name: str
) -> None:
    first = watched(book)
    (file,) = own_cache.glob(f"book-*/{name}")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    again = watched(book)
    assert watched.told and again.passages == first.passages
    watched(book)
    assert not watched.told


def test_what_was_locked_is_not_kept(watched: Watched, book: Path, own_cache: Path) -> None:
    watched(book, HowRead(password="a secret"))
    assert not list(own_cache.glob("book-*"))


def test_without_a_cache_all_is_done_again(
    watched: Watched, book: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    monkeypatch.setenv("INSCAPE_CACHE", "off")
    watched(book)
    watched(book)
    assert watched.told and not own_cache.exists()


def test_a_cache_that_cannot_be_written_costs_time_only(
    watched: Watched, book: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("INSCAPE_CACHE", str(tmp_path / "file" / "cache"))
    assert watched(book).passages


def test_the_oldest_of_a_kind_go(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MOST", 2)
    for name in ("book-1", "network-1", "book-2", "book-3"):
        made = cache.keep(name, lambda fresh: (fresh / "x").touch())
        assert made is not None and (made / "x").exists()
        times = {"book-1": 1, "book-2": 2, "book-3": 3}
        if name in times:
            os.utime(made, (times[name], times[name]))
    assert sorted(one.name for one in own_cache.iterdir()) == ["book-2", "book-3", "network-1"]


def test_what_fails_while_it_is_made_is_not_kept(own_cache: Path) -> None:
    def fail(fresh: Path) -> None:
        (fresh / "half").touch()
        raise OSError("the disk is full")

    assert cache.keep("book-1", fail) is None
    assert list(own_cache.iterdir()) == []
