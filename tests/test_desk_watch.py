"""Progress: plain lines now and then without a terminal, a board that redraws itself on one."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from desk.watch import REHEARSAL, Board, Plain, watching
from inscape.progress import (
    Counts,
    InBatch,
    Note,
    Reading,
    RoundPlanned,
    Scouting,
    Settled,
    Started,
    Stopped,
)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def plain(patience: float = 0.0) -> tuple[Plain, io.StringIO, Clock]:
    written, clock = io.StringIO(), Clock()
    console = Console(file=written, width=80)
    return Plain(console, patience=patience, now=clock), written, clock


STARTED = Started(20, "rehearsal", "rehearsal", Counts(accepted=2), rehearsal=True)


def test_plain_lines_come_now_and_then_and_never_move_the_cursor():
    watch, written, clock = plain()
    watch(STARTED)
    for page in range(1, 401):
        clock.now += 0.05
        watch(Reading("book.pdf", page, 400))
    watch(RoundPlanned(1, 30))
    for n in range(3, 21):
        clock.now += 1
        watch(Settled("accepted", Counts(accepted=n, calls=2 * n), opening="It is dark."))
    watch(Stopped("target", Counts(accepted=20)))
    lines = written.getvalue().splitlines()
    assert lines[0] == "Target 20: teacher rehearsal, critic rehearsal"
    assert lines[1] == REHEARSAL
    reading = [line for line in lines if line.startswith("Reading")]
    assert reading[0] == "Reading book.pdf: 1 of 400" and 2 <= len(reading) <= 6
    accepted = [line for line in lines if " of 20 accepted" in line]
    assert 5 <= len(accepted) <= 12
    assert accepted[-1].startswith("20 of 20 accepted")
    assert "about" in accepted[2]
    assert "\x1b" not in written.getvalue() and "\r" not in written.getvalue()


def test_short_work_passes_in_silence():
    watch, written, clock = plain(patience=3)
    for page in range(1, 100):
        clock.now += 0.01
        watch(Reading("book.pdf", page, 100))
    assert written.getvalue() == ""


def test_a_note_is_always_a_line_and_only_one():
    watch, written, _ = plain(patience=100)
    watch(Note("the server\nis \x1b[31mslow"))
    assert written.getvalue() == "the server is ‹U+001B›[31mslow\n"


def board(width: int = 80) -> tuple[Board, Console, Clock]:
    clock = Clock()
    console = Console(
        file=io.StringIO(), width=width, force_terminal=True, record=True, _environ={}
    )
    return Board(console, now=clock), console, clock


def drawn(one: Board, console: Console) -> str:
    console.print(one.draw())
    return console.export_text()


def test_the_board_shows_what_a_person_wants_to_know():
    one, console, clock = board()
    one(STARTED)
    one(RoundPlanned(1, 30))
    for n in range(3, 9):
        clock.now += 2
        counts = Counts(n, 1, 3, 0, calls=30, calls_reused=4, usd=1.25)
        one(Settled("accepted", counts, opening=f"Opening number {n} " + "and on " * 30))
    text = drawn(one, console)
    assert "teacher rehearsal, critic rehearsal, round 1" in text
    assert REHEARSAL in text
    assert "8 of 20  0:12, about 0:24 left" in text
    assert "1 waiting, 3 rejected, 0 failed, 30 calls (4 reused), $1.25" in text
    assert "“Opening number 8 and on" in text and "Opening number 4 " not in text
    assert "inscape review or inscape desk, in another terminal" in text
    assert "in all" not in text  # what was there before the run cost nobody knows what
    assert "Ctrl-C" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_board_guesses_the_whole_cost_once_there_is_enough_to_go_by():
    one, console, clock = board(100)
    one(Started(40, "openai:a", "openai:a", Counts(accepted=10, usd=5.0)))
    one(RoundPlanned(1, 30))
    for n in range(1, 11):
        clock.now += 2
        counts = Counts(accepted=10 + n, escalated=2, calls=9 * n, usd=5.0 + 0.2 * n)
        one(Settled("accepted", counts, opening=f"Opening {n}.", template="monologue"))
        assert ("in all" in drawn(one, console)) == (n >= 5)
    text = drawn(one, console)
    assert "$7.00 so far, about $11.00 in all" in text
    assert "inscape review or inscape desk" in text
    assert "  monologue  “Opening 10.”" in text


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Reading("book.pdf", 30, 400), "Reading book.pdf"),
        (Reading("book.epub"), "Reading book.epub"),
        (Scouting(5, 10), "Rating passages"),
    ],
)
def test_the_board_shows_the_work_before_the_first_round(event, said):
    one, console, _ = board()
    assert "Getting ready" in drawn(one, console)
    one(event)
    assert said in drawn(one, console)


def test_the_watcher_suits_the_console():
    with watching(Console(file=io.StringIO())) as progress:
        assert isinstance(progress, Plain)
    console = Console(file=io.StringIO(), force_terminal=True, _environ={})
    with watching(console) as progress:
        assert isinstance(progress, Board)
        progress(Stopped("target", Counts()))


WAITS = InBatch(("openai:m",), 40, 0, "2026-01-05T09:30:00.000000+00:00", 0.42)


def test_a_batch_is_a_line_when_it_is_new_and_when_more_is_done():
    watch, written, clock = plain()
    for done in (0, 0, 0, 12, 12, 40):
        clock.now += 60
        watch(replace(WAITS, done=done))
    lines = written.getvalue().splitlines()
    assert [line[:30] for line in lines if line.startswith("In batch")] == [
        "In batch at openai:m: 0 of 40,",  # and not an emoji for `:m:`
        "In batch at openai:m: 12 of 40",
        "In batch at openai:m: 40 of 40",
    ]
    assert "since " in lines[0] and "at most $0.42" in lines[0]
    assert sum("You may close this" in line for line in lines) == 1


def test_the_board_says_that_it_may_be_closed_while_a_batch_is_under_way():
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    board = Board(console)
    board(STARTED)
    board(WAITS)
    with console.capture() as capture:
        console.print(board.draw())
    assert "In batch at openai:m" in capture.get() and "0 of 40" in capture.get()
    assert "You may close this" in capture.get()
    board(Settled("accepted", Counts(accepted=3), opening="It is dark."))
    with console.capture() as capture:
        console.print(board.draw())
    assert "You may close this" not in capture.get() and "Ctrl-C stops" in capture.get()
