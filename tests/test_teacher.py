"""The teacher's ladder over HTTP: read, correct once, try afresh once, say why not."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from agents.models import Clients, open_model
from agents.schemas import example_schema
from agents.teacher import Teacher, Unreadable, critique_of
from corpus.passage import Passage
from dataset.records import Defect, Score, Verdict
from inscape.keys import Keys
from prompts.library import Library
from tests.replies import CONVERSATION, MONOLOGUE, dumped
from tests.stub.fixtures import Server

LIBRARY = Library.load()
PASSAGE = Passage(
    "p1", "b", "The Lamp", "One", 1, 1, 0, 60, "He stands at the scale and does not put it down."
)
INNER, TALK = LIBRARY.template("monologue"), LIBRARY.template("conversation")
GIVEN: dict[str, Any] = {"phenomena": (), "avoid": (), "variant": 0}
VERDICT = Verdict(
    ruling="revise",
    reason="It explains.",
    defects=(Defect(code="explains", message="It explains itself.", evidence="because I am"),),
    scores=(Score(question="uncertain", score=2, evidence="I know"),),
    advice="Stay inside.",
)


@pytest.fixture(params=["anthropic:claude-sonnet-5-5", "openai:gpt-5-mini"])
async def teacher(stub: Server, request: pytest.FixtureRequest) -> AsyncIterator[Teacher]:
    async with Clients() as clients:
        model = open_model(request.param, keys=stub.keys, timeout=5, clients=clients)
        yield Teacher(model, LIBRARY)


def said(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(m["role"], m["content"]) for m in body["messages"] if m["role"] != "system"]


@pytest.mark.parametrize("template", LIBRARY.templates, ids=lambda template: template.id)
async def test_every_template_gives_an_example_of_its_form(teacher: Teacher, template: Any) -> None:
    draft = await teacher.write(PASSAGE, template, **GIVEN | {"phenomena": ["dread"]})
    needs = template.requirements
    assert template.form in (draft.example.form, "either")
    for turn in draft.example.answers:
        assert needs.thinking != "required" or turn.thinking
        assert set(turn.state or ()) == set(needs.state)


async def test_the_passage_comes_last_and_the_stable_part_first(
    stub: Server, teacher: Teacher
) -> None:
    await teacher.write(PASSAGE, INNER, **GIVEN | {"avoid": ["The kettle again"]})
    body = stub.bodies[0]
    system = body.get("system") or body["messages"][0]["content"]
    ((role, text),) = said(body)
    assert role == "user" and PASSAGE.text in text and "The kettle again" in text
    assert PASSAGE.text not in json.dumps(system)


async def test_what_can_be_repaired_is_not_asked_for_twice(stub: Server, teacher: Teacher) -> None:
    stub.control(script=["fenced"])
    await teacher.write(PASSAGE, INNER, **GIVEN)
    assert stub.stats["requests"] == 1


async def test_an_unreadable_reply_is_answered_with_its_error(
    stub: Server, teacher: Teacher
) -> None:
    stub.control(script=["prose"])
    draft = await teacher.write(PASSAGE, TALK, **GIVEN)
    assert draft.example.form == "conversation"
    first, second = map(said, stub.bodies)
    assert second[: len(first)] == first
    assert [role for role, _ in second] == ["user", "assistant", "user"]
    assert "outline" in second[1][1] and "no JSON object" in second[2][1]


async def test_a_wrong_form_is_named_to_the_model(stub: Server, teacher: Teacher) -> None:
    stub.control(script=[{"text": dumped(MONOLOGUE)}, {"text": dumped(CONVERSATION)}])
    draft = await teacher.write(PASSAGE, TALK, **GIVEN)
    assert draft.raw == dumped(CONVERSATION)
    assert "wrong form" in said(stub.bodies[1])[-1][1]


async def test_after_a_failed_correction_it_is_tried_afresh_then_given_up(
    stub: Server, teacher: Teacher
) -> None:
    stub.control(script=["prose", "prose", {"text": "Nothing today."}])
    with pytest.raises(Unreadable) as caught:
        await teacher.write(PASSAGE, INNER, **GIVEN)
    assert (caught.value.reason, caught.value.raw) == ("no-json", "Nothing today.")
    assert stub.stats["requests"] == 3
    assert sorted(stub.stats["times"].values()) == [1, 2], "the last try is the first request again"


async def test_a_cut_reply_gets_more_room(stub: Server, teacher: Teacher) -> None:
    stub.control(script=["truncated", "truncated"])
    await teacher.write(PASSAGE, INNER, **GIVEN)
    room = [body.get("max_tokens") or body["max_completion_tokens"] for body in stub.bodies]
    assert room[0] < room[1] < room[2]


@pytest.mark.parametrize("fault", ["refusal", "refusal-stop"])
async def test_a_refusal_is_tried_once_more_and_then_believed(
    stub: Server, teacher: Teacher, fault: str
) -> None:
    stub.control(script=[fault, fault])
    with pytest.raises(Unreadable) as caught:
        await teacher.write(PASSAGE, INNER, **GIVEN)
    assert caught.value.reason == "refused"
    assert stub.stats["requests"] == 2
    stub.control(script=[fault])
    await teacher.write(PASSAGE, INNER, **GIVEN)


async def test_a_revision_has_the_draft_and_the_critique(stub: Server, teacher: Teacher) -> None:
    draft = await teacher.write(PASSAGE, INNER, **GIVEN)
    revised = await teacher.revise(PASSAGE, INNER, draft.example, VERDICT, **GIVEN, attempt=1)
    assert revised.raw != draft.raw
    talk = said(stub.bodies[1])
    assert [role for role, _ in talk] == ["user", "assistant", "user"]
    assert json.loads(talk[1][1])["output"] == draft.example.turns[1].content
    assert "because I am" in talk[2][1] and "Stay inside." in talk[2][1]


def test_a_critique_names_defects_low_scores_and_advice() -> None:
    assert critique_of(VERDICT).splitlines() == [
        '- It explains itself. ("because I am")',
        '- uncertain: 2 of 5 ("I know")',
        "Stay inside.",
    ]


async def test_rehearsal_goes_up_the_same_ladder() -> None:
    teacher = Teacher(open_model("rehearsal", keys=Keys(), timeout=1), LIBRARY)
    assert teacher.is_rehearsal
    drafts = [await teacher.write(PASSAGE, TALK, **GIVEN | {"variant": n}) for n in (0, 0, 1)]
    assert drafts[0] == drafts[1] != drafts[2]
    revised = await teacher.revise(PASSAGE, TALK, drafts[0].example, VERDICT, **GIVEN, attempt=1)
    assert revised.example != drafts[0].example


def test_schemas_use_only_what_strict_servers_know() -> None:
    known = {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf"}

    def check(schema: dict[str, Any]) -> None:
        assert set(schema) <= known | {"description"}
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False
            assert schema["required"] == list(schema["properties"])
        parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
        for part in [*parts, *([schema["items"]] if "items" in schema else [])]:
            check(part)

    for template in LIBRARY.templates:
        schema = example_schema(template)
        assert schema["type"] == "object"
        check(schema)
