"""passages.md: what a person writes is understood, and what we write comes back as it was."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.passage import Passage
from dataset.passages_md import (
    Highlight,
    highlight,
    read_passages,
    read_scored,
    write_passages,
)
from inscape.errors import InscapeError

BY_HAND = '''# Things I marked

A line about why I read this book.

## PASSAGE 1: Waking

**Core phenomenology:** half awake; memory coming back

"""
The lamp was out. # no heading here

# Nor is this one

She lay and waited for her name.
"""

**Applicable templates:** 1, 2, 4

---

### Passage 2 - The stair
Core phenomenology: dread
> He went up.
> Nobody had lit the landing.

Applicable Templates: 1-3 and 5

## **PASSAGE 7**
"""One line of text."""
- Templates: monologue, Meta-Awareness

## PASSAGE: no quotes at all
**Templates**: Template 1 (Direct inner monologue), Template 4
This is text that stands loose
and runs on.

It has two paragraphs.
'''


def test_a_page_written_by_hand_is_understood():
    first, second, third, fourth = read_passages(BY_HAND)
    assert first.title == "Waking" and first.core == "half awake; memory coming back"
    assert first.text.startswith("The lamp was out.") and first.text.endswith("for her name.")
    assert "# Nor is this one" in first.text and first.templates == ("1", "2", "4")
    assert second.text == "He went up.\nNobody had lit the landing."
    assert second.templates == ("1", "2", "3", "5") and second.phenomena == ("dread",)
    assert third.number == 7 and third.text == "One line of text."
    assert third.templates == ("monologue", "Meta-Awareness")
    assert fourth.number == 8 and fourth.templates == ("1", "4")
    assert fourth.text == "This is text that stands loose and runs on.\nIt has two paragraphs."


@pytest.mark.parametrize(
    "text",
    [
        "## 1. The gate\n\n“““\nIt stood open.\n”””\n",
        "## The gate\n\n```text\nIt stood open.\n```\n",
        '# PASSAGE 1: The gate\r\n\r\n"""\r\nIt stood open.\r\n"""\r\n',
        "## Passage 1 – The gate\n**Text:** It stood open.\n",
        "## EXCERPT 1) The gate\n\nIt stood open.\n",
        '\ufeff## PASSAGE 1: The gate\n"""It stood open.\n',
    ],
)
def test_other_habits_of_writing_it_are_understood_too(text):
    (found,) = read_passages(text)
    assert (found.number, found.title, found.text) == (1, "The gate", "It stood open.")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("all", ()),
        ("Any", ()),
        ("4, 1, 4", ("4", "1")),
        ("2-4", ("2", "3", "4")),
        ("1 to 3", ("1", "2", "3")),
        ("nos. 1 & 5", ("1", "5")),
        ("1 (monologue); 5: computational", ("1", "5")),
        ("1-900", ("1-900",)),
    ],
)
def test_templates_may_be_named_in_many_ways(said, meant):
    text = f'## PASSAGE 1\n"""\nText.\n"""\n**Applicable templates:** {said}\n'
    assert read_passages(text)[0].templates == meant


def test_a_text_without_any_heading_is_one_passage():
    assert [one.text for one in read_passages('"""\nThe gate stood open.\n"""')] == [
        "The gate stood open."
    ]


@pytest.mark.parametrize("text", ["", "Some notes.\n", "## PASSAGE 1: empty\n\n**Core:** dread\n"])
def test_a_page_without_a_passage_is_said_with_how_to_write_one(text):
    with pytest.raises(InscapeError, match=r"no passage in 'mine\.md'") as caught:
        read_passages(text, name="mine.md")
    assert "PASSAGE 1" in caught.value.hint


def test_a_passage_of_a_book_keeps_its_id_its_place_and_its_rating():
    text = 'She said """nothing""" at all, and meant it.\n\n## PASSAGE 9: not one'
    passage = Passage("ab12", "sha", "The Book", "II. The Gate", 3, 4, 10, 90, text)
    page = write_passages(
        [
            highlight(passage, number=1, phenomena=["dread", "grief"], richness=0.81234),
            highlight(passage, number=2, core="a dread of gates", phenomena=["dread"]),
        ]
    )
    first, second = read_passages(page)
    assert first.text == text and first.id == "ab12" and first.pages == (3, 4)
    assert first.book == "The Book" and first.chapter == "II. The Gate"
    assert first.richness == 0.812 and first.phenomena == ("dread", "grief")
    assert second.core == "a dread of gates" and second.phenomena == ("dread",)
    assert "**Core phenomenology:** dread, grief" in page


_words = st.lists(
    st.text("abc\"'#*>-é“”.\n", min_size=1, max_size=12).map(str.strip).filter(bool), min_size=1
).map(" ".join)


@given(st.lists(_words, min_size=1, max_size=4))
def test_whatever_the_text_it_comes_back_as_it_went(texts):
    entries = [
        Highlight(n, "A title", text, core="some core", templates=("1", "3"))
        for n, text in enumerate(texts, 1)
    ]
    assert read_passages(write_passages(entries)) == entries


def test_json_lines_keep_their_order_and_their_ids():
    lines = [{"text": "One.", "id": 7}, {"text": "Two."}, {"text": "Three.", "id": "c"}]
    found = read_scored("\n\n".join(json.dumps(line) for line in lines), name="x.jsonl")
    assert [(one.number, one.id, one.text) for one in found] == [
        (1, "7", "One."),
        (2, "", "Two."),
        (3, "c", "Three."),
    ]
    assert read_scored(BY_HAND, name="x.md") == read_passages(BY_HAND)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"text": "One."', "not JSON"),
        ('{"words": 3}', 'no text under "text"'),
        ('{"text": " "}', "no text"),
    ],
)
def test_a_bad_line_is_named_by_its_number(line, said):
    with pytest.raises(InscapeError, match=rf"mine\.jsonl:2: .*{said}") as caught:
        read_scored('{"text": "Fine."}\n' + line, name="mine.jsonl")
    assert caught.value.hint
