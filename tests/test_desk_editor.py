"""An example edited by a person: the page in the editor, and what becomes of it."""

import pytest

from dataset.example import Example
from desk.bench import StoreBench
from desk.editing import Unfit, from_page, in_editor, to_page
from inscape.errors import InscapeError
from tests import review_parts
from tests.projects import speech, talk, vector
from tests.review_parts import edited_page, press, sit, statuses

project, queue, store = review_parts.project, review_parts.queue, review_parts.store


def test_an_edit_is_accepted_in_place_of_the_draft(store, queue, monkeypatch):
    monkeypatch.setattr(StoreBench, "_embedder", Embeds())
    session = sit(store, "e", edit=lambda item, page, wrong: edited_page(item.example))
    kept = store.assignment(queue[0].rpartition(".")[0])
    assert kept.status == "accepted" and kept.example_id not in (None, queue[0])
    assert "more loudly" in store.example(kept.example_id or "").spoken
    press(session, "u")
    assert statuses(store, queue)[0] == "escalated"


class Embeds:
    """Stands in for the embedder: what a text's vector is does not matter here."""

    def encode(self, texts):
        return [vector(len(text)) for text in texts]


def test_an_unchanged_or_emptied_page_decides_nothing(store, queue):
    session = sit(store, "e", edit=lambda item, page, wrong: to_page(item.example))
    assert "Unchanged" in session.view.message
    session.edit = lambda item, page, wrong: "\n"
    press(session, "e")
    assert store.decisions() == []


def test_a_page_that_is_no_example_is_kept_for_another_try(store, queue):
    seen = []

    def edit(item, page, wrong):
        seen.append((page, wrong))
        return "turns: [broken"

    session = sit(store, "ee", edit=edit)
    assert "Not an example yet" in session.view.message
    assert seen[0] == ("", "")
    assert seen[1][0] == "turns: [broken" and "line" in seen[1][1]
    assert store.decisions() == []


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
