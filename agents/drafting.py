"""A new template drafted by a model from a phenomenon that a person describes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import json_repair

from agents.models.base import Message, Model, Request
from inscape.errors import InscapeError, ModelError, PromptError
from prompts.library import Library
from prompts.writing import SLOT, Written, as_file, slug

_NUMBER = {"type": "integer"}
_TEXT = {"type": "string"}
_FIELDS: dict[str, Any] = {
    "name": _TEXT,
    "summary": _TEXT,
    "form": {"type": "string", "enum": ["monologue", "conversation"]},
    "least": _NUMBER,
    "most": _NUMBER,
    "thinking": {"type": "boolean"},
    "body": _TEXT,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": _FIELDS,
    "required": list(_FIELDS),
    "additionalProperties": False,
}
_HERE = Path("the draft")


class Drafter:
    """Asks once, and once more with what was wrong."""

    def __init__(self, model: Model, library: Library) -> None:
        self._model = model
        self._library = library

    async def draft(self, description: str) -> Written:
        """Raises ModelError when neither answer is a template, and whatever the model raises."""
        if self._model.is_rehearsal:
            raise ModelError(
                "A rehearsal cannot write a template", hint="Name a model with --teacher SPEC"
            )
        prompt = self._library.prompt("draft", wish=description)
        request = Request(
            purpose="draft",
            system=prompt.system,
            messages=(Message("user", prompt.user),),
            schema=SCHEMA,
            schema_name="template",
        )
        reply = await self._model.ask(request)
        try:
            return self._read(reply.text)
        except InscapeError as error:
            wrong = f"{error} {error.hint}".strip()
        told = f"That cannot be used: {wrong}. Send the whole JSON object again."
        talk = (*request.messages, Message("assistant", reply.text or "{}"), Message("user", told))
        reply = await self._model.ask(replace(request, messages=talk))
        try:
            return self._read(reply.text)
        except InscapeError as error:
            raise ModelError(
                f"{self._model.spec!r} wrote no usable template: {error}",
                hint="Describe the phenomenon in other words, or ask another model",
            ) from None

    def _read(self, raw: str) -> Written:
        data = json_repair.loads(raw)
        if not isinstance(data, dict) or not set(_FIELDS) <= set(data):
            missing = set(_FIELDS) - set(data if isinstance(data, dict) else ())
            raise PromptError(f"there is no JSON object with {', '.join(sorted(missing))}")
        body = str(data["body"]).strip()
        if body.count(SLOT) != 1:
            raise PromptError(f"the body must hold {SLOT} once")
        one = Written(self._head(data), body)
        as_file(one)
        return one

    def _head(self, data: dict[str, Any]) -> dict[str, Any]:
        name = " ".join(str(data["name"]).split())
        taken = {form for one in self._library.templates for form in (one.id, one.name.casefold())}
        made = slug(name, _HERE, 1)
        if made in taken or name.casefold() in taken:
            raise PromptError(f"there is a template {name!r} already")
        talk = data["form"] == "conversation"
        needs: dict[str, Any] = {
            "turns" if talk else "words": [_int(data, "least"), _int(data, "most")]
        }
        needs |= {"thinking": "required" if talk and data["thinking"] else "allowed"}
        return {
            "id": made,
            "number": max(one.number for one in self._library.templates) + 1,
            "name": name,
            "summary": " ".join(str(data["summary"]).split()),
            "on": True,
            "form": "conversation" if talk else "monologue",
            "requirements": needs | {"person": "first", "tense": "present"},
        }


def _int(data: dict[str, Any], name: str) -> int:
    try:
        return int(data[name])
    except (TypeError, ValueError):
        said = json.dumps(data[name], ensure_ascii=False)
        raise PromptError(f"{name!r} must be a whole number, not {said}") from None
