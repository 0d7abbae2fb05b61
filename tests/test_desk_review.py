"""A person decides: by keys, by command, through a real terminal; nothing decided is ever lost."""

import time

from dataset.records import Decision
from desk.keys import TWICE
from desk.session import REASONS
from tests import review_parts
from tests.projects import make_project
from tests.pseudo import Terminal
from tests.review_parts import press, sit, statuses

project, queue, store = review_parts.project, review_parts.queue, review_parts.store


def test_accept_reject_and_skip_are_one_key_each(store, queue):
    session = sit(store, "ax ")
    assert statuses(store, queue) == ["accepted", "rejected", "escalated", "escalated"]
    assert session.current is not None and session.current.example_id == queue[3]
    assert session.answers == {queue[0]: "accept", queue[1]: "reject", queue[2]: "ignore"}


def test_a_digit_after_a_rejection_is_its_reason(store, queue):
    sit(store, "x3a")
    assert [(d.answer, d.reason) for d in store.decisions(limit=9)] == [
        ("accept", ""),
        ("reject", REASONS[2]),
    ]


def test_a_digit_anywhere_else_means_nothing(store, queue):
    sit(store, "3x0a2")
    assert [(d.answer, d.reason) for d in store.decisions(limit=9)] == [
        ("accept", ""),
        ("reject", ""),
    ]


def test_all_like_this_go_with_one_key_right_after_a_reason(store, queue):
    session = sit(store, " x1")
    assert "3 others wait with tidy-resolution: l rejects all such." in session.view.message
    press(session, "l")
    assert statuses(store, queue) == ["rejected"] * 4
    assert {decision.reason for decision in store.decisions() if decision.answer == "reject"} == {
        REASONS[0]
    }
    press(session, "u")
    assert statuses(store, queue).count("escalated") == 1
    press(session, "l")
    assert statuses(store, queue).count("escalated") == 1


def test_a_decision_made_blind_is_kept_as_such(store, queue):
    sit(store, "bababxbb")
    assert [decision.blind for decision in reversed(store.decisions())] == [False, False, False]
    session = sit(store)
    press(session, "ub")
    press(session, "u")
    press(session, ["a", "x"])
    assert [decision.blind for decision in store.decisions(limit=2)] == [True, True]


def test_the_critics_word_is_told_after_a_blind_decision_and_not_after_others(store, queue):
    item = store.item(queue[0])
    word = f"The critic said escalate ({item.verdict.mean_score:.1f} of 5): {item.verdict.reason}"
    session = sit(store, "a")
    assert "critic" not in session.view.message
    press(session, "bj ")
    assert "critic" not in session.view.message
    press(session, "a")
    assert session.view.message == f"Accepted. {word}. u takes it back."
    press(session, "x")
    assert session.view.message.startswith(f"Rejected. {word}. Why? 1 {REASONS[0]}")


def test_undo_takes_back_one_after_the_other_and_returns_to_it(store, queue):
    session = sit(store, "ax u")
    assert session.current is not None and session.current.example_id == queue[2]
    press(session, ["undo", "u"])
    assert statuses(store, queue) == ["escalated"] * 4
    assert session.current.example_id == queue[0]
    assert session.answers == {}
    press(session, "u")
    assert "no decision" in session.view.message


def test_undo_is_of_ones_own_decisions(store, queue):
    store.decide(Decision(example_id=queue[0], answer="accept", by="somebody else"))
    session = sit(store, "u")
    assert statuses(store, queue)[0] == "accepted"
    assert "no decision" in session.view.message


def test_moving_decides_nothing(store, queue):
    session = sit(store, "jjk")
    assert session.current is not None and session.current.example_id == queue[1]
    assert store.decisions() == []
    press(session, "kk")
    assert session.current.example_id == queue[0]


def test_what_somebody_else_decided_meanwhile_is_passed_over(store, queue):
    session = sit(store)
    store.decide(Decision(example_id=queue[1], answer="reject", by="another"))
    press(session, "a")
    assert session.current is not None and session.current.example_id == queue[2]
    assert session.place == (2, 3)


def test_two_people_at_once_never_decide_the_same_in_silence(store, queue):
    one = sit(store, by="one")
    one.bench.close()  # as when ten minutes have passed
    other = sit(store, by="other")
    press(one, "x")
    press(other, "a")
    assert "decided elsewhere meanwhile: reject by 'one'" in other.view.message
    assert [d.by for d in store.decisions(limit=9)] == ["one"]


def test_at_the_end_there_is_nothing_left_to_press(store, queue):
    session = sit(store, "aaaa")
    assert session.current is None
    press(session, "axe ")
    assert len(store.decisions(limit=9)) == 4
    press(session, "u")
    assert session.current is not None and session.current.example_id == queue[3]


def test_items_that_come_in_meanwhile_are_shown_at_the_end(project, store, queue):
    session = sit(store, "aaa")
    late = make_project(project, accepted=2, waiting=5)[-1]
    press(session, "a")
    assert session.current is not None and session.current.example_id == late


def test_quit_reopen_and_the_rest_is_there(store, queue):
    sit(store, "aq").bench.close()
    session = sit(store)
    assert session.place == (1, 3)


def test_the_whole_review_through_a_real_terminal(project, store, queue):
    place, editor = str(project.root), "sed -i s/nearer/closer/"
    terminal = Terminal("review", "--by", "Ada", INSCAPE_PROJECT=place, EDITOR=editor)
    terminal.wait_for("1 of 4")
    terminal.press("aa", then="Accepted. u takes it back.")
    time.sleep(2 * TWICE)  # the second came too soon to be meant; this one is
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
    assert statuses(store, queue) == ["accepted", "rejected", "escalated", "escalated"]
    assert [(d.answer, d.reason, d.by) for d in store.decisions(of="Ada")][1:] == [
        ("reject", REASONS[0], "Ada"),
        ("accept", "", "Ada"),
    ]
