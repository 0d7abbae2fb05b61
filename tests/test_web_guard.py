"""Who the desk answers: over real HTTP, with forged names, origins, tokens, bodies and texts."""

import json
import re
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from corpus.passage import Passage
from dataset.example import Example, Turn
from dataset.records import Defect, Verdict, new_assignment
from desk.web.desk import Desk
from desk.web.guard import LARGEST_BODY, Door, is_loopback
from memory.records import BookRecord
from memory.store import Store
from tests.desk_parts import served, vector
from tests.runs import Inscape

TOKEN = "correct-horse"
PAGES = ("/", "/review", "/examples", "/passages", "/templates", "/templates/monologue")
EVIL = (
    '<script>window.hurt = 1</script> <img src=x onerror="window.hurt = 2"> </textarea></mark>'
    " [a](javascript:alert(1)) <a href='javascript:alert(2)'>b</a>"
    " {{ 7919 * 7907 }} {% raw %} ${7919*7907}"
    " \u202eesrever\u202c \u2066isolated\u2069 \x1b[31m \x00 & &amp; &lt; ]]> --> '\"`"
)


@pytest.fixture
def client(url: str):
    with httpx.Client(base_url=url) as found:
        yield found


def decision(example_id: str) -> dict[str, str]:
    return {"example_id": example_id, "answer": "accept"}


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8765", "127.0.0.1", "127.0.0.1:1", "localhost.evil:1", ""],
)
def test_a_forged_host_is_refused(client, url, host):
    port = url.rpartition(":")[2]
    for name in (host, host.replace(":8765", f":{port}")):
        assert client.get("/", headers={"host": name}).status_code == 403


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_its_own_names_are_known(client, url, name):
    host = f"{name}:{url.rpartition(':')[2]}"
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "http://127.0.0.1", "http://127.0.0.1:1"]
)
def test_a_forged_or_missing_origin_changes_nothing(client, store, queue, origin):
    headers = {"origin": origin} if origin else {}
    for path in ("/review/decide", "/examples/bulk", "/run/start", "/templates/monologue"):
        answer = client.post(path, json=decision(queue[0]), headers=headers)
        assert answer.status_code == 403
    assert store.decisions() == []


def test_a_foreign_origin_may_not_even_look(client):
    assert client.get("/", headers={"origin": "https://evil.example"}).status_code == 403


def test_our_own_origin_may_decide(client, url, store, queue):
    answer = client.post("/review/decide", json=decision(queue[0]), headers={"origin": url})
    assert answer.status_code == 200 and answer.json()["status"] == "accepted"


def test_a_form_of_another_kind_is_no_decision(client, url, store, queue):
    said = json.dumps(decision(queue[0]))
    headers = {"origin": url, "content-type": "text/plain"}
    answer = client.post("/review/decide", content=said, headers=headers)
    assert answer.status_code == 422 and store.decisions() == []


def test_what_was_decided_meanwhile_is_a_conflict(client, url, store, queue):
    headers = {"origin": url}
    assert client.post("/review/decide", json=decision(queue[0]), headers=headers).is_success
    again = client.post("/review/decide", json=decision(queue[0]), headers=headers)
    assert again.status_code == 409
    assert "decided elsewhere meanwhile: accept by 'person'" in again.json()["error"]
    assert len(store.decisions()) == 1


def test_an_error_is_called_what_it_is(client, url, queue):
    headers = {"origin": url}
    stale = {"version": "0", "text": "Mine."}
    answers = (
        client.get("/no/such/page"),
        client.get("/examples/ffffffffffff.0"),
        client.post("/templates/monologue", data=stale, headers=headers),
        client.post("/templates/nonsense", data=stale, headers=headers),
        client.post("/review/decide", headers=headers),
    )
    found = [(one.status_code, re.search("<title>(.*?) ·", one.text)[1]) for one in answers]
    assert found == [
        (404, "Not found"),
        (404, "Not found"),
        (409, "Changed elsewhere"),
        (400, "Refused"),
        (422, "Not understood"),
    ]


def test_without_the_token_nothing_is_shown_and_with_it_once_a_cookie_is(desk: Desk):
    with served(desk, TOKEN) as url, httpx.Client(base_url=url) as client:
        for path in (*PAGES, "/static/desk.css", "/live"):
            assert client.get(path).status_code == 401
        assert client.get("/?token=wrong").status_code == 401
        assert client.get("/", headers={"cookie": "inscape-desk=wrong"}).status_code == 401
        assert client.post("/run/start?token=" + TOKEN, headers={"origin": url}).status_code == 401
        entered = client.get(f"/examples?status=accepted&token={TOKEN}")
        assert entered.status_code == 303
        assert entered.headers["location"] == "/examples?status=accepted"
        cookie = entered.headers["set-cookie"]
        assert "SameSite=Strict" in cookie and "HttpOnly" in cookie
        assert client.get("/").status_code == 200


def test_only_the_loopback_goes_without_a_token():
    assert is_loopback("127.0.0.1") and is_loopback("localhost") and is_loopback("::1")
    assert not any(map(is_loopback, ("0.0.0.0", "192.168.1.7", "::", "example.org")))


def test_a_desk_for_others_goes_by_its_address_and_no_name():
    everywhere = Door("0.0.0.0", 8765, TOKEN)
    assert everywhere.knows("192.168.1.7:8765") and everywhere.knows("[fe80::1]:8765")
    assert not everywhere.knows("evil.example:8765") and not everywhere.knows("192.168.1.7:80")
    assert Door("desk.lan", 8765, TOKEN).knows("desk.lan:8765")


def test_a_body_without_end_is_cut_off(client, url):
    headers = {"origin": url, "content-type": "application/json"}
    large = b"x" * (LARGEST_BODY + 1)
    assert client.post("/review/decide", content=large, headers=headers).status_code == 413
    pieces = (b"x" * 100_000 for _ in range(30))
    assert client.post("/review/decide", content=pieces, headers=headers).status_code == 413


def test_every_answer_forbids_what_we_do_not_use(client, queue):
    for path in (*PAGES, "/static/desk.js", "/no/such/page", f"/examples/{queue[0]}"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_no_page_has_a_script_or_a_style_of_its_own(client, queue):
    for path in (*PAGES, f"/examples/{queue[0]}"):
        text = client.get(path).text
        assert not re.search(r"<script(?![^>]* src=\"/static/)", text)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)


def test_looking_changes_nothing(client, project, store, queue):
    def everything() -> tuple[object, ...]:
        return store.counts(), len(store.events()), sorted(map(str, project.root.glob("**/*.md")))

    before = everything()
    for path in (
        *PAGES,
        f"/examples/{queue[0]}",
        f"/review/card?id={queue[0]}",
        f"/review/compare?id={queue[0]}",
        f"/review/edit?id={queue[0]}",
        "/run/start",
        "/run/stop",
        "/examples/bulk",
        "/review/undo",
        "/examples?answer=reject&count=10",
    ):
        client.get(path)
    assert everything() == before


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/passages/..%2f..%2fetc%2fpasswd/1.png",
        "/passages/x/1.png",
        "/templates/..%2f..%2fjudge",
        "/templates//etc/passwd",
        "/examples/..%2f..%2fmemory.db",
    ],
)
def test_no_path_of_a_client_is_opened(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "root:" not in answer.text and "import" not in answer.text


def test_a_page_of_the_book_is_a_picture_and_no_other_page_is(client, store, queue):
    passage = store.item(queue[0]).passage
    shown = client.get(f"/passages/{passage.id}/{passage.page_start}.png")
    assert shown.headers["content-type"] == "image/png" and shown.content[:4] == b"\x89PNG"
    assert client.get(f"/passages/{passage.id}/{passage.page_end + 40}.png").status_code == 404


def hostile(store: Store) -> str:
    """Everything a book or a model could say wrong, in every place where it is shown."""
    long = " ".join(["word" * 5000] * 5)
    here = Passage("p-evil", "e" * 64, EVIL, EVIL, 0, 0, 0, 9, EVIL)
    store.add_book(BookRecord("e" * 64, f"/books/{EVIL}.pdf", EVIL), [here])
    store.set_ratings({here.id: (0.99, (EVIL,), (EVIL,))})
    work = new_assignment(here.id, "conversation", "v1")
    store.plan([(work, EVIL)])
    turns = (
        Turn(role="user", content=EVIL),
        Turn(role="assistant", content=EVIL + long, thinking=EVIL, state={EVIL: EVIL}),
    )
    example = Example(form="conversation", turns=turns, input=EVIL, system=EVIL)
    key = store.save_example(work.id, example, vector=vector(99))
    defect = Defect(code=EVIL, message=EVIL, evidence=EVIL)
    said = Verdict(ruling="escalate", reason=EVIL, defects=(defect,), advice=EVIL, judges=(EVIL,))
    store.save_verdict(key, said)
    store.settle(work.id, "escalated", EVIL, key)
    return key


def test_what_a_model_or_a_book_says_is_shown_as_text(client, store):
    key = hostile(store)
    for path in (
        f"/review?id={key}",
        f"/review/edit?id={key}",
        f"/review/compare?id={key}",
        f"/examples/{key}",
        "/examples",
        "/passages",
        "/",
    ):
        text = client.get(path).text
        assert "<script>window" not in text and "<img src=x" not in text
        assert "&lt;script&gt;window.hurt" in text or path in ("/", f"/review/compare?id={key}")
        assert str(7919 * 7907) not in text
        assert "\u202e" not in text or path.startswith("/review/edit")
        assert not re.search(r"href=[\"']javascript:", text)
    assert "‹U+202E›esrever" in client.get(f"/review?id={key}").text


def test_a_hostile_text_in_a_real_browser_does_nothing(opened, store, tmp_path: Path):
    key = hostile(store)
    page = opened(f"/review?id={key}")
    assert page.evaluate("window.hurt") is None
    assert "<script>window.hurt = 1</script>" in page.locator(".speech .text").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.keyboard.press("e")
    page.wait_for_selector("#edit")
    assert "\u202eesrever" in page.locator("textarea[name='1.thinking']").input_value()
    assert page.evaluate("window.hurt") is None


def opened_desk(project: Path, *options: str) -> tuple[subprocess.Popen[str], str]:
    process = Inscape(project).start("desk", "--port", "0", "--no-browser", *options)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_the_command_says_where_it_is_and_ends_with_ctrl_c(project):
    process, url = opened_desk(project.root)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url)
    assert httpx.get(url).status_code == 200
    taken = Inscape(project.root)("desk", "--port", url.split(":")[2].strip("/"), "--no-browser")
    assert taken.code == 1 and "cannot listen" in taken.err
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0 and "Traceback" not in err


def test_beyond_this_machine_there_is_a_token(project):
    process, url = opened_desk(project.root, "--host", "0.0.0.0")
    place = url.replace("0.0.0.0", "127.0.0.1")
    assert httpx.get(place.partition("?")[0]).status_code == 401
    assert httpx.get(place).status_code == 303
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
