"""From a conversation to tokens, with the mask of those that are trained on: the assistant's.

The conversation is rendered twice by the model's own chat template, once with a mark in place of
each message. The second rendering shows to the letter what the template puts between messages, so
that the place of every answer in the first is known and not searched for.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jinja2.exceptions import TemplateError

Messages = Sequence[Mapping[str, Any]]

PLAIN = (
    "{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ message['content'] }}\n\n"
    "{% elif message['role'] == 'user' %}User:\n{{ message['content'] }}\n\n"
    "{% else %}Assistant:\n{{ message['content'] }}{{ eos_token }}\n\n{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}Assistant:\n{% endif %}"
)
"""For base models that come without a chat template; saved with the adapter's tokenizer."""

_MARK = "QxInscape{}xQ"
_MARKED = re.compile(r"QxInscape(\d+)xQ")


class Untrainable(ValueError):
    """The chat template does something to this conversation that cannot be followed."""


class Span(NamedTuple):
    start: int
    end: int


class Rendered(NamedTuple):
    """The text as the model sees it, and the spans of characters that it is to learn."""

    text: str
    answers: tuple[Span, ...]


class Encoded(NamedTuple):
    """Tokens and, for each, 1 when the loss counts it and 0 when it does not."""

    input_ids: list[int]
    mask: list[int]


class Encoder:
    """Speaks one tokenizer's chat template. One that has none is given the plain one."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.is_plain = not tokenizer.chat_template
        if self.is_plain:
            tokenizer.chat_template = _plain_for(tokenizer)
        self._closing = _closing(tokenizer)
        self._folds = not self._shows_system()

    def encode(self, messages: Messages) -> Encoded:
        """Raises Untrainable."""
        text, answers = self.render(messages)
        made = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        mask = [
            int(any(_inside(text, Span(*offset), answer) for answer in answers))
            for offset in made["offset_mapping"]
        ]
        return Encoded(list(made["input_ids"]), mask)

    def render(self, messages: Messages) -> Rendered:
        """Each answer's span ends with the token that closes the turn: stopping is learned too."""
        told = self.told(messages)
        between = self._between(told)
        text, spans = self._template(told), []
        at = 0
        for number, message in enumerate(told):
            at = _after(text, between[number], at)
            said = _as_said(text, str(message["content"]), at, between[number + 1])
            if message["role"] == "assistant":
                closed = self._closing.match(between[number + 1])
                spans.append(Span(at, at + len(said) + (closed.end() if closed else 0)))
            at += len(said)
        return self._ended(text, spans, len(between[-1]))

    def prompt(self, messages: Messages) -> str:
        """What a model is given to go on from."""
        return self._template(self.told(messages), add_generation_prompt=True)

    def told(self, messages: Messages) -> list[dict[str, Any]]:
        """Where the template knows no system role, the system prompt opens the first turn."""
        told = [{"role": one["role"], "content": one["content"]} for one in messages]
        if self._folds and len(told) > 1 and told[0]["role"] == "system":
            system, first, *rest = told
            return [{**first, "content": f"{system['content']}\n\n{first['content']}"}, *rest]
        return told

    def _template(self, messages: Messages, **more: Any) -> str:
        return str(self.tokenizer.apply_chat_template(list(messages), tokenize=False, **more))

    def _between(self, told: Messages) -> list[str]:
        """What stands before, between and after the messages."""
        marked = [{**one, "content": _MARK.format(n)} for n, one in enumerate(told)]
        try:
            shown = _MARKED.split(self._template(marked))
        except TemplateError as error:
            raise Untrainable(f"the chat template refuses it: {error}") from error
        if shown[1::2] != [str(n) for n in range(len(told))]:
            raise Untrainable("the chat template drops, repeats or reorders messages")
        return shown[::2]

    def _shows_system(self) -> bool:
        roles = ("system", "user", "assistant")
        try:
            self._between([{"role": role, "content": ""} for role in roles])
        except Untrainable:
            return False
        return True

    def _ended(self, text: str, spans: list[Span], tail: int) -> Rendered:
        """A template that closes the last answer with no token has the end-of-text put there."""
        end = len(text) - tail
        if spans and spans[-1].end == end and self.tokenizer.eos_token:
            text = text[:end] + self.tokenizer.eos_token
            spans[-1] = Span(spans[-1].start, len(text))
        return Rendered(text, tuple(spans))


def _plain_for(tokenizer: Any) -> str:
    """With the begin-of-text token in front where the tokenizer would put one there itself."""
    begins = tokenizer("a")["input_ids"][:1] == [tokenizer.bos_token_id]
    return ("{{ bos_token }}" if begins else "") + PLAIN


def _closing(tokenizer: Any) -> re.Pattern[str]:
    """A token of the tokenizer's own, with the white space before it."""
    own = {str(token) for token in tokenizer.added_tokens_decoder.values()}
    own |= {str(token) for token in tokenizer.all_special_tokens}
    names = "|".join(map(re.escape, sorted(own, key=len, reverse=True)))
    return re.compile(rf"\s*(?:{names})" if names else r"(?!)")


def _after(text: str, expected: str, at: int) -> int:
    if not text.startswith(expected, at):
        raise Untrainable("the chat template treats messages differently by what they say")
    return at + len(expected)


def _as_said(text: str, content: str, at: int, follows: str) -> str:
    """The content as the template shows it: whole, or without the white space around it."""
    for said in (content, content.strip(), content.lstrip(), content.rstrip()):
        if text.startswith(said + follows, at):
            return said
    raise Untrainable("the chat template changes what is said")


def _inside(text: str, token: Span, answer: Span) -> bool:
    """A token that brings along the blank before an answer's first word belongs to the answer."""
    start, end = token
    while start < min(end, answer.start) and text[start].isspace():
        start += 1
    return answer.start <= start < end <= answer.end
