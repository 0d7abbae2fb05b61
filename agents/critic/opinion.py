"""Reading a judge's reply: leniently in form, strictly in substance."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import json_repair

from agents.critic import prose
from agents.critic.codes import CODES, JUDGED
from agents.critic.verdict import Opinion
from dataset.example import Example
from dataset.records import Defect, Score

_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:/\s*5\s*|out of 5\s*)?\Z")
_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_ELLIPSIS = re.compile(r"\s*(?:\.\.\.|…)\s*")


class Unusable(ValueError):
    """The reply holds no complete judgement; the message tells the judge what is wrong."""


def read_opinion(raw: str, example: Example, ids: Sequence[str], *, judge: str) -> Opinion:
    """Raises Unusable unless every question has one score from 1 to 5."""
    data = _opened(raw)
    entries = dict(_entries(data))
    missing = [one for one in ids if one not in entries]
    if missing:
        raise Unusable(f"there is no score for {', '.join(missing)}")
    texts = _texts(example)
    scores = tuple(_score(one, entries[one], texts, judge) for one in ids)
    defects = tuple(_defects(data.get("defects"), texts))
    quoted = [*map(entries.get, ids), *_mappings(data.get("defects"))]
    strays = sum(bool(_quote(entry)) and not _found(_quote(entry), texts) for entry in quoted)
    noted = f" ({strays} quotes do not occur in the example)" if strays else ""
    advice = data.get("advice")
    return Opinion(
        judge,
        scores,
        defects,
        _line(data.get("reason")) + noted,
        str(advice).strip() if advice else "",
    )


@lru_cache(256)
def find(quote: str, text: str) -> str:
    """The place in `text` that `quote` means, as it stands there; empty when there is none.

    Case, accents, punctuation and blanks do not count.
    """
    wanted = [word.form for word in prose.located(quote)]
    words = prose.located(text)
    place = _place(wanted, [word.form for word in words]) if wanted else -1
    return text[words[place].start : words[place + len(wanted) - 1].end] if place >= 0 else ""


def _place(wanted: Sequence[str], forms: Sequence[str]) -> int:
    """Where the run `wanted` begins, or -1; a blank on either side keeps words whole."""
    line = f" {' '.join(forms)} "
    at = line.find(f" {' '.join(wanted)} ")
    return line.count(" ", 0, at) if at >= 0 else -1


def _opened(raw: str) -> Mapping[str, Any]:
    """The judgement among whatever else the reply holds; the last one, when there are several."""
    loaded = json_repair.loads(_THOUGHT.sub("", raw))
    found = [one for one in _objects(loaded) if "scores" in one]
    if not found:
        raise Unusable("there is no JSON object with scores in it")
    return found[-1]


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _objects(one)


def _entries(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Scores by question, whether they came as a list or as an object."""
    scores = data["scores"]
    if isinstance(scores, Mapping):
        yield from ((str(name).strip(), entry) for name, entry in scores.items())
    for entry in _mappings(scores):
        yield str(entry.get("id") or entry.get("question") or "").strip(), entry


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _score(question: str, entry: Any, texts: Sequence[str], judge: str) -> Score:
    value = entry.get("score") if isinstance(entry, Mapping) else entry
    match = _NUMBER.match(str(value))
    if match is None or not 1 <= float(match[1]) <= 5:
        raise Unusable(f"the score for {question} must be 1, 2, 3, 4 or 5, not {value!r}")
    return Score(
        question=question,
        score=float(match[1]),
        evidence=_found(_quote(entry), texts),
        judge=judge,
    )


def _defects(value: Any, texts: Sequence[str]) -> Iterator[Defect]:
    """Codes that are not a judge's to give are passed over; so is a code given twice."""
    entries = _mappings(value)
    if isinstance(value, list):
        entries += [{"code": one} for one in value if isinstance(one, str)]
    seen = set()
    for entry in entries:
        code = str(entry.get("code", "")).strip().lower().replace("_", "-").replace(" ", "-")
        if code in JUDGED and code not in seen:
            seen.add(code)
            evidence = _found(_quote(entry), texts)
            message = _line(entry.get("why")) or CODES[code]
            yield Defect(code=code, message=message, evidence=evidence, source="judge")


def _quote(entry: Any) -> str:
    quote = (entry.get("quote") or entry.get("evidence")) if isinstance(entry, Mapping) else ""
    return quote if isinstance(quote, str) else ""


def _found(quote: str, texts: Sequence[str]) -> str:
    """A quote with a gap counts when every part is there; its first part is the evidence."""
    parts = [part for part in _ELLIPSIS.split(quote) if prose.located(part)]
    places = [next(filter(None, (find(part, text) for text in texts)), "") for part in parts]
    return places[0] if places and all(places) else ""


def _texts(example: Example) -> list[str]:
    turns = [part for turn in example.turns for part in (turn.thinking, turn.content) if part]
    return [*turns, *filter(None, [example.input])]


def _line(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
