"""What the stub answers: examples for a teacher's schema, scores for a judge's, else what fits."""

import json
import random
import re
from typing import Any

from tests.stub.bank import VOICES, Voice

LEVELS = {"accept": 1.0, "reword": 1.0, "escalate": 0.5, "revise": 0.5, "reject": 0.0}
RULINGS = ("accept", "escalate", "revise", "reject")


def kind_of(schema: dict[str, Any] | None) -> str:
    """`teach`, `scout`, `judge` or `other`, from the shape that is asked for."""
    text = json.dumps(schema or {})
    if '"passages"' in text:
        return "scout"
    if '"conversations"' in text or ('"instruction"' in text and '"output"' in text):
        return "teach"
    return "judge" if '"scores"' in text or '"score"' in text else "other"


def answer(
    schema: dict[str, Any] | None,
    asked: str,
    draw: random.Random,
    judge: str,
    voice: str = "wide",
) -> Any:
    if kind_of(schema) == "teach":
        return teach(schema or {}, draw, voice)
    if kind_of(schema) == "scout":
        return scout(asked)
    if schema is None:
        return "ok"
    verdict = Filler(schema, asked, draw, judge).fill(schema)
    if judge == "reword" and isinstance(verdict, dict):
        verdict["example"] = {"instruction": "Reworded.", "input": "", "output": "Reworded."}
    return verdict


def scout(asked: str) -> dict[str, Any]:
    """Every passage is found rich in doubt, for its first eight words."""
    found = re.findall(r"Passage (\d+)\s+<(\S+)>\s*(.*?)\s*</\2>", asked, re.DOTALL)
    rating = {
        "richness": 8,
        "core": "a doubt that stays open",
        "phenomena": ["doubt"],
        "templates": ["monologue", "conversation", "continuity"],
        "refused": "",
    }
    rows = [
        {"number": int(number), "quote": " ".join(text.split()[:8]), **rating}
        for number, _, text in found
    ]
    return {"passages": rows}


def teach(schema: dict[str, Any], draw: random.Random, voice_name: str) -> dict[str, Any]:
    text = json.dumps(schema)
    either = '"conversations"' in text and '"output"' in text
    voice = VOICES[voice_name](draw, literal=either)
    states = sorted(schema_states(schema))
    if '"conversations"' not in text:
        return monologue(voice, span(text, "words", (150, 300)))
    turns = span(text, "messages", (4, 8))
    pairs = max(1, draw.randint(turns[0], turns[1]) // 2)
    example = conversation(voice, pairs, "<thinking>" in text, states)
    return {"example": example} if '"example"' in text else example


def span(text: str, unit: str, otherwise: tuple[int, int]) -> tuple[int, int]:
    """The range a schema's description gives: `4 to 8 messages`."""
    found = re.search(rf"(\d+) to (\d+) {unit}", text)
    return (int(found[1]), int(found[2])) if found else otherwise


def schema_states(schema: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for key, value in schema.items():
        if key == "state" and isinstance(value, dict):
            found |= set(value.get("properties", {}))
        elif isinstance(value, dict):
            found |= schema_states(value)
        elif isinstance(value, list):
            for part in value:
                found |= schema_states(part) if isinstance(part, dict) else set()
    return found


def monologue(voice: Voice, words: tuple[int, int]) -> dict[str, Any]:
    wanted = words[0] + (words[1] - words[0]) * 0.4
    parts = [voice.opening()]
    while sum(len(part.split()) for part in parts) < wanted:
        parts.append(voice.middle())
    parts.append(voice.ending())
    third = len(parts) // 3
    paragraphs = (parts[:third], parts[third : 2 * third], parts[2 * third :])
    output = "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)
    return {"instruction": voice.invited(), "input": "", "output": output}


def conversation(voice: Voice, pairs: int, thinking: bool, states: list[str]) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    for number in range(pairs):
        messages.append({"from": "human", "value": voice.asked()})
        said = " ".join([voice.opening(), voice.middle(), voice.middle()])
        if number == pairs - 1:
            said += " " + voice.ending()
        if thinking:
            thought = " ".join([voice.middle(), voice.middle(), voice.middle()])
            said = f"<thinking>{thought}</thinking>\n{said}"
        messages.append({"from": "assistant", "value": said})
    for message in messages:
        if states:
            message["state"] = {name: voice.draw.choice(voice.feelings) for name in states}
    return {"conversations": messages}


def quote_from(asked: str) -> str:
    """A few words of the example that a judge is shown, as they stand there."""
    shown = re.findall(r"<example-\w+>(.*?)</example-\w+>", asked, re.DOTALL) or [asked]
    said = re.findall(r"^ASSISTANT: (.+)$", shown[-1], re.MULTILINE) or [shown[-1]]
    return " ".join(said[-1].split()[:6])


class Filler:
    """Fills any JSON schema; numbers and rulings follow what the judge is set to say."""

    def __init__(self, root: dict[str, Any], asked: str, draw: random.Random, judge: str) -> None:
        self.root, self.draw = root, draw
        self.judge = draw.choice(RULINGS) if judge == "mixed" else judge
        self.level = LEVELS.get(self.judge, 1.0)
        self.quote = quote_from(asked)

    def fill(self, schema: dict[str, Any], name: str = "") -> Any:
        if "$ref" in schema:
            return self.fill(self._resolve(schema["$ref"]), name)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._choice(schema["enum"])
        if "anyOf" in schema:
            return self.fill(schema["anyOf"][0], name)
        kind = schema.get("type", "object")
        kind = kind[0] if isinstance(kind, list) else kind
        return getattr(self, f"_{kind}")(schema, name)

    def _object(self, schema: dict[str, Any], name: str) -> dict[str, Any]:
        return {key: self.fill(part, key) for key, part in schema.get("properties", {}).items()}

    def _array(self, schema: dict[str, Any], name: str) -> list[Any]:
        """One entry for each value of an enumerated key, so that a judge scores every question."""
        items = schema.get("items", {})
        items = self._resolve(items["$ref"]) if "$ref" in items else items
        if name == "defects" and self.level == 1.0:
            return []
        for key, part in items.get("properties", {}).items():
            if len(part.get("enum", ())) > 1 and name != "defects":
                return [{**self.fill(items, name), key: value} for value in part["enum"]]
        return [self.fill(items, name) for _ in range(max(1, schema.get("minItems", 1)))]

    def _string(self, schema: dict[str, Any], name: str) -> str:
        if name in ("evidence", "quote", "span"):
            return self.quote
        if name in ("advice", "critique", "suggestion") and self.level == 1.0:
            return ""
        return f"The stub says {self.judge} for {name or 'this'}"

    def _number(self, schema: dict[str, Any], name: str) -> float:
        low, high = schema.get("minimum", 1), schema.get("maximum", 5)
        return float(low + (high - low) * self.level)

    def _integer(self, schema: dict[str, Any], name: str) -> int:
        return round(self._number(schema, name))

    def _boolean(self, schema: dict[str, Any], name: str) -> bool:
        return self.level >= 0.5

    def _null(self, schema: dict[str, Any], name: str) -> None:
        return None

    def _choice(self, values: list[Any]) -> Any:
        if self.judge in values:
            return self.judge
        numbers = [value for value in values if isinstance(value, int | float)]
        if numbers and len(numbers) == len(values):
            return sorted(numbers)[round((len(numbers) - 1) * self.level)]
        return self.draw.choice(values)

    def _resolve(self, ref: str) -> dict[str, Any]:
        found: Any = self.root
        for part in ref.removeprefix("#/").split("/"):
            found = found[part]
        return found
