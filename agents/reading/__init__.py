"""The reading ladder's part that needs no model: from a raw reply to an example, or why not."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from agents.reading.loose import BLANKS
from agents.reading.plain import readings
from agents.reading.refusals import declines, refuses, refuses_in_field
from agents.reading.shapes import (
    Wanted,
    Wrong,
    examples_in,
    is_single_message,
)
from agents.reading.structures import Structure, structures, unwrapped
from dataset.example import Example

__all__ = ["REASONS", "Read", "read_reply"]

REASONS: Mapping[str, str] = {
    "empty": "The reply is empty.",
    "no-json": "There is no JSON object with an example in the reply.",
    "broken-json": "The JSON of the reply cannot be read without guessing.",
    "truncated": "The reply breaks off before the example is complete.",
    "unclosed-thinking": "A <thinking> tag is opened and not closed (or closed and not opened).",
    "bracketed-slots": "A bracketed slot of the instructions was not filled in.",
    "empty-field": "A text of the example is empty.",
    "wrong-form": "The example has the wrong form: a monologue where a conversation is wanted, "
    "or a conversation where a monologue is.",
    "turn-order": "The messages do not go human, assistant, human, assistant, to an assistant's.",
    "unknown-role": 'A message is from neither "human" nor "assistant".',
    "refused": "The reply declines the task.",
}
"""Every reason code, with the sentence that a correction turn quotes."""

_WORST = (
    "truncated", "unclosed-thinking", "bracketed-slots", "turn-order", "unknown-role",
    "wrong-form", "empty-field", "broken-json",
)  # fmt: skip
_MUSING = re.compile(
    r"\A\s*<(think|thinking|thought|reasoning|analysis|scratchpad|reflection)>(.*?)</\1>\s*",
    re.DOTALL | re.IGNORECASE,
)
_MUSING_OPEN = re.compile(r"\A\s*<(think|thinking)>", re.IGNORECASE)
_MUSING_END = re.compile(r"</(?:think|thinking)>\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Read:
    """`reason` is "" for ok, else a code of REASONS."""

    read: Literal["ok", "retry", "refusal"]
    example: Example | None = None
    reason: str = ""


def read_reply(raw: str, stop_reason: str, form: Wanted) -> Read:
    """The first valid example of a reply. Never raises; what is in doubt is a retry."""
    if stop_reason == "refusal":
        return Read("refusal", reason="refused")
    text = raw.replace("\r\n", "\n").strip(BLANKS + " \t\r\n")
    if not text:
        return Read("retry", reason="empty")
    text = _without_musing(text)
    if _MUSING_OPEN.match(text):
        return Read("retry", reason="unclosed-thinking")
    reply = _Reply(text, form, cut=stop_reason == "max_tokens")
    return reply.read()


def _without_musing(text: str) -> str:
    """Reasoning that a server left in front of the answer, opened there or not, is cut off."""
    text = _MUSING.sub("", text, count=1)
    found = list(structures(text))
    if any(structure.value is None for structure in found):
        return text
    end = None
    for tag in _MUSING_END.finditer(text):
        if not any(structure.start < tag.start() < structure.end for structure in found):
            end = tag.end()
    rest = text[end:]
    return rest if any(found.value for found in structures(rest)) else text


class _Reply:
    """One reply while it is read: what was found in it, and what was wrong with that."""

    def __init__(self, text: str, form: Wanted, *, cut: bool) -> None:
        self.text, self.form, self.cut = text, form, cut
        self.found: list[Structure] = []
        self.problems: list[str] = []

    def read(self) -> Read:
        for example in self._examples():
            if isinstance(example, Example):
                declined = all(
                    turn.thinking is None and refuses_in_field(turn.content)
                    for turn in example.answers
                )
                return _REFUSED if declined else Read("ok", example)
            self.problems.append(str(example))
        if self._refused():
            return _REFUSED
        unknown = "truncated" if self.cut else "no-json"
        return Read("retry", reason=min(self.problems, key=_WORST.index, default=unknown))

    def _examples(self) -> Iterator[Example | Wrong]:
        yield from self._structured(self.text)
        if not set(self.problems) - {"broken-json"}:
            for text in unwrapped(self.text):
                yield from self._structured(text)
        if not self.problems:
            for value, closed in readings(self.text):
                if closed or not self.cut:
                    yield from examples_in(value, self.form)

    def _structured(self, text: str) -> Iterator[Example | Wrong]:
        """Messages that stand one by one, without a list around them, are one conversation."""
        found = list(structures(text))
        self.found += found
        messages: list[Any] = []
        for structure in found:
            if structure.value is None:
                yield Wrong("broken-json")
            elif is_single_message(structure.value):
                messages.append(structure.value)
            else:
                yield from examples_in(structure.value, self.form)
        lost = len(messages) < len(found) or re.search(r"[{}\[\]]", _around(text, found))
        if len(messages) > 1 and not self.cut and not lost:
            yield from examples_in(messages, self.form)

    def _refused(self) -> bool:
        """Said in words around, under a key of its own, or where the example should be."""
        if "truncated" in self.problems:
            return False
        around = _around(self.text, self.found)
        return refuses(around) or any(declines(structure.value) for structure in self.found)


def _around(text: str, found: Sequence[Structure]) -> str:
    """What stands before, between and after the structures of a text."""
    for structure in reversed(found):
        text = text[: structure.start] + text[structure.end :]
    return text


_REFUSED = Read("refusal", reason="refused")
