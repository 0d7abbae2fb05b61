"""The pending question in the shapes that Agent Inbox and LangGraph Studio speak.

The TypedDicts are declared here because langgraph's own are deprecated without a successor that
Agent Inbox understands. Inbox answers with a list that holds one response; others send it bare.
"""

from typing import Any, Literal

from typing_extensions import TypedDict

from corpus.embed import Embedder
from dataset.example import Example, from_interchange, to_interchange
from dataset.records import Answer, Decision
from graph.deciding import decide
from inscape.errors import UsageError
from memory.records import Waiting
from memory.store import Store

BY = "agent-inbox"


class HumanInterruptConfig(TypedDict):
    allow_ignore: bool
    allow_respond: bool
    allow_edit: bool
    allow_accept: bool


class ActionRequest(TypedDict):
    action: str
    args: dict[str, str]


class HumanInterrupt(TypedDict):
    action_request: ActionRequest
    config: HumanInterruptConfig
    description: str | None


class HumanResponse(TypedDict):
    """`refresh` is ours: look again at what has been decided elsewhere."""

    type: Literal["accept", "ignore", "response", "edit", "refresh"]
    args: str | ActionRequest | None


REFRESH: HumanResponse = {"type": "refresh", "args": None}

# A free text is a reason to say no: an approval has its own word, so words are never read as one.
_ANSWERS: dict[str, Answer] = {
    "accept": "accept",
    "edit": "edit",
    "ignore": "ignore",
    "response": "reject",
}


def question(store: Store, example_id: str) -> HumanInterrupt:
    """Ask about one example. Its editable fields are strings, as Inbox sends them back."""
    item = store.item(example_id)
    return {
        "action_request": {"action": f"Review {example_id}", "args": _fields(item.example)},
        "config": {
            "allow_ignore": True,
            "allow_respond": True,
            "allow_edit": True,
            "allow_accept": True,
        },
        "description": _describe(item),
    }


def answer(store: Store, embedder: Embedder, example_id: str, response: Any) -> None:
    """Carry out a response; what was decided elsewhere meanwhile stays as it is."""
    said = response[0] if isinstance(response, list) and response else response
    if not isinstance(said, dict) or said.get("type") not in (*_ANSWERS, "refresh"):
        raise UsageError(
            f"Not an answer: {said!r}", hint='Send {"type": "accept"}, edit, response or ignore'
        )
    if said["type"] == "refresh" or not store.waits(example_id):
        return
    args = said.get("args")
    edited = _edited(store, example_id, args) if said["type"] == "edit" else None
    reason = args if isinstance(args, str) else ""
    decision = Decision(example_id=example_id, answer=_ANSWERS[said["type"]], reason=reason, by=BY)
    decide(store, lambda: embedder, decision, edited)


def _fields(example: Example) -> dict[str, str]:
    """A monologue's three fields, or a conversation's turns numbered in order."""
    said = to_interchange(example)
    if example.form == "monologue":
        return {name: str(value) for name, value in said.items()}
    return {
        f"{number:02} {turn['from']}": turn["value"]
        for number, turn in enumerate(said["conversations"], 1)
    }


def _edited(store: Store, example_id: str, args: Any) -> Example:
    """The fields as they came back; those that did not come stay as they were."""
    was = store.item(example_id).example
    back = args.get("args", {}) if isinstance(args, dict) else {}
    fields = _fields(was) | {str(name): str(value) for name, value in back.items()}
    if was.form == "monologue":
        return from_interchange(fields)
    turns = [
        {"from": name.split(" ", 1)[-1], "value": value} for name, value in sorted(fields.items())
    ]
    return from_interchange({"conversations": turns})


def _describe(item: Waiting) -> str:
    """Markdown: why it waits, and the passage it was made from."""
    place = f"{item.passage.title}, {item.passage.chapter}, page {item.passage.page_start}"
    reasons = "\n".join(f"- {reason}" for reason in item.reasons)
    quoted = "\n".join(f"> {line}" for line in item.passage.text.splitlines())
    marked = "**Rehearsal, not a real result.**\n\n" if item.rehearsal else ""
    return f"{marked}**{item.template_id}**, from {place}\n\n{reasons}\n\n{quoted}\n"
