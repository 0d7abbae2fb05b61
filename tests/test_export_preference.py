"""Preference pairs come from what happened to the examples in a store, and from nothing else."""

import pytest

from dataset.example import Turn
from dataset.export import Options, export
from dataset.formats import Style, Unsayable, read_row
from dataset.preference import ALIKE, ALONE, write_pair
from dataset.records import Decision, new_assignment
from dataset.row import Refused
from graph.publishing import made_of
from inscape.errors import ProjectError
from memory.records import BookRecord
from memory.store import Store
from tests.exports import card, manifest, written
from tests.projects import BOOK, accepted, passage, speech, talk, vector, verdict


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "memory.db") as found:
        found.add_book(BookRecord(BOOK, "/books/ours.pdf", "A Book of Ours"))
        yield found


def said(number: int, answer: str, thinking: str | None = None):
    """A monologue on the same question as `speech(number)`, with another answer."""
    example = speech(number)
    turn = Turn(role="assistant", content=answer, thinking=thinking)
    return example.model_copy(update={"turns": (example.turns[0], turn)})


def draft(store, number, example, ruling="accept", *, variant=0, origin="teacher") -> str:
    """Of the monologue on passage `number`; the variant is another assignment on the same."""
    here = passage(number)
    store.add_passages([here])
    assignment = new_assignment(here.id, "monologue", "abc123abc123", variant)
    store.plan([(assignment, "dread")])
    n = 1000 * number + 100 * variant + len(store.drafts(assignment.id))
    key = store.save_example(assignment.id, example, vector=vector(n), origin=origin)
    store.save_verdict(key, verdict(ruling))
    return key


def admit(store, key: str) -> None:
    assert store.admit(key, near_duplicate=0.99).accepted


def assignment_of(key: str) -> str:
    return key.rpartition(".")[0]


def pairs(store, out, **options):
    report = export(store, Options("preference", **options), made_of(store), out)
    rows = [row for some in written(out).values() for row in some]
    return report, rows, [row["preferred_to"] for row in manifest(out)["rows"]]


def test_an_edit_is_preferred_to_what_it_was(store, tmp_path):
    key = draft(store, 1, speech(1), "escalate")
    store.settle(assignment_of(key), "escalated", "uncertain", key)
    better = said(1, "It is late, and I have put the cup where it cannot be seen from the door.")
    decision = Decision(example_id=key, answer="edit", by="Ada")
    store.decide(decision, edited=better, vector=vector(77))
    _, (row,), (told,) = pairs(store, tmp_path / "out")
    assert row["prompt"] == [{"role": "user", "content": speech(1).turns[0].content}]
    assert row["chosen"] == [{"role": "assistant", "content": better.turns[1].content}]
    assert row["rejected"] == [{"role": "assistant", "content": speech(1).turns[1].content}]
    assert told == {"id": key, "kind": "edit", "by": "person", "own_prompt": True}
    assert "1 a person's edit over what it was" in card(tmp_path / "out")


def test_an_edit_taken_back_is_no_preference(store, tmp_path):
    key = draft(store, 1, speech(1))
    admit(store, key)
    better = said(1, "Another answer altogether, with nothing of the first one left in it.")
    store.decide(Decision(example_id=key, answer="edit"), edited=better, vector=vector(77))
    store.undo()
    with pytest.raises(ProjectError, match=ALONE):
        pairs(store, tmp_path / "out")


def test_a_revision_is_preferred_to_the_drafts_that_were_turned_down(store, tmp_path):
    first = draft(store, 1, said(1, "All is well now and everything has been explained."), "revise")
    second = draft(store, 1, said(1, "I understand at last, and I am at peace with it."), "revise")
    admit(store, draft(store, 1, speech(1), origin="revision"))
    _, rows, told = pairs(store, tmp_path / "out")
    assert {row["chosen"][0]["content"] for row in rows} == {speech(1).turns[1].content}
    assert [one["id"] for one in told] == [first, second]
    assert {(one["kind"], one["by"]) for one in told} == {("revision", "critic")}


@pytest.mark.parametrize("who", ["person", "critic"])
def test_an_approval_is_preferred_to_a_rejection_on_the_same_passage(store, tmp_path, who):
    admit(store, draft(store, 1, speech(1)))
    key = draft(store, 1, said(1, "Nothing is felt here at all, it is a list."), variant=1)
    store.settle(assignment_of(key), "rejected", "low-score", key)
    if who == "person":
        store.decide(Decision(example_id=key, answer="reject"))
    elsewhere = draft(store, 2, said(1, "Nor here, where the passage is another one."))
    store.settle(assignment_of(elsewhere), "rejected", "low-score", elsewhere)
    _, (row,), (told,) = pairs(store, tmp_path / "out")
    assert row["rejected"][0]["content"].startswith("Nothing is felt")
    assert (told["kind"], told["by"], told["id"]) == ("ruling", who, key)


def test_a_near_duplicate_was_not_turned_down_for_its_quality(store, tmp_path):
    admit(store, draft(store, 1, speech(1)))
    key = draft(store, 1, said(1, "As good as the other, only said before."), variant=1)
    store.settle(assignment_of(key), "rejected", "near-duplicate", key)
    with pytest.raises(ProjectError, match=ALONE):
        pairs(store, tmp_path / "out")


def test_pairs_that_hardly_differ_are_left_out_and_counted(store, tmp_path):
    text = speech(1).turns[1].content
    draft(store, 1, said(1, text.upper() + "!"), "revise")
    draft(store, 1, said(1, "Something else, of which no word has stayed where it was."), "revise")
    admit(store, draft(store, 1, speech(1), origin="revision"))
    admit(store, draft(store, 2, speech(2)))
    report, rows, _ = pairs(store, tmp_path / "out")
    assert len(rows) == report.written == report.examples == 1
    assert report.pairs_left_out == {ALIKE: 1} and report.left_out == {ALONE: 1}
    assert "1 pair left out, because the two hardly differ" in card(tmp_path / "out")


def test_the_prompt_ends_where_the_two_begin_to_differ():
    turns = list(talk(1).turns)
    turns[3] = turns[3].model_copy(update={"content": "It was nothing, and now all is well again."})
    worse = talk(1).model_copy(update={"turns": tuple(turns)})
    pair = write_pair(accepted(1, talk(1)), rival(worse), Style(), None)
    assert [message["role"] for message in pair.data["prompt"]] == ["user", "assistant", "user"]
    assert pair.data["rejected"][0]["content"].endswith("all is well again.") and pair.own
    assert read_row(pair.data) == talk(1)


def test_another_wording_of_the_prompt_is_said():
    pair = write_pair(accepted(1, speech(1)), rival(speech(2)), Style(), "Be inward.")
    assert [message["role"] for message in pair.data["prompt"]] == ["system", "user"]
    assert pair.data["prompt"][1]["content"] == speech(1).turns[0].content and not pair.own


def test_a_difference_in_thoughts_alone_is_none_when_they_are_stripped():
    one, other = (said(1, "I wait.", thought) for thought in ("Colder than before.", "A list."))
    assert write_pair(accepted(1, one), rival(other), Style(), None).turn == 1
    assert write_pair(accepted(1, one), rival(other), Style("field"), None).turn == 1
    with pytest.raises(Unsayable, match=ALIKE):
        write_pair(accepted(1, one), rival(other), Style("strip"), None)


def test_a_word_in_a_hundred_is_nothing_to_prefer_and_a_sentence_is():
    text = " ".join(f"word{n}" for n in range(100))
    chosen = accepted(1, said(1, text))
    with pytest.raises(Unsayable, match=ALIKE):
        write_pair(chosen, rival(said(1, text.replace("word50", "other"))), Style(), None)
    write_pair(chosen, rival(said(1, text + " And then it is all well again.")), Style(), None)


def rival(example) -> Refused:
    return Refused("r", example, "revision", "critic")
