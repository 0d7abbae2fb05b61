"""Damaged replies: never an exception, and never an example that says something else."""

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.reading import read_reply
from dataset.example import to_interchange
from tests.replies import CONVERSATION, MONOLOGUE
from tests.spellings import MONOLOGUES, TALKS

MARKS = "\"'{}[],:“”\n"
# Without brackets nothing tells where a text ends; entities are words as soon as they are damaged.
ENDLESS = (
    "yaml", "label", "heading", "transcript", "speaker", "entities", "html",
    "a message a line", "questions and answers",
)  # fmt: skip
SEVERAL = ("two examples", "form of another first", "tags")
WRITTEN = [
    (raw, example)
    for spellings, example in ((MONOLOGUES, MONOLOGUE), (TALKS, CONVERSATION))
    for name, raw in spellings.items()
    if name not in SEVERAL and not any(word in name for word in ENDLESS)
]
FEW = settings(max_examples=100, derandomize=False, deadline=None)
MANY = settings(FEW, max_examples=6000)
STOPS = st.sampled_from(["end_turn", "max_tokens"])
FORMS = st.sampled_from(["monologue", "conversation", "either"])


def letters(text: str) -> str:
    return re.sub(r"[\W_]|thinking", "", text)


def said(example: dict[str, Any]) -> list[tuple[str, str]]:
    """Who says what, without punctuation, which the damage may have been done to."""
    if "conversations" in example:
        return [(m["from"], letters(m["value"])) for m in example["conversations"]]
    return [(key, letters(value)) for key, value in example.items()]


def check(raw: str, stop: str, example: dict[str, Any]) -> None:
    read = read_reply(raw, stop, "either")
    if read.example is not None:
        assert said(to_interchange(read.example)) == said(example)


def places(raw: str) -> list[int]:
    """Where a mark may be lost or added without changing a letter of the text."""
    return [n for n in range(len(raw)) if "\\" not in raw[max(0, n - 6) : n + 2]]


@FEW
@given(st.text(max_size=300), STOPS, FORMS)
def test_any_text_is_read_without_an_error(raw: str, stop: str, form: Any) -> None:
    assert read_reply(raw, stop, form).read in ("ok", "retry", "refusal")


@FEW
@given(st.text(alphabet="{}[]\"':,\\ntrue<thinkg>/ \n-*#0", max_size=200), STOPS, FORMS)
def test_any_heap_of_marks_is_read_without_an_error(raw: str, stop: str, form: Any) -> None:
    assert read_reply(raw, stop, form).read in ("ok", "retry", "refusal")


@MANY
@given(st.sampled_from(WRITTEN), STOPS, st.data())
def test_a_reply_cut_anywhere_is_whole_or_nothing(
    written: tuple[str, dict[str, Any]], stop: str, data: st.DataObject
) -> None:
    raw, example = written
    check(raw[: data.draw(st.integers(0, len(raw)))], stop, example)


@MANY
@given(st.sampled_from(WRITTEN), st.data())
def test_a_lost_mark_never_moves_a_border(
    written: tuple[str, dict[str, Any]], data: st.DataObject
) -> None:
    raw, example = written
    at = data.draw(st.sampled_from([n for n in places(raw) if raw[n] in MARKS]))
    check(raw[:at] + raw[at + 1 :], "end_turn", example)


@MANY
@given(st.sampled_from(WRITTEN), st.sampled_from("\"'{}[],:"), st.data())
def test_an_added_mark_never_moves_a_border(
    written: tuple[str, dict[str, Any]], mark: str, data: st.DataObject
) -> None:
    raw, example = written
    at = data.draw(st.sampled_from(places(raw)))
    check(raw[:at] + mark + raw[at:], "end_turn", example)


def test_hostile_replies_are_read_in_reasonable_time() -> None:
    for raw in (
        "[" * 50_000,
        '{"a":' * 20_000,
        '{"a": "' * 5_000,
        "{'" * 20_000,
        "<think>" * 9_000,
    ):
        assert read_reply(raw, "end_turn", "either").read == "retry"
