"""A person decides: by keys, by command, through a real terminal; nothing decided is ever lost."""

import io

import pytest
from rich.console import Console

from dataset.example import Example
from dataset.records import Decision
from desk import screen
from desk.bench import StoreBench
from desk.editing import Unfit, from_page, in_editor, to_page
from desk.paint import word_diff
from desk.session import REASONS, Session
from inscape.errors import InscapeError
from inscape.project import Project
from memory.store import Store
from tests.projects import make_project, speech, talk, vector, verdict
from tests.pseudo import Terminal


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture
def queue(project) -> list[str]:
    return make_project(project, accepted=2, waiting=4)


@pytest.fixture
def store(project, queue):
    with Store.open(project.store) as found:
        yield found


def sit(store: Store, keys: str | list[str] = "", edit=None, by: str = "person") -> Session:
    """A session in which these keys have been pressed."""
    session = Session(StoreBench(store, ""), edit or (lambda item, page, wrong: page), by=by)
    press(session, keys)
    return session


def press(session: Session, keys: str | list[str]) -> None:
    for key in keys:
        session.press({" ": "space"}.get(key, key))


def statuses(store: Store, queue: list[str]) -> list[str]:
    return [store.assignment(key.rpartition(".")[0]).status for key in queue]


def save_vectors(store: Store, queue: list[str]) -> None:
    """As a run does, so that accepting needs no embedder."""
    for number, key in enumerate(queue, start=100):
        store.save_vector(key, vector(number))


@pytest.fixture
def ready(store, queue) -> Store:
    save_vectors(store, queue)
    return store


def test_accept_reject_and_skip_are_one_key_each(ready, queue):
    session = sit(ready, "ax ")
    assert statuses(ready, queue) == ["accepted", "rejected", "escalated", "escalated"]
    assert session.current is not None and session.current.example_id == queue[3]
    assert session.answers == {queue[0]: "accept", queue[1]: "reject", queue[2]: "ignore"}


def test_a_digit_after_a_rejection_is_its_reason(ready, queue):
    sit(ready, "x3a")
    assert [(d.answer, d.reason) for d in ready.decisions(limit=9)] == [
        ("accept", ""),
        ("reject", REASONS[2]),
    ]


def test_a_digit_anywhere_else_means_nothing(ready, queue):
    sit(ready, "3x0a2")
    assert [(d.answer, d.reason) for d in ready.decisions(limit=9)] == [
        ("accept", ""),
        ("reject", ""),
    ]


def test_all_like_this_go_with_one_key_right_after_a_reason(ready, queue):
    session = sit(ready, " x1")
    assert "3 others wait with tidy-resolution: l rejects all such." in session.view.message
    press(session, "l")
    assert statuses(ready, queue) == ["rejected"] * 4
    assert {decision.reason for decision in ready.decisions() if decision.answer == "reject"} == {
        REASONS[0]
    }
    press(session, "u")
    assert statuses(ready, queue).count("escalated") == 1
    press(session, "l")
    assert statuses(ready, queue).count("escalated") == 1


def test_a_decision_made_blind_is_kept_as_such(ready, queue):
    sit(ready, "bababxbb")
    assert [decision.blind for decision in reversed(ready.decisions())] == [False, False, False]
    session = sit(ready)
    press(session, "ub")
    press(session, "u")
    press(session, ["a", "x"])
    assert [decision.blind for decision in ready.decisions(limit=2)] == [True, True]


def test_undo_takes_back_one_after_the_other_and_returns_to_it(ready, queue):
    session = sit(ready, "ax u")
    assert session.current is not None and session.current.example_id == queue[2]
    press(session, ["undo", "u"])
    assert statuses(ready, queue) == ["escalated"] * 4
    assert session.current.example_id == queue[0]
    assert session.answers == {}
    press(session, "u")
    assert "no decision" in session.view.message


def test_undo_is_of_ones_own_decisions(ready, queue):
    ready.decide(Decision(example_id=queue[0], answer="accept", by="somebody else"))
    session = sit(ready, "u")
    assert statuses(ready, queue)[0] == "accepted"
    assert "no decision" in session.view.message


def test_moving_decides_nothing(ready, queue):
    session = sit(ready, "jjk")
    assert session.current is not None and session.current.example_id == queue[1]
    assert ready.decisions() == []
    press(session, "kk")
    assert session.current.example_id == queue[0]


def test_what_somebody_else_decided_meanwhile_is_passed_over(ready, queue):
    session = sit(ready)
    ready.decide(Decision(example_id=queue[1], answer="reject", by="another"))
    press(session, "a")
    assert session.current is not None and session.current.example_id == queue[2]
    assert session.place == (2, 3)


def test_two_people_at_once_never_decide_the_same_in_silence(ready, queue):
    one = sit(ready, by="one")
    one.bench.close()  # as when ten minutes have passed
    other = sit(ready, by="other")
    press(one, "x")
    press(other, "a")
    assert "decided elsewhere meanwhile: reject by 'one'" in other.view.message
    assert [d.by for d in ready.decisions(limit=9)] == ["one"]


def test_at_the_end_there_is_nothing_left_to_press(ready, queue):
    session = sit(ready, "aaaa")
    assert session.current is None
    press(session, "axe ")
    assert len(ready.decisions(limit=9)) == 4
    press(session, "u")
    assert session.current is not None and session.current.example_id == queue[3]


def test_items_that_come_in_meanwhile_are_shown_at_the_end(project, ready, queue):
    session = sit(ready, "aaa")
    late = make_project(project, accepted=2, waiting=5)[-1]
    ready.save_vector(late, vector(7))
    press(session, "a")
    assert session.current is not None and session.current.example_id == late


def test_quit_reopen_and_the_rest_is_there(ready, queue):
    sit(ready, "aq").bench.close()
    session = sit(ready)
    assert session.place == (1, 3)


def test_an_edit_is_accepted_in_place_of_the_draft(ready, queue, monkeypatch):
    monkeypatch.setattr(StoreBench, "_embedder", Embeds())
    session = sit(ready, "e", edit=lambda item, page, wrong: edited_page(item.example))
    kept = ready.assignment(queue[0].rpartition(".")[0])
    assert kept.status == "accepted" and kept.example_id not in (None, queue[0])
    assert "more loudly" in ready.example(kept.example_id or "").spoken
    press(session, "u")
    assert statuses(ready, queue)[0] == "escalated"


class Embeds:
    """Stands in for the embedder: what a text's vector is does not matter here."""

    def encode(self, texts):
        return [vector(len(text)) for text in texts]


def edited_page(example: Example) -> str:
    return to_page(example).replace("more quietly", "more loudly")


def test_an_unchanged_or_emptied_page_decides_nothing(ready, queue):
    session = sit(ready, "e", edit=lambda item, page, wrong: to_page(item.example))
    assert "Unchanged" in session.view.message
    session.edit = lambda item, page, wrong: "\n"
    press(session, "e")
    assert ready.decisions() == []


def test_a_page_that_is_no_example_is_kept_for_another_try(ready, queue):
    seen = []

    def edit(item, page, wrong):
        seen.append((page, wrong))
        return "turns: [broken"

    session = sit(ready, "ee", edit=edit)
    assert "Not an example yet" in session.view.message
    assert seen[0] == ("", "")
    assert seen[1][0] == "turns: [broken" and "line" in seen[1][1]
    assert ready.decisions() == []


@pytest.mark.parametrize(
    "example",
    [
        speech(1),
        talk(2),
        Example.model_validate(
            {
                "form": "conversation",
                "system": "Be inward: yes",
                "turns": [
                    {"role": "user", "content": "- no\n# not a comment\n: odd"},
                    {
                        "role": "assistant",
                        "content": 'yes "null" {x}\n\n    indented\ttab',
                        "thinking": "on",
                        "state": {"mood": "low", "certainty": "0.3"},
                    },
                ],
            }
        ),
    ],
)
def test_the_page_in_the_editor_comes_back_as_the_same_example(example):
    assert from_page(to_page(example), example.form) == example


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ("just words", "keep its names"),
        ("instruction: x\n", "`output`"),
        ("instruction: x\noutput: ''\n", "`output`"),
        ("instruction: x\noutput: [a]\n", "must be text"),
        ("instruction: x\noutput: y\nanswer: z\n", "unknown name `answer`"),
        ("turns: none\n", "must be a list"),
        ("turns:\n- assistant: x\n- user: y\n", "should be `user`"),
        ("turns:\n- user: x\n", "must be an answer"),
        ("a: b: c\n", "line 1"),
    ],
)
def test_what_is_wrong_with_a_page_is_said(page, complaint):
    with pytest.raises(Unfit, match=complaint):
        from_page(page, "conversation")


def test_an_editor_that_is_not_there_is_said():
    with pytest.raises(InscapeError, match="no editor 'no-such-editor'"):
        in_editor("page", "no-such-editor --wait", "Title")


def test_the_heading_in_the_editor_is_not_part_of_the_page():
    editor = "sed -i -e s/kept/changed/ -e s/odd/even/"
    page = in_editor("output: |-\n  # kept\n", editor, "Title", "line 1: odd")
    assert page == "output: |-\n  # changed\n"


def painted(session: Session, width: int = 80, height: int = 40) -> str:
    console = Console(width=width, height=height, record=True, file=io.StringIO())
    console.print(screen.show(console, session, width, height))
    return console.export_text()


def test_the_screen_fits_eighty_columns_and_shows_what_matters(ready, queue):
    text = painted(sit(ready))
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


def test_scrolling_shows_the_rest_and_stops_at_the_end(ready, queue):
    session = sit(ready)
    assert "more lines ↓" in painted(session, height=16)
    assert "nearest accepted: 0123456789ab.0" not in painted(session, height=16)
    press(session, ["page-down"] * 20)
    assert "nearest accepted: 0123456789ab.0" in painted(session, height=16)
    top = session.view.scroll
    press(session, ["page-down"])
    painted(session, height=16)
    assert session.view.scroll == top


def test_blind_hides_the_verdict_until_it_is_asked_for(ready, queue):
    session = sit(ready, "b")
    hidden = painted(session, height=80)
    assert "tidier" not in hidden and "tidy" not in hidden and "VERDICT" not in hidden
    press(session, "b")
    assert "tidier" in painted(session, height=80)


def test_a_wide_terminal_shows_both_side_by_side(ready, queue):
    lines = painted(sit(ready), width=160, height=30).split("\n")
    assert any("What is there" in line and "│" in line and "ESCALATE" in line for line in lines)
    assert max(map(len, lines)) <= 160


@pytest.mark.parametrize("size", [(80, 3), (20, 10), (300, 5)])
def test_no_size_of_terminal_breaks_it(ready, queue, size):
    assert painted(sit(ready, "x"), *size)


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


def test_the_whole_review_through_a_real_terminal(project, ready, queue):
    place, editor = str(project.root), "sed -i s/nearer/closer/"
    terminal = Terminal("review", "--by", "Ada", INSCAPE_PROJECT=place, EDITOR=editor)
    terminal.wait_for("1 of 4")
    terminal.press("a", then="Accepted. u takes it back.")
    terminal.press("x", then="Why?")
    terminal.press("1", then=f"Rejected: {REASONS[0]}.")
    terminal.press("\x1b[B\x1b[A", then="3 of 4")
    terminal.press("e", then="Accepted as edited.")
    terminal.press("\x1a", then="Taken back: accepted as edited.")
    terminal.press(" ", then="Skipped.")
    terminal.press("?", then="Any key goes back")
    terminal.press("q", then="4 of 4")
    terminal.press("q", then="1 accepted, 1 rejected, 1 skipped; 2 examples waiting.")
    assert terminal.close() == 0
    assert statuses(ready, queue) == ["accepted", "rejected", "escalated", "escalated"]
    assert [(d.answer, d.reason, d.by) for d in ready.decisions(of="Ada")][1:] == [
        ("reject", REASONS[0], "Ada"),
        ("accept", "", "Ada"),
    ]
