"""Real books in real layouts, against their true text (skipped where they are not at hand)."""

import json
from collections import Counter
from pathlib import Path

import pytest

from corpus.reader import read_book
from inscape.errors import BookError

SCANNED = "E"
LEAST = 0.998


def _rows(shared: Path) -> list[dict[str, str]]:
    text = (shared / "corpus" / "manifest.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _words(text: str) -> Counter[str]:
    lines = (line for line in text.split("\n") if line.strip() != "* * *")
    return Counter("\n".join(lines).lower().split())


def test_clean_text_layers_give_the_words_of_the_truth(shared: Path) -> None:
    short = [row for row in _rows(shared) if row["expect"] == "ok" and int(row["bytes"]) < 2e6]
    clean = [row for row in short if not row["layout"].startswith(SCANNED)]
    assert len(clean) >= 5
    for row in clean:
        found = _words(read_book(shared / "corpus" / row["file"]).text)
        truth = _words((shared / "corpus" / row["truth"]).read_text(encoding="utf-8"))
        both = (found & truth).total()
        assert both / found.total() >= LEAST, row["file"]
        assert both / truth.total() >= LEAST, row["file"]


def test_hostile_files_are_refused_by_their_own_error(shared: Path) -> None:
    expected = {
        "error:encrypted": "BookEncrypted",
        "error:damaged": "BookDamaged",
        "error:empty": "BookEmpty",
        "error:not-a-pdf": "NotABook",
        "error:no-text": "NoText",
        "ocr-needed": "NoText",
    }
    for row in _rows(shared):
        if row["expect"] == "ok":
            continue
        with pytest.raises(BookError) as caught:
            read_book(shared / "corpus" / row["file"])
        assert type(caught.value).__name__ == expected[row["expect"]], row["file"]
        assert caught.value.hint
