"""LangGraph Studio and Agent Inbox: one pending question, both shapes of an answer."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from langgraph.graph import StateGraph
from langgraph.types import Command

from corpus.embed import Embedder
from corpus.passage import Passage
from dataset.example import Example, from_interchange, monologue
from dataset.records import Verdict, new_assignment
from graph import inbox
from graph.asked import Asked, check
from graph.assembly import assemble
from graph.build import build_graph
from graph.checkpoints import open_checkpoints
from graph.runs import run
from inscape.errors import UsageError
from inscape.progress import unwatched
from inscape.project import Project
from inscape.settings import load
from memory.records import BookRecord
from memory.store import Store
from tests.runs import ROOT, chapters
from tests.stub.fixtures import Server

BOOK = "b" * 64
CONVERSATION = from_interchange(
    {
        "conversations": [
            {"from": "human", "value": "Are you there?"},
            {"from": "assistant", "value": "<thinking>Am I?</thinking>\nNearly."},
        ]
    }
)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


@pytest.fixture
def store(tmp_path: Path, embedder: Embedder) -> Store:
    """Two examples waiting: a monologue and a conversation."""
    store = Store.open(tmp_path / "memory.db")
    passage = Passage("p1", BOOK, "A Book", "One", 3, 4, 0, 40, "It was late, and she waited.")
    store.add_book(BookRecord(BOOK, "a.pdf", "A Book"), [passage])
    for number, example in enumerate((monologue("Say it.", "I wait, I think."), CONVERSATION)):
        work = new_assignment("p1", "monologue", "v1", number)
        store.plan([(work, "doubt")])
        vector = embedder.encode([example.spoken])[0]
        key = store.save_example(work.id, example, vector=vector)
        store.save_verdict(key, Verdict(ruling="escalate", reason="In doubt."))
        store.settle(work.id, "escalated", "uncertain", key)
    return store


def first(store: Store) -> str:
    return store.waiting(limit=1)[0].example_id


def test_the_question_has_the_shape_that_agent_inbox_reads(store: Store) -> None:
    asked = inbox.question(store, first(store))
    assert set(asked) == {"action_request", "config", "description"}
    assert set(asked["config"].values()) == {True}
    assert asked["action_request"]["args"]["output"] == "I wait, I think."
    assert "she waited" in (asked["description"] or "")
    assert json.loads(json.dumps(asked)) == asked


@pytest.mark.parametrize("as_list", [True, False])
@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"type": "accept", "args": None}, "accepted"),
        ({"type": "response", "args": "not enough doubt in it; do not accept"}, "rejected"),
        ({"type": "ignore", "args": None}, "escalated"),
        ({"type": "refresh", "args": None}, "escalated"),
    ],
)
def test_both_shapes_of_an_answer_are_carried_out(
    store: Store, embedder: Embedder, as_list: bool, said: dict[str, Any], status: str
) -> None:
    example = first(store)
    inbox.answer(store, embedder, example, [said] if as_list else said)
    assert store.assignment(example.split(".")[0]).status == status


def test_an_ignored_example_goes_to_the_end_of_the_queue(store: Store, embedder: Embedder) -> None:
    example = first(store)
    inbox.answer(store, embedder, example, {"type": "ignore", "args": None})
    assert [one.example_id for one in store.waiting()][-1] == example


@pytest.mark.parametrize("number", [0, 1])
def test_an_edit_comes_back_as_strings_and_keeps_what_was_not_sent(
    store: Store, embedder: Embedder, number: int
) -> None:
    item = store.waiting()[number]
    args = inbox.question(store, item.example_id)["action_request"]["args"]
    last = list(args)[-1]
    request = {"action": "edit", "args": {last: "I am not sure at all."}}
    inbox.answer(store, embedder, item.example_id, [{"type": "edit", "args": request}])
    held = store.assignment(item.example_id.split(".")[0])
    assert held.status == "accepted"
    edited: Example = store.example(held.example_id or "")
    assert edited.turns[-1].content == "I am not sure at all."
    assert edited.turns[0] == item.example.turns[0]
    assert store.example(item.example_id) == item.example


def test_what_was_decided_elsewhere_meanwhile_stays(store: Store, embedder: Embedder) -> None:
    example = first(store)
    inbox.answer(store, embedder, example, {"type": "accept", "args": None})
    inbox.answer(store, embedder, example, {"type": "response", "args": "no"})
    assert store.assignment(example.split(".")[0]).status == "accepted"


@pytest.mark.parametrize("said", [{"type": "yes"}, "accept", [], None, {"args": 1}])
def test_what_is_no_answer_is_refused(store: Store, embedder: Embedder, said: Any) -> None:
    with pytest.raises(UsageError, match="Not an answer"):
        inbox.answer(store, embedder, first(store), said)
    assert len(store.waiting()) == 2


def test_langgraph_json_names_a_builder_without_a_checkpointer() -> None:
    told = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))
    path, name = told["graphs"]["inscape"].split(":")
    spec = importlib.util.spec_from_file_location("studio", ROOT / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert isinstance(getattr(module, name), StateGraph)


@pytest.mark.parametrize("as_list", [True, False])
async def test_a_run_asks_one_question_at_a_time_and_goes_on_with_either_shape(
    tmp_path: Path, stub: Server, monkeypatch: pytest.MonkeyPatch, as_list: bool
) -> None:
    stub.control(judge="escalate")
    for name, value in stub.env.items():
        monkeypatch.setenv(name, value)
    book = tmp_path / "small.txt"
    novel = (ROOT / "examples" / "lamp-and-scale.txt").read_text(encoding="utf-8")
    book.write_text(chapters(novel, 1, 1), encoding="utf-8")
    project = Project(tmp_path / "project")
    settings = load(project, {"target": 2, "teacher": "openai:a-model"})
    asked = Asked(project=project, settings=settings, books=[book])
    assert (await run(asked)).stop == "review"

    answered = []
    with Store.open(project.store) as store:
        async with (
            assemble(check(asked), store, unwatched) as deps,
            open_checkpoints(project, unwatched) as saver,
        ):
            graph, config = build_graph(saver), {"configurable": {"thread_id": "run-1"}}
            for _ in range(2):
                pending = (await graph.aget_state(config)).interrupts
                assert len(pending) == 1
                answered.append(pending[0].value["action_request"]["action"])
                said = {"type": "accept", "args": pending[0].value["action_request"]}
                resumed = Command(resume=[said] if as_list else said)
                await graph.ainvoke(resumed, config, context=deps)
            assert not (await graph.aget_state(config)).interrupts
        assert len(set(answered)) == 2
        assert store.counts().accepted == 2
