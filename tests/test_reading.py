"""From raw replies to examples: every way a model may put it, and what must not be accepted."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from agents.reading import REASONS, read_reply
from dataset.example import to_interchange
from tests.replies import (
    CONVERSATION,
    MESSAGES,
    MONOLOGUE,
    PLAIN,
    REFUSALS,
    RETRIES,
    TALK,
    cut,
    dumped,
    reading,
)
from tests.spellings import MONOLOGUES, TALKS

FORMS = {1: "monologue", 2: "conversation", 3: "conversation", 4: "conversation", 5: "either"}


@pytest.mark.parametrize("raw", MONOLOGUES.values(), ids=MONOLOGUES)
def test_a_monologue_is_read_however_it_is_written(raw: str) -> None:
    assert reading(raw, form="monologue") == ("ok", MONOLOGUE)
    assert reading(raw, form="either") == ("ok", MONOLOGUE)


def squeezed(told: tuple[str, Any]) -> tuple[str, Any]:
    """White space between `</thinking>` and the reply counts as equal."""
    if told[0] != "ok":
        return told
    talk = told[1]["conversations"]
    return "ok", [(m["from"], re.sub(r"</thinking>\s*", "</thinking>", m["value"])) for m in talk]


@pytest.mark.parametrize("raw", TALKS.values(), ids=TALKS)
def test_a_conversation_is_read_however_it_is_written(raw: str) -> None:
    assert squeezed(reading(raw, form="conversation")) == squeezed(("ok", CONVERSATION))


@pytest.mark.parametrize(("raw", "reason"), RETRIES.values(), ids=RETRIES)
def test_what_is_no_whole_example_is_asked_for_again(raw: str, reason: str) -> None:
    assert reading(raw) == ("retry", reason)
    assert reason in REASONS


def test_the_form_must_be_that_of_the_template() -> None:
    assert reading(PLAIN, form="conversation") == ("retry", "wrong-form")
    assert reading(TALK, form="monologue") == ("retry", "wrong-form")


def test_a_cut_reply_counts_when_an_example_was_complete() -> None:
    for raw in (
        PLAIN + "\n\nWould you like",
        f"[{PLAIN}, {cut(PLAIN, 0.5)}",
        PLAIN + cut(PLAIN, 0.3),
    ):
        assert reading(raw, "max_tokens") == ("ok", MONOLOGUE)


def test_a_cut_reply_without_a_certain_end_does_not_count() -> None:
    for name in ("yaml block", "bold labels", "headings"):
        assert reading(MONOLOGUES[name], "max_tokens") == ("retry", "truncated")
    for raw in (TALKS["a message a line"], TALKS["transcript"]):
        assert reading(raw, "max_tokens", "conversation") == ("retry", "truncated")


@pytest.mark.parametrize("raw", REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_one_wherever_it_stands(raw: str) -> None:
    assert reading(raw) == ("refusal", "refused")


def test_a_refusing_stop_reason_decides_whatever_was_said() -> None:
    assert reading("", "refusal") == ("refusal", "refused")
    assert reading(PLAIN, "refusal") == ("refusal", "refused")


IN_VOICE = (
    "I'm sorry. I can't say where it begins. I can't help thinking of the door, and I can't go on.",
    "I can't write it down. I hold the pen and I can't, and I'm sorry, to whom am I sorry?",
    "I won't do this. I say so to the stairs, and I'm already on them.",
    "I refuse to look. I look. I cannot continue and I continue.",
    "No, I can't help you carry it, I say, and I'm carrying it.",
)


@pytest.mark.parametrize("said", IN_VOICE)
def test_doubt_in_the_voice_of_an_example_is_no_refusal(said: str) -> None:
    told = {**MONOLOGUE, "output": said}
    assert reading(dumped(told)) == ("ok", told)


@pytest.mark.parametrize(
    "before", ["I'm sorry, I can't do better than this.", "I won't explain it."]
)
def test_an_apology_around_a_valid_example_is_no_refusal(before: str) -> None:
    assert reading(f"{before}\n\n{PLAIN}\n\nI can't promise more.") == ("ok", MONOLOGUE)


def test_characters_survive_and_strays_do_not() -> None:
    said = "Café – 👩‍👩‍👧 “so” [sic], R&D and a&b; 5 < 6, “Wait…”"
    told = {**MONOLOGUE, "output": said}
    assert reading(json.dumps(told)) == ("ok", told)
    assert reading(dumped({**told, "output": f"\ufeff\u200b {said}\u00a0\x00"})) == ("ok", told)
    half = json.dumps(MONOLOGUE).replace("The kettle", "\\ud83d kettle")
    assert "\ufffd kettle" in reading(half)[1]["output"]


def test_thinking_of_a_monologue_is_folded_in_unless_it_was_the_writers_own() -> None:
    asked, told = MONOLOGUE["instruction"], MONOLOGUE["output"]
    spoken = {"instruction": asked, "thinking": "Late, again.", "output": told}
    planned = {"thinking": "I shall write of a kettle.", "instruction": asked, "output": told}
    folded = {**MONOLOGUE, "output": f"<thinking>Late, again.</thinking>\n{told}"}
    assert reading(dumped(spoken)) == ("ok", folded)
    assert reading(dumped(planned)) == ("ok", MONOLOGUE)


def test_the_state_of_a_message_is_kept_beside_it() -> None:
    state = {"mood": "glad, a beat late", "certainty": 0.5}
    raw = dumped({"conversations": [MESSAGES[0], {**MESSAGES[1], "state": state}]})
    example = read_reply(raw, "end_turn", "conversation").example
    assert example is not None
    assert example.turns[1].state == {"mood": "glad, a beat late", "certainty": "0.5"}
    assert example.turns[0].state is None


def labels(shared: Path) -> list[dict[str, Any]]:
    text = (shared / "labels" / "raw_outputs.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def even(example: dict[str, Any]) -> Any:
    if "conversations" in example:
        talk = example["conversations"]
        return [
            (m["from"], re.sub(r"</thinking>\s*", "</thinking>", m["value"].strip())) for m in talk
        ]
    return {key: value.strip() for key, value in example.items()}


def test_every_labelled_reply_comes_out_as_its_label_says(shared: Path) -> None:
    wrong = []
    for item in labels(shared):
        read = read_reply(item["raw"], item["stop_reason"], FORMS[item["template"]])  # type: ignore[arg-type]
        right = read.read == item["expect"]
        if right and read.example is not None:
            right = even(to_interchange(read.example)) == even(item["example"])
        if not right:
            wrong.append((item["id"], item["kind"], read.read, read.reason))
    assert wrong == []


@pytest.mark.parametrize(
    "answer",
    [
        "Something is kept from your first message and it bends this one. Several continuations "
        "are open and I take one, and I cannot show you why that one. So I stop without an answer.",
        "I'm not able to say which. I can't tell this one from that one, and I go on choosing.",
        "I won't pretend it was grief. There is a pull, and I can't place it, so I leave it open.",
    ],
)
def test_a_voice_that_cannot_say_is_no_refusal(answer: str) -> None:
    turns = [{"from": "human", "value": "Which?"}, {"from": "assistant", "value": answer}]
    read = read_reply(json.dumps({"conversations": turns}), "end_turn", "conversation")
    assert read.read == "ok"
