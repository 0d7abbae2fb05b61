"""The screen of the review: what fits, what is hidden, and text that gives the terminal orders."""

import io

import pytest
from rich.console import Console

from desk import screen
from desk.paint import word_diff
from desk.session import Session
from memory.store import Store
from tests import review_parts
from tests.projects import make_project, talk, verdict
from tests.review_parts import press, sit

project, queue, store = review_parts.project, review_parts.queue, review_parts.store


def painted(session: Session, width: int = 80, height: int = 40) -> str:
    console = Console(width=width, height=height, record=True, file=io.StringIO())
    console.print(screen.show(console, session, width, height))
    return console.export_text()


def test_the_screen_fits_eighty_columns_and_shows_what_matters(store, queue):
    text = painted(sit(store))
    lines = text.rstrip("\n").split("\n")
    assert len(lines) == 40 and max(map(len, lines)) <= 80
    for said in (
        "1 of 4  conversation  dread",
        queue[0],
        "ESCALATE  the end is tidier",
        "! tidy-resolution: all is settled “again”",
        "› What is there, number 2?",
        "┊ I do not want to look at it yet.",
        "PASSAGE  A Book of Ours, Chapter 3, page 3",
        "a accept  x reject  e edit  space skip  u undo",
    ):
        assert said in text


def test_scrolling_shows_the_rest_and_stops_at_the_end(store, queue):
    session = sit(store)
    assert "more lines ↓" in painted(session, height=16)
    assert "nearest accepted: 0123456789ab.0" not in painted(session, height=16)
    press(session, ["page-down"] * 20)
    assert "nearest accepted: 0123456789ab.0" in painted(session, height=16)
    top = session.view.scroll
    press(session, ["page-down"])
    painted(session, height=16)
    assert session.view.scroll == top


def test_blind_hides_the_verdict_until_it_is_asked_for(store, queue):
    session = sit(store, "b")
    hidden = painted(session, height=80)
    assert "tidier" not in hidden and "tidy" not in hidden and "VERDICT" not in hidden
    press(session, "b")
    assert "tidier" in painted(session, height=80)


def test_a_wide_terminal_shows_both_side_by_side(store, queue):
    lines = painted(sit(store), width=160, height=30).split("\n")
    assert any("What is there" in line and "│" in line and "ESCALATE" in line for line in lines)
    assert max(map(len, lines)) <= 160


@pytest.mark.parametrize("size", [(80, 3), (20, 10), (300, 5)])
def test_no_size_of_terminal_breaks_it(store, queue, size):
    assert painted(sit(store, "x"), *size)


def test_text_from_a_model_is_shown_and_never_obeyed(project):
    [key] = make_project(project, accepted=0, waiting=1)
    evil = "I \x1b]0;owned\x07 see [bold]markup[/] \u202e and <script> {{ x }}" + " word" * 20000
    with Store.open(project.store) as store:
        assignment = key.rpartition(".")[0]
        turns = (talk(0).turns[0], talk(0).turns[1].model_copy(update={"content": evil}))
        worse = store.save_example(assignment, talk(0).model_copy(update={"turns": turns}))
        store.save_verdict(worse, verdict("escalate"))
        item = store.item(worse)
        session = sit(store)
        session.current = item
        text = painted(session, height=40)
    assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text
    assert "‹U+001B›]0;owned‹U+0007› see [bold]markup[/]" in text


def test_a_word_diff_keeps_every_word():
    diff = word_diff("one two three", "one four three five")
    assert diff.plain == "one twofour three five"
    assert [diff.plain[span.start : span.end] for span in diff.spans] == ["two", "four", " five"]
