"""Cleans the text of one value: entities, halves of characters, thinking tags by their one name."""

import html
import re
from typing import NamedTuple

from agents.reading.loose import BLANKS

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TAG = re.compile(r"<\s*(/?)\s*(?:think|thinking)\s*>", re.IGNORECASE)
_OTHER_NAMES = "thoughts?|inner[_ -]?(?:thoughts?|thinking|process|monologue)|reasoning"
_LEADING = re.compile(
    rf"\A\s*[<\[]({_OTHER_NAMES}|thinking|think)[>\]](.*?)[<\[]/\1[>\]]", re.IGNORECASE | re.DOTALL
)
_EDGES = " \t\r\n\ufeff\u200b\u2060\u00a0"


class Spoken(NamedTuple):
    """One side's words with the thinking that led to them, when it is shown."""

    thinking: str | None
    content: str


def clean(text: str) -> str:
    """As the writer meant it: entities resolved, one kind of newline, nothing at the edges."""
    for _ in range(2):  # some servers escape what is escaped already
        if _ENTITY.search(text):
            text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text).strip(_EDGES)


def is_blank(text: str) -> bool:
    """Nothing that could be read aloud; three dots and a smile can be meant."""
    return not re.sub(rf"[\s{BLANKS},;:\"'“”‘’`(){{}}\[\]]+", "", text)


def one_name(text: str) -> str:
    """`<think>`, `<Thinking>`, a leading `[thinking]` or `<inner_thoughts>`: all `<thinking>`."""
    text = _TAG.sub(lambda tag: f"<{tag[1]}thinking>", text)
    return _LEADING.sub(lambda found: f"<thinking>{found[2]}</thinking>", text, count=1)


def split(text: str) -> Spoken | None:
    """None when a thinking tag stays open or closes what was not opened: no border is known."""
    text = one_name(text)
    marks = re.findall(r"</?thinking>", text)
    if marks != ["<thinking>", "</thinking>"] * (len(marks) // 2) or _has_damaged_tag(text):
        return None
    if not text.startswith("<thinking>"):
        return Spoken(None, text)
    thinking, _, content = text.removeprefix("<thinking>").partition("</thinking>")
    return Spoken(None if is_blank(thinking) else thinking, content.strip(_EDGES))


def _has_damaged_tag(text: str) -> bool:
    """`<think"ing>`: something between angles that was a thinking tag once."""
    inside = re.findall(r"<([^<>\n]{5,16})>", text)
    return any(
        re.sub(r"[\W_]", "", part).lower() in ("think", "thinking")
        for part in inside
        if part not in ("thinking", "/thinking")
    )
