"""Every format says the whole example and reads back to the same turns."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.card import Made
from dataset.example import Example, Turn, monologue, to_interchange
from dataset.export import Options, export
from dataset.formats import FORMATS, Style, Unsayable, loses, loses_states, read_row
from tests.exports import turns_of, written
from tests.projects import Listed, accepted, speech, talk

NASTY = (
    "He says \"no\" \\ and {braces} and 'quotes'",
    "two\n\nparagraphs\nand a line",
    "😀 👩‍👩‍👧 e\u0301",
    "\u202eright to left\u202c שלום",
    "<thinking>not a thought</thinking> but speech",
    "she wrote </thinking> on the wall, and &lt;/thinking&gt; under it, &amp;lt;/thinking&gt;",
    "</think>\n<think>",
    "a line\u2028separator, a next\x85line, a tab\t and a NUL\x00.",
    "long " * 4000 + "end",
    "{{ jinja }} {% raw %} <|im_end|>",
)
SAID = st.text(min_size=1, max_size=60).filter(lambda text: text.strip() and text == text.strip())


def conversation(texts: list[tuple[str, str, str | None]]) -> Example:
    turns = []
    for asked, answered, thought in texts:
        turns += [
            Turn(role="user", content=asked),
            Turn(role="assistant", content=answered, thinking=thought),
        ]
    return Example(form="conversation", turns=tuple(turns))


def there_and_back(example: Example, name: str, style: Style) -> Example:
    line = json.dumps(FORMATS[name].write(example, style, None), ensure_ascii=False)
    return read_row(json.loads(line), tag=style.tag)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("tag", ["thinking", "think"])
def test_a_conversation_comes_back_as_it_was(name, text, tag):
    example = conversation([(text, text, text), ("and?", text, None)])
    assert turns_of(there_and_back(example, name, Style(tag=tag))) == turns_of(example)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("text", NASTY)
def test_a_monologue_comes_back_as_it_was(name, text):
    example = monologue(text, "x", input=text).model_copy(
        update={
            "turns": (
                Turn(role="user", content=text),
                Turn(role="assistant", content=text, thinking=text),
            )
        }
    )
    back = there_and_back(example, name, Style())
    assert turns_of(back) == turns_of(example)
    assert back.form == "monologue"


MARKS = st.sampled_from(["<thinking>", "</thinking>", "&lt;/thinking&gt;", "&amp;", "lt;", "\n"])
ANY = st.lists(MARKS | st.text(max_size=8), min_size=1, max_size=6).map("".join)
ANY = ANY.filter(lambda text: bool(text.strip()))


@settings(max_examples=150)
@given(
    st.lists(st.tuples(ANY, ANY, st.none() | ANY), min_size=1, max_size=4),
    st.sampled_from(sorted(FORMATS)),
)
def test_any_text_comes_back_from_any_format(texts, name):
    """White space at the ends and marks of every kind too."""
    example = conversation(texts)
    assert turns_of(there_and_back(example, name, Style())) == turns_of(example)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("thinking", ["tags", "field"])
def test_the_files_hold_hostile_text_to_the_letter(tmp_path, name, thinking):
    """Through the real files, every row a line of its own whatever stands in it."""
    examples = [conversation([(text, text, text), ("and?", text, None)]) for text in NASTY]
    rows = [accepted(n, example) for n, example in enumerate(examples)]
    export(Listed(rows), Options(name, Style(thinking), validation=0), Made(), tmp_path / "out")
    lossy = thinking == "field" and name in ("openai", "alpaca")
    for row, example in zip(written(tmp_path / "out")["train"], examples, strict=True):
        back = turns_of(read_row(row))
        if not lossy:
            assert back == turns_of(example)
        assert [turn[1] for turn in back][-1] == example.turns[-1].content or lossy


def test_half_a_surrogate_pair_becomes_a_question_mark(tmp_path):
    rows = [accepted(1, conversation([("why \ud83d?", "so \udc80", None)]))]
    for name in FORMATS:
        export(Listed(rows), Options(name), Made(), tmp_path / name)
        assert read_row(written(tmp_path / name)["train"][0]).turns[1].content == "so ?"


@pytest.mark.parametrize(
    "name", ["messages", "sharegpt", "prompt-completion", "parquet", "axolotl"]
)
def test_the_state_of_a_turn_comes_back(name):
    turn = talk(1).turns[1].model_copy(update={"state": {"mood": "low", "certainty": "”none“"}})
    example = talk(1).model_copy(update={"turns": (talk(1).turns[0], turn)})
    assert there_and_back(example, name, Style()).turns[1].state == turn.state
    assert loses_states(example, name) == 0 and loses_states(example, "alpaca") == 1


@pytest.mark.parametrize("name", ["messages", "sharegpt", "prompt-completion"])
def test_thinking_under_a_key_comes_back(name):
    texts = [("why?", "because", "a thought"), ("and?", "<thinking>a</thinking> word", None)]
    example, style = conversation(texts), Style("field")
    written = FORMATS[name].write(example, style, None)
    assert "</thinking>\\n" not in json.dumps(written)
    assert turns_of(read_row(written)) == turns_of(example)
    assert loses(example, name, style) == 0


def test_what_a_format_cannot_say_of_thinking_is_counted():
    example = conversation([("a?", "b", "one"), ("c?", "d", "two")])
    assert loses(example, "openai", Style("field")) == 2
    assert loses(example, "alpaca", Style("field")) == 1
    assert loses(example, "alpaca", Style("tags")) == 0


@pytest.mark.parametrize("name", FORMATS)
def test_stripped_means_that_no_thought_is_left(name):
    written = json.dumps(FORMATS[name].write(talk(1), Style("strip"), None))
    assert "I do not want to look" not in written
    assert "thinking" not in written and "reasoning" not in written
    assert "more quietly" in written


@settings(max_examples=60)
@given(st.lists(st.tuples(SAID, SAID, st.none() | SAID), min_size=1, max_size=4))
def test_an_answer_is_never_in_an_alpaca_input(texts):
    marked = [(f"Q{n} {q}", f"ANSWER{n} {a}", t) for n, (q, a, t) in enumerate(texts)]
    row = FORMATS["alpaca"].write(conversation(marked), Style(), None)
    assert "ANSWER" not in row["input"] and "ANSWER" not in row["instruction"]
    assert f"ANSWER{len(texts) - 1}" in row["output"]
    assert not any(f"ANSWER{len(texts) - 1}" in answer for _, answer in row["history"])
    assert [question for question, _ in row["history"]] == [q for q, _, _ in marked[:-1]]


def test_a_monologue_keeps_instruction_and_input_apart_in_alpaca():
    example = monologue("Say it.", "<thinking>Not yet.</thinking>\nIt is cold.", input="A letter.")
    assert FORMATS["alpaca"].write(example, Style(), None) == {
        "instruction": "Say it.",
        "input": "A letter.",
        "output": "<thinking>Not yet.</thinking>\nIt is cold.",
        "history": [],
    }


def test_a_monologue_gets_its_instruction_as_the_user_turn():
    messages = FORMATS["messages"].write(speech(3), Style(), "Be inward.")["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant"]
    assert messages[0]["content"] == "Be inward."
    assert messages[1]["content"] == "Say what it is like to wait, number 3."


def test_sharegpt_says_human_and_gpt_by_turns():
    row = FORMATS["sharegpt"].write(talk(2), Style(), "S")
    assert [turn["from"] for turn in row["conversations"]] == ["human", "gpt", "human", "gpt"]
    assert row["system"] == "S"


def test_openai_rows_hold_roles_and_contents_only():
    row = FORMATS["openai"].write(talk(2), Style("field"), "S")
    assert set(row) == {"messages"}
    assert {key for message in row["messages"] for key in message} == {"role", "content"}
    assert row["messages"][-1]["role"] == "assistant"


def test_prompt_completion_ends_with_the_last_answer_alone():
    row = FORMATS["prompt-completion"].write(talk(2), Style("strip"), None)
    assert [message["role"] for message in row["completion"]] == ["assistant"]
    assert [message["role"] for message in row["prompt"]] == ["user", "assistant", "user"]


@pytest.mark.parametrize("name", FORMATS)
def test_an_answer_of_thought_alone_cannot_be_stripped(name):
    example = conversation([("well?", "", "only a thought")])
    with pytest.raises(Unsayable, match="empty without its thinking"):
        FORMATS[name].write(example, Style("strip"), None)
    FORMATS[name].write(example, Style("tags"), None)


def test_a_question_without_an_answer_is_not_trained_on():
    example = talk(1).model_copy(update={"turns": (*talk(1).turns, talk(1).turns[0])})
    messages = FORMATS["messages"].write(example, Style(), None)["messages"]
    assert messages[-1]["role"] == "assistant" and len(messages) == 4


@pytest.mark.parametrize("example", [speech(1), talk(1)])
def test_the_interchange_form_is_read_too(example):
    assert read_row(to_interchange(example)) == example


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"text": "x"},
        {"messages": []},
        {"messages": [{"role": "assistant", "content": "x"}]},
        {"messages": [{"role": "user", "content": "x"}]},
        {"messages": [{"role": "tool", "content": "x"}]},
        {"messages": [{"role": "user", "content": ["x"]}]},
        {"messages": "x"},
        {"instruction": "x"},
        {"output": "x"},
        {"conversations": [{"value": "x"}]},
    ],
)
def test_a_row_of_no_known_shape_is_refused_with_a_word(row):
    with pytest.raises(ValueError, match=r"row|turn"):
        read_row(row)
