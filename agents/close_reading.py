"""The best passages read by a language model: what is lived through, shown by its own words."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import json_repair

from agents.choice import Rating
from agents.models.base import Message, Model, Request
from agents.reading.structures import structures
from agents.together import together
from corpus.passage import Passage
from inscape.errors import ModelRefusedCall
from prompts.library import Library

BATCH = 8
MOST_RICH = 10
MOST_KINDS = 3
MOST_TEMPLATES = 5
FEWEST_QUOTED = 3
TOKENS_EACH, TOKENS_SPARE = 220, 400
_WORDS = re.compile(r"[^\W_]+")
_THINKING = re.compile(r"<think(ing)?>.*?</think(ing)?>", re.DOTALL)

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_FIELDS: Mapping[str, Any] = {
    "number": {"type": "integer"},
    "richness": {"type": "number"},
    "quote": _TEXT,
    "core": _TEXT,
    "phenomena": _TEXTS,
    "templates": _TEXTS,
    "refused": _TEXT,
}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "passages": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": _FIELDS,
                "required": list(_FIELDS),
                "additionalProperties": False,
            },
        }
    },
    "required": ["passages"],
    "additionalProperties": False,
}


class CloseReader:
    """Passages go in batches; what a reply says of one passage stands or falls alone."""

    def __init__(self, library: Library, model: Model) -> None:
        self.library, self.model = library, model

    async def read(
        self, passages: Sequence[Passage], machine: Mapping[str, Rating]
    ) -> dict[str, Rating]:
        """Ratings by passage id, of those that were read and whose evidence is in the passage."""
        batches = [passages[start : start + BATCH] for start in range(0, len(passages), BATCH)]
        replies = await together(self._batch(batch, machine) for batch in batches)
        return {key: rating for reply in replies for key, rating in reply.items()}

    async def _batch(
        self, batch: Sequence[Passage], machine: Mapping[str, Rating]
    ) -> dict[str, Rating]:
        numbered = {str(number): one.text for number, one in enumerate(batch, 1)}
        prompt = self.library.prompt("scout", passages=numbered)
        request = Request(
            purpose="scout",
            system=prompt.system,
            messages=(Message("user", prompt.user),),
            schema=SCHEMA,
            schema_name="ratings",
            max_tokens=TOKENS_SPARE + TOKENS_EACH * len(batch),
        )
        try:
            reply = await self.model.ask(request)
        except ModelRefusedCall:
            return {}
        ratings = {}
        for row in rows(reply.text):
            at = _number(row.get("number"))
            if at is not None and at.is_integer() and 1 <= at <= len(batch):
                passage = batch[int(at) - 1]
                rating = self._rating(row, passage, machine[passage.id])
                if rating is not None:
                    ratings[passage.id] = rating
        return ratings

    def _rating(self, row: Mapping[str, Any], passage: Passage, machine: Rating) -> Rating | None:
        """None when the reply is no rating, or the words it rests on are not the passage's."""
        richness, quote = _number(row.get("richness")), str(row.get("quote") or "")
        if richness is None or not 0 <= richness <= MOST_RICH:
            return None
        refused = str(row.get("refused") or "").strip()
        if not refused and not is_quoted(quote, passage.text):
            return None
        known = {kind.id for kind in self.library.phenomena}
        templates = {one.id for one in self.library.templates}
        kinds = _chosen(row.get("phenomena"), known)[:MOST_KINDS]
        forms = _chosen(row.get("templates"), templates)[:MOST_TEMPLATES]
        return Rating(
            richness=0.0 if refused else richness / MOST_RICH,
            phenomena=kinds or machine.phenomena,
            templates=forms or machine.templates,
            core=str(row.get("core") or "").strip(),
            evidence=quote,
            refused=refused,
        )


def rows(raw: str) -> list[dict[str, Any]]:
    """The entries of a reply, whatever is around them and wherever it was cut; [] for none."""
    text = _THINKING.sub("", raw)
    for found in structures(text):
        if entries := _entries(found.value):
            return entries
    start = text.find("{")
    return _entries(json_repair.loads(text[start:])) if start >= 0 else []


def _entries(data: object) -> list[dict[str, Any]]:
    listed = data.get("passages", [data]) if isinstance(data, dict) else data
    entries = listed if isinstance(listed, list) else []
    return [one for one in entries if isinstance(one, dict) and "richness" in one]


def is_quoted(quote: str, text: str) -> bool:
    """Word for word, whatever became of quotation marks, dashes and spaces."""
    words = _WORDS.findall(quote.casefold())
    whole = " ".join(_WORDS.findall(text.casefold()))
    return len(words) >= FEWEST_QUOTED and f" {' '.join(words)} " in f" {whole} "


def _number(value: object) -> float | None:
    return float(str(value)) if re.fullmatch(r"\d{1,6}(\.\d+)?", str(value).strip()) else None


def _chosen(names: object, known: set[str]) -> tuple[str, ...]:
    found = [str(name).strip() for name in names] if isinstance(names, list) else []
    return tuple(dict.fromkeys(name for name in found if name in known))
