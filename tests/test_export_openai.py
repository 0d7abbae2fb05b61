"""OpenAI's documented rules for chat fine-tuning files, held against what is exported for it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.card import Made
from dataset.example import Example, Turn
from dataset.export import Options, export
from dataset.formats import FORMATS, Style, Unsayable
from tests.exports import card
from tests.projects import Listed, accepted, speech, talk

ROLES = {"system", "user", "assistant"}
KEYS = {"role", "content", "name", "weight"}
LEAST = 10
TEXT = st.text(max_size=40)


def faults(row: object) -> list[str]:
    """Each broken rule, in the words of OpenAI's guide to preparing data."""
    if not isinstance(row, dict) or not isinstance(row.get("messages"), list):
        return ["no list of messages"]
    found = []
    for message in row["messages"]:
        if not set(message) <= KEYS or not {"role", "content"} <= set(message):
            found.append(f"keys {sorted(message)}")
        elif message["role"] not in ROLES:
            found.append(f"role {message['role']}")
        elif not isinstance(message["content"], str) or not message["content"].strip():
            found.append("empty content")
    roles = [message.get("role") for message in row["messages"]]
    found += [] if "assistant" in roles else ["no assistant message"]
    found += [] if roles[-1:] == ["assistant"] else ["does not end with the assistant"]
    found += ["a system message that is not first"] if "system" in roles[1:] else []
    return found + (["keys beside messages"] if set(row) != {"messages"} else [])


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"messages": [{"role": "user", "content": "x"}]},
        {"messages": [{"role": "assistant", "content": ""}]},
        {"messages": [{"role": "gpt", "content": "x"}]},
        {"messages": [{"role": "assistant", "content": "x", "thinking": "y"}]},
        {"messages": [{"role": "assistant", "content": "x"}], "rehearsal": True},
    ],
)
def test_the_rules_find_what_breaks_them(row):
    assert faults(row)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(TEXT, TEXT, st.none() | TEXT), min_size=1, max_size=3),
    st.sampled_from(["tags", "field", "strip"]),
    st.none() | TEXT.filter(str.strip),
)
def test_every_row_keeps_the_rules_or_is_not_written(texts, thinking, system):
    turns = []
    for asked, answered, thought in texts:
        turns.append(Turn(role="user", content=asked))
        turns.append(
            Turn(role="assistant", content=answered, thinking=thought, state={"mood": "low"})
        )
    example = Example(form="conversation", turns=tuple(turns))
    try:
        row = FORMATS["openai"].write(example, Style(thinking), system)
    except Unsayable:
        return
    assert faults(json.loads(json.dumps(row))) == []


def test_a_file_is_lines_of_utf8_and_says_when_it_is_too_short(tmp_path):
    rows = [accepted(n, speech(n) if n % 2 else talk(n))._replace(rehearsal=True) for n in range(9)]
    export(Listed(rows), Options("openai", system="Be inward."), Made(), tmp_path / "out")
    lines = (tmp_path / "out" / "train.jsonl").read_bytes().decode("utf-8").split("\n")
    assert [faults(json.loads(line)) for line in lines if line] == [[]] * (len(lines) - 1)
    assert len(lines) - 1 < LEAST and "no fewer than 10" in card(tmp_path / "out")
