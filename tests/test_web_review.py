"""The review in a real browser, by keys alone."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from desk.bench import StoreBench
from desk.session import REASONS
from memory.store import Store
from tests.browser import until
from tests.desk_parts import vector


def status(store: Store, example_id: str) -> str:
    return store.assignment(example_id.rpartition(".")[0]).status


def shown(page: Any) -> str | None:
    settle(page)
    found: str | None = page.locator("#card").get_attribute("data-id")
    return found


def press(page: Any, *keys: str) -> None:
    """At a person's pace: of two decisions at once, or a key twice at once, the second is none."""
    for before, key in pairwise(("a", *keys)):
        if key in (before, "a", "x", "e", " ", "Backspace"):
            page.wait_for_timeout(260)
        until(page, "!busy")
        page.keyboard.press(key)


def settle(page: Any) -> None:
    """Until what was decided has been written."""
    page.wait_for_timeout(50)
    until(page, "pending === 0 && !busy")


def said(page: Any) -> str:
    found: str = page.locator("#said").inner_text()
    return found


def test_a_whole_review_by_keys_alone(opened, store, queue):
    page = opened("/review")
    assert shown(page) == queue[0]
    press(page, "a")
    assert said(page) == "Accepted."
    press(page, "x", "3", " ")
    assert shown(page) == queue[3]
    press(page, "x")
    settle(page)
    assert [status(store, key) for key in queue] == [
        "accepted",
        "rejected",
        "escalated",
        "rejected",
    ]
    assert "You have seen them all" in page.locator("#card").inner_text()
    held = store.decisions()
    assert [(d.answer, d.reason) for d in reversed(held)] == [
        ("accept", ""),
        ("reject", REASONS[2]),
        ("ignore", ""),
        ("reject", ""),
    ]
    page.get_by_role("button", name="Go through them again").click()
    page.wait_for_selector(f"[data-id='{queue[2]}']")
    press(page, "a")
    settle(page)
    assert "Nothing waits for you" in page.locator("#card").inner_text()
    assert store.counts().escalated == 0


def test_undo_takes_back_one_after_the_other_and_returns_to_it(opened, store, queue):
    page = opened("/review")
    press(page, "a", "x", "u")
    page.wait_for_selector(f"[data-id='{queue[1]}']")
    assert said(page) == "Taken back: rejected."
    press(page, "Backspace")
    page.wait_for_selector(f"[data-id='{queue[0]}']")
    settle(page)
    assert [status(store, key) for key in queue] == ["escalated"] * 4
    press(page, "a")
    settle(page)
    page.reload()
    press(page, "Control+z")
    page.wait_for_selector(f"[data-id='{queue[0]}']")
    assert status(store, queue[0]) == "escalated"


class Embeds:
    """Stands in for the embedder: what a text's vector is does not matter here."""

    def load(self):
        return None

    def encode(self, texts):
        return [vector(len(text)) for text in texts]


def test_an_edit_is_accepted_in_place_of_the_draft_and_kept_when_left(
    opened, store, queue, monkeypatch
):
    monkeypatch.setattr(StoreBench, "_embedder", Embeds())
    page = opened("/review")
    press(page, "e")
    box = page.locator("textarea[name='1.content']")
    box.fill("A bag for bread, then. a x u j")
    page.keyboard.press("a")  # in a field, a letter is a letter
    page.keyboard.press("Escape")
    assert shown(page) == queue[0]
    assert page.locator("#edit").count() == 0
    press(page, "e")
    assert box.input_value() == "A bag for bread, then. a x u ja"
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"[data-id='{queue[1]}']")
    kept = store.assignment(queue[0].rpartition(".")[0])
    assert kept.status == "accepted"
    assert kept.example_id is not None and kept.example_id != queue[0]
    turns = store.example(kept.example_id).turns
    assert turns[1].content == "A bag for bread, then. a x u ja"
    assert turns[3] == store.example(queue[0]).turns[3]
    press(page, "u")
    page.wait_for_selector(f"[data-id='{queue[0]}']")
    assert status(store, queue[0]) == "escalated"


def test_an_edit_that_is_no_example_is_said_and_nothing_is_lost(opened, store, queue):
    page = opened("/review")
    press(page, "e")
    page.locator("textarea[name='1.content']").fill("  ")
    page.locator("textarea[name='1.thinking']").fill("Still here.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#edit .wrong:not([hidden])")
    assert "turn 2 says nothing" in page.locator("#edit .wrong").inner_text()
    assert page.locator("textarea[name='1.thinking']").input_value() == "Still here."
    assert store.decisions() == []


def test_blind_hides_the_verdict_until_decided_and_the_decision_says_so(opened, store, queue):
    page = opened("/review")
    assert page.locator(".ruling").is_visible()
    press(page, "b", "a")
    settle(page)
    hidden = page.locator("#card").inner_text()
    assert "tidy resolution" not in hidden and "Escalate" not in hidden
    assert page.evaluate("getComputedStyle(document.querySelector('mark')).textDecorationLine") == (
        "none"
    )
    press(page, "x")
    until(page, "document.querySelector('#said').textContent.includes('critic said')")
    assert "The critic said escalate (3.8 of 5)" in said(page)
    first, second = reversed(store.decisions())
    assert not first.blind  # its verdict had been on the screen
    assert second.blind
    assert store.agreement(blind=True)["n"] == 1


def test_all_like_this_are_rejected_with_one_key_and_taken_back_with_one(opened, store, queue):
    page = opened("/review")
    press(page, "x", "1")
    page.wait_for_selector("#offer:not([hidden])")
    assert "3 others wait with “tidy resolution”" in page.locator("#offer").inner_text()
    press(page, "l")
    page.wait_for_selector("#card[data-end]")
    settle(page)
    assert [status(store, key) for key in queue] == ["rejected"] * 4
    assert {d.reason for d in store.decisions()} == {REASONS[0]}
    press(page, "u")
    page.wait_for_selector("#card[data-id]")
    settle(page)
    assert [status(store, key) for key in queue] == ["rejected", *["escalated"] * 3]


def test_what_the_questions_fail_becomes_the_reason(opened, store, queue):
    page = opened("/review")
    page.get_by_label("Is it phenomenologically authentic?").check()
    page.get_by_label("Does it live the thing").check()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    press(page, "x")
    settle(page)
    assert store.decisions()[0].reason == "fails: authentic, lived not explained"


def test_a_quote_lights_up_where_it_stands(opened, queue):
    page = opened("/review")
    quote = page.locator(".findings .quote")
    quote.focus()
    assert page.locator("mark.lit").inner_text() == (
        "In the end I understand that all of this is about letting go."
    )
    page.locator("h1").hover()
    page.locator("[data-key='a']").focus()
    assert page.locator("mark.lit").count() == 0


def test_the_page_of_the_book_and_what_is_different_are_beside_it(opened, queue):
    page = opened("/review")
    page.locator(".sheet").scroll_into_view_if_needed()
    until(page, "document.querySelector('.sheet img').naturalWidth > 400")
    press(page, "d")
    page.wait_for_selector(".compare ins")
    text = page.locator(".compare").inner_text()
    assert "Nearest accepted, cosine 0.71" in text and "Revised" in text
    gone = "".join(page.locator(".compare section").nth(1).locator("del").all_inner_texts())
    assert "Tell" in gone and "brother" not in gone


def test_two_browsers_never_decide_the_same_in_silence(opened, store, queue):
    one, other = opened("/review"), opened("/review")
    press(one, "x")
    settle(one)
    press(other, "a")
    other.wait_for_selector("#said.wrong")
    assert "decided elsewhere meanwhile: reject by 'person'" in said(other)
    assert [(d.example_id, d.answer) for d in store.decisions()] == [(queue[0], "reject")]
    press(one, "a")
    settle(one)
    press(other, "u")  # its own was never decided, so there is nothing of its own to take back
    settle(other)
    assert status(store, queue[0]) == "rejected"


def test_a_key_pressed_twice_at_once_decides_once(opened, store, queue):
    page = opened("/review")
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    for milliseconds, decided in ((0, 1), (0, 1), (249, 1), (1, 2), (100, 2)):
        page.clock.run_for(milliseconds)
        page.keyboard.press("a")
        settle(page)
        assert [d.example_id for d in reversed(store.decisions())] == queue[:decided]


def test_a_key_that_comes_while_a_decision_is_under_way_is_none(opened, store, queue):
    page = opened("/review")
    page.evaluate(
        """() => ["a", "a", "x", "a"].forEach((key, second) => {
               const event = new KeyboardEvent("keydown", {key, bubbles: true});
               Object.defineProperty(event, "timeStamp", {value: second * 1000});
               document.body.dispatchEvent(event);
           })"""
    )
    settle(page)
    assert [d.example_id for d in store.decisions()] == [queue[0]]
    assert (said(page), shown(page)) == ("Accepted.", queue[1])


def test_keys_do_nothing_with_other_keys_held(opened, store, queue):
    page = opened("/review")
    for key in ("Control+a", "Alt+x", "Meta+a"):
        press(page, key)
    settle(page)
    assert store.decisions() == [] and shown(page) == queue[0]


def test_moving_and_help_decide_nothing(opened, store, queue):
    page = opened("/review")
    press(page, "j", "j", "k")
    assert shown(page) == queue[1]
    press(page, "?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()
    assert store.decisions() == []


@pytest.mark.parametrize("name", ["Accept", "Reject"])
def test_the_buttons_do_what_the_keys_do(opened, store, queue, name):
    page = opened("/review", width=390)
    page.get_by_role("button", name=name, exact=False).first.click()
    settle(page)
    assert status(store, queue[0]) == {"Accept": "accepted", "Reject": "rejected"}[name]


def test_the_next_one_is_there_at_once(opened, queue):
    """A decision changes the page without waiting for the server: it was fetched beforehand."""
    page = opened("/review")
    page.evaluate("next.promise")
    held: list[Any] = []
    page.route("**/review/**", lambda route: held.append(route))
    page.keyboard.press("a")
    page.wait_for_selector(f"[data-id='{queue[1]}']")
    assert page.evaluate("pending") == 1, "what was decided has not been answered"
    for route in held:
        route.continue_()
    page.unroute("**/review/**")
    settle(page)
