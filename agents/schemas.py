"""JSON schemas of what a teacher is asked for; the descriptions carry the template's measures."""

from collections.abc import Mapping, Sequence
from typing import Any

from prompts.library import Requirements, Template

Schema = dict[str, Any]


def example_schema(template: Template) -> Schema:
    """No bounds on lengths or numbers of items: strict servers refuse such keywords."""
    needs = template.requirements
    if template.form == "monologue":
        return _monologue(needs)
    if template.form == "conversation":
        return _conversation(needs)
    # Strict servers want an object at the root, so the choice stands one level down.
    return _object({"example": {"anyOf": [_conversation(needs), _monologue(needs)]}})


def _monologue(needs: Requirements) -> Schema:
    length = f"{needs.words[0]} to {needs.words[1]} words." if needs.words else "One answer."
    return _object(
        {
            "instruction": _text("What invites the piece."),
            "input": _text("Usually empty."),
            "output": _text(f"The piece itself: {length}"),
        }
    )


def _conversation(needs: Requirements) -> Schema:
    turns = f"{needs.turns[0]} to {needs.turns[1]} messages, " if needs.turns else ""
    thinking = "An assistant's value begins with <thinking>…</thinking>."
    value = _text(thinking if needs.thinking == "required" else "What is said.")
    if needs.state:
        message: Schema = {"anyOf": [_message("human", value), _stated(value, needs.state)]}
    else:
        message = _object(
            {"from": {"type": "string", "enum": ["human", "assistant"]}, "value": value}
        )
    messages = {
        "type": "array",
        "description": f"{turns}human and assistant by turns, human first, assistant last.",
        "items": message,
    }
    return _object({"conversations": messages})


def _message(role: str, value: Schema) -> Schema:
    return _object({"from": {"type": "string", "enum": [role]}, "value": value})


def _stated(value: Schema, names: Sequence[str]) -> Schema:
    message = _message("assistant", value)
    state = _object({name: {"type": "string"} for name in names})
    return _object({**message["properties"], "state": state})


def _object(properties: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _text(description: str) -> Schema:
    return {"type": "string", "description": description}
