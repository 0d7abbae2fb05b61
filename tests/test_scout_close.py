"""The close reading: what the model is asked, and what is believed of its answer."""

import json

import pytest

from agents.choice import Rating
from agents.close_reading import BATCH, CloseReader, is_quoted, rows
from agents.models.base import Reply, Request
from corpus.passage import Passage
from inscape.errors import ModelRefusedCall, ModelUnavailable
from prompts.library import Library

LIBRARY = Library.load()
TEXT = "The door stood open and she could not think, now, which of them had been afraid of it."
MACHINE = Rating(0.4, ("dread",), ("monologue",))


class Scripted:
    """A model at the seam: answers from a script, the last answer again and again."""

    spec = "scripted:scout"
    is_rehearsal = False

    def __init__(self, *answers: str | Exception) -> None:
        self.asked: list[Request] = []
        self._answers = list(answers)

    async def ask(self, request: Request) -> Reply:
        self.asked.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Reply(answer, "end_turn")


def passages(count: int = 1) -> list[Passage]:
    return [Passage(f"p{n}", "b", "A Book", "I", 1, 1, 0, len(TEXT), TEXT) for n in range(count)]


def row(**changed: object) -> dict[str, object]:
    return {
        "number": 1,
        "richness": 8,
        "quote": "she could not think, now, which of them",
        "core": "fear that has lost its owner",
        "phenomena": ["doubt", "sea-sickness", "dread"],
        "templates": ["conversation", "monologue", "unknown"],
        "refused": "",
    } | changed


async def read(*answers: str | Exception, count: int = 1) -> dict[str, Rating]:
    reader = CloseReader(LIBRARY, Scripted(*answers))
    some = passages(count)
    return await reader.read(some, {one.id: MACHINE for one in some})


def reply(*entries: dict[str, object]) -> str:
    return json.dumps({"passages": list(entries)})


async def test_a_rating_with_evidence_from_the_passage_is_taken():
    found = await read(reply(row()))
    assert found == {
        "p0": Rating(
            0.8,
            ("doubt", "dread"),
            ("conversation", "monologue"),
            core="fear that has lost its owner",
            evidence="she could not think, now, which of them",
        )
    }


async def test_a_quote_that_is_not_in_the_passage_takes_the_rating_with_it():
    good = row(number=2)
    found = await read(reply(row(quote="she was so very afraid of it"), good), count=2)
    assert set(found) == {"p1"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"richness": 11},
        {"richness": "much"},
        {"richness": None},
        {"quote": ""},
        {"quote": "door stood"},
        {"number": 5},
        {"number": "one"},
    ],
)
async def test_an_entry_that_is_no_rating_is_left_to_the_machine(wrong):
    assert await read(reply(row(**wrong))) == {}


async def test_a_refused_passage_falls_to_nothing_and_says_why():
    found = await read(reply(row(refused="plot", quote="", richness=2, phenomena=[])))
    assert found["p0"].richness == 0 and found["p0"].refused == "plot"
    assert found["p0"].phenomena == MACHINE.phenomena


@pytest.mark.parametrize("raw", ["", "I would rather not.", "{", "[1, 2]", '{"passages": "none"}'])
async def test_an_unreadable_reply_changes_nothing(raw):
    assert await read(raw) == {}


async def test_a_reply_among_chatter_or_cut_short_is_still_read():
    whole = reply(row(), row(number=2))
    assert set(await read(f"Here you are:\n```json\n{whole}\n```\nAnything else?", count=2)) == {
        "p0",
        "p1",
    }
    assert set(await read(f"<think>{{hm}}</think>{whole}", count=2)) == {"p0", "p1"}
    assert "p0" in await read(whole[:-60], count=2)


async def test_passages_go_in_batches_and_one_bad_batch_spoils_no_other():
    model = Scripted("nothing here", reply(row()))
    some = passages(BATCH + 2)
    found = await CloseReader(LIBRARY, model).read(some, {one.id: MACHINE for one in some})
    assert len(model.asked) == 2 and set(found) == {f"p{BATCH}"}
    first = model.asked[0]
    assert first.purpose == "scout" and first.schema and TEXT in first.messages[0].content
    assert TEXT not in first.system and "time-distortion" in first.system


async def test_a_call_refused_for_good_leaves_the_machines_ratings():
    assert await read(ModelRefusedCall("no such model")) == {}


async def test_a_passing_fault_is_passed_on_to_who_can_wait():
    with pytest.raises(ModelUnavailable):
        await read(ModelUnavailable("busy"))


def test_a_quote_is_compared_word_for_word():
    assert is_quoted("“Not now”—she said", "He heard: 'not now' she said, and left.")
    assert not is_quoted("not know she", "He heard: 'not now' she said, and left.")
    assert not is_quoted("ot now she said", "He heard: 'not now' she said, and left.")


def test_a_bare_list_and_a_single_entry_are_understood():
    assert rows(json.dumps([row()])) == [row()]
    assert rows(json.dumps(row())) == [row()]
