"""The other pages in a real browser: seen by axe-core, in both lights, wide and narrow."""

import time
from pathlib import Path
from typing import Any

import pytest

from dataset.records import Decision
from desk.web.desk import Desk
from graph.holding import hold
from inscape.project import Project
from memory.store import Store
from tests.browser import until, violations
from tests.desk_parts import novel_project, served

PAGES = (
    "/",
    "/review",
    "/examples",
    "/passages",
    "/templates",
    "/templates/conversation",
    "/adapters",
)


def luminance(page: Any) -> int:
    return int(page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"))


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_wrong_on_any_page_and_none_is_too_wide(opened, queue, dark):
    found: dict[str, list[str]] = {}
    page = opened("/", width=390 if dark else 1280, dark=dark)
    for path in (*PAGES, f"/examples/{queue[0]}", "/no/such/page"):
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path)
        found[path] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert (luminance(page) < 60) is dark
    page.goto(page.url.replace("/no/such/page", "/review"))
    for key, selector in (("d", ".compare ins"), ("?", "dialog[open]")):
        page.keyboard.press(key)
        page.wait_for_selector(selector)
        found[key] = violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    page.wait_for_selector("#reasons:not([hidden])")
    found["reasons"] = violations(page)
    page.wait_for_timeout(300)  # sooner it would be taken for a double press
    page.keyboard.press("e")
    page.wait_for_selector("#edit")
    found["edit"] = violations(page)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_everything_can_be_reached_by_tab_and_seen(opened, queue):
    page = opened("/review")
    reached: list[str] = []
    focused = "document.activeElement.outerHTML.slice(0, 70)"
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(focused))
        if reached[-1].startswith("<body"):
            break
        assert page.evaluate(outline) != "none", reached[-1]
    for part in ('data-key="a"', 'class="quote"', 'name="fails"', "<summary", 'class="sheet"'):
        assert any(part in one for one in reached), part


def test_examples_are_searched_filtered_and_decided_in_bulk(opened, store, queue):
    page = opened("/examples")
    page.fill("#text", "reconstruct")
    until(page, "document.querySelectorAll('.entries li').length === 2")
    page.fill("#text", "")
    page.get_by_label("Stands as").select_option("escalated")
    until(page, "document.querySelectorAll('.entries li').length === 4")
    page.get_by_label("Template").select_option("monologue")
    until(page, "document.querySelectorAll('.entries li').length === 2")
    page.get_by_label("because").fill("both explain")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Reject all 2").click()
    page.wait_for_selector("text=2 rejected.")
    assert [(d.answer, d.reason) for d in store.decisions()] == [("reject", "both explain")] * 2
    assert store.counts().escalated == 2


def test_a_bulk_action_on_other_than_what_was_shown_changes_nothing(opened, store, queue):
    page = opened("/examples?status=escalated")
    elsewhere = opened("/review")
    elsewhere.keyboard.press("x")
    until(elsewhere, "pending === 0 && document.querySelector('#said').textContent !== ''")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Accept all 4").click()
    page.wait_for_selector("text=The filter let through 4 when you looked, and now 3")
    assert len(store.decisions()) == 1


def test_the_history_tells_everything(opened, store, queue):
    page = opened("/review")
    page.keyboard.press("x")
    until(page, "pending === 0 && document.querySelector('#said').textContent !== ''")
    page.goto(page.url.split("/review")[0] + f"/examples/{queue[0]}")
    text = page.locator("main").inner_text()
    for word in ("The passage", "The teacher wrote", "Rejected by person", "tidy resolution"):
        assert word in text


def test_a_template_is_tried_before_it_is_saved(opened, desk: Desk, project: Project):
    page = opened("/templates/monologue")
    box = page.locator("textarea[name=text]")
    before = box.input_value()
    box.fill(before.replace("{{ passage }}", "{{ pasage }}"))
    page.get_by_role("button", name="Preview").click()
    page.wait_for_selector("text=unknown slot 'pasage'")
    box.fill(before.replace("{{ passage }}", "Here, then: {{ passage }}"))
    page.get_by_role("button", name="Preview").click()
    page.wait_for_selector("#preview pre")
    assert "Here, then:" in page.locator("#preview").inner_text()
    assert "5 assignments made with the version before" in page.locator("#preview").inner_text()
    assert not project.prompts.exists()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=Saved.")
    own = project.prompts / "templates" / "monologue.md"
    assert "Here, then: {{ passage }}" in own.read_text(encoding="utf-8")
    assert "\r" not in own.read_text(encoding="utf-8")
    assert desk.library.template("monologue").file == str(own)


def test_two_who_change_a_template_do_not_overwrite_each_other(opened, project: Project):
    pages = [opened("/templates/monologue"), opened("/templates/monologue")]
    for number, page in enumerate(pages):
        page.on("dialog", lambda dialog: dialog.accept())
        box = page.locator("textarea[name=text]")
        box.fill(box.input_value().replace("on: true", f"on: true # {number}"))
        page.get_by_role("button", name="Save").click()
        page.wait_for_load_state()
    assert "was changed elsewhere meanwhile" in pages[1].locator("main").inner_text()
    own = project.prompts / "templates" / "monologue.md"
    assert "# 0" in own.read_text(encoding="utf-8")


def test_the_numbers_are_live_and_a_run_elsewhere_is_seen(opened, store, project, queue):
    page = opened("/")
    assert "6 accepted" in page.locator("h1").inner_text()
    store.decide(Decision(example_id=queue[1], answer="accept"))
    page.wait_for_selector("text=7 accepted")
    with hold(project):
        page.wait_for_selector("text=A run is going")
    until(page, "!document.body.innerText.includes('A run is going')")


def test_sixty_decisions_a_minute_are_neither_lost_nor_doubled(
    chromium: Any, tmp_path: Path
) -> None:
    """By scripted keys at more than that pace; the log is compared with what was pressed."""
    project = Project(tmp_path / "many")
    queue = novel_project(project, accepted=2, waiting=22)
    with Store.open(project.store) as store:
        desk = Desk(project, store)
        with served(desk) as url:
            page = chromium.new_page(base_url=url)
            page.goto("/review")
            wanted = []
            began = time.monotonic()
            for number, key in enumerate(queue[:20]):
                answer = "ax"[number % 2]
                page.keyboard.press(answer)
                wanted.append((key, {"a": "accept", "x": "reject"}[answer]))
                page.wait_for_timeout(260)
                until(page, "!busy")
            pace = 20 / (time.monotonic() - began)
            until(page, "pending === 0 && !busy")
            page.close()
        assert pace >= 1
        held = [(d.example_id, d.answer) for d in reversed(store.decisions())]
        assert held == wanted
        assert len(store.events(kind="decision")) == 20
