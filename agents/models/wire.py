"""What both adapters share: one call, what a server turns down, and how its errors are told."""

import asyncio
import contextlib
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import httpx2

from agents.models.base import Reply, Request
from agents.models.clients import SERVERS
from agents.models.faults import Refused, read_refused, scrub, words_of
from agents.models.prices import Price
from agents.models.specs import Spec
from inscape.errors import ModelError, ModelRefusedCall, ModelUnavailable

# Parts of a request that not every server takes; each can be left out or said otherwise.
Part = Literal["schema", "temperature", "token limit", "cache mark", "system role"]

_TELLTALE: Mapping[Part, re.Pattern[str]] = {
    "schema": re.compile(
        r"response_format|output_config|output_format|structured|grammar|guided|schema",
        re.IGNORECASE,
    ),
    "temperature": re.compile(r"temperature|sampling", re.IGNORECASE),
    "token limit": re.compile(r"max_(completion_)?tokens", re.IGNORECASE),
    "cache mark": re.compile(r"cache_control", re.IGNORECASE),
    "system role": re.compile(r"system.{0,12}role|role.{0,20}system", re.IGNORECASE),
}
_TURNED_DOWN = frozenset({400, 404, 415, 422, 500, 501})
_THINKING_ROOM = 8192
_UNNAMED = frozenset({400, 422})
_BUSY = frozenset({429, 529})


class SdkErrors(NamedTuple):
    """The exception classes of one SDK; both have the same ones."""

    status: type[Exception]
    any: type[Exception]


class Line(NamedTuple):
    """Where one model is reached, and what must not be told of it."""

    spec: Spec
    url: str
    timeout: float
    price: Price | None = None
    secrets: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The server's address without anything private."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


class Adapter(ABC):
    """One model on one server, over an official SDK client that others may share.

    The SDK does not retry: backing off belongs to the one place that sees every call of a run.
    """

    is_rehearsal = False
    key_name: str
    errors: SdkErrors

    def __init__(self, line: Line) -> None:
        self.line = line
        self._without: frozenset[Part] = frozenset()

    @property
    def spec(self) -> str:
        return self.line.spec.text

    @abstractmethod
    async def send(self, request: Request, without: frozenset[Part]) -> Reply:
        """One call. Parts named in `without` are left out or said otherwise."""

    @abstractmethod
    def body(self, request: Request, without: frozenset[Part]) -> dict[str, Any]:
        """What is sent, as JSON."""

    @abstractmethod
    def read(self, body: dict[str, Any], request_id: str) -> Reply:
        """A successful answer, however it came. Raises ModelUnavailable for what is none."""

    @abstractmethod
    def parts(self, request: Request) -> tuple[Part, ...]:
        """The parts of this request that a server may turn down."""

    async def ask(self, request: Request) -> Reply:
        """Send; what the server turns down is left out at once and remembered for this model."""
        without = self._without
        while True:
            with self.in_words():
                try:
                    async with asyncio.timeout(self.line.timeout):
                        reply = await self.send(request, without)
                except self.errors.status as error:
                    refused = read_refused(error, self.line.secrets)
                    part = self._turned_down(request, without, refused)
                    if part is None:
                        raise
                    without |= {part}
                else:
                    self._without |= without
                    return reply

    @contextlib.contextmanager
    def in_words(self) -> Iterator[None]:
        """The SDK's errors as ours."""
        try:
            yield
        except self.errors.status as error:
            raise self._told(read_refused(error, self.line.secrets)) from None
        except (TimeoutError, self.errors.any, httpx2.HTTPError, aiohttp.ClientError) as error:
            # The SDKs call some lost connections a timeout, and let some errors of their transport
            # through: what it began with tells.
            causes = causes_of(error)
            slow = any(isinstance(cause, TimeoutError) for cause in causes)
            raise (self._too_slow() if slow else self._unreachable(causes[-1])) from None

    def as_sent(self, request: Request) -> dict[str, Any]:
        """The body of a call, for a batch."""
        return self.body(request, self._without)

    def learn(self, words: str) -> bool:
        """The part that a batch's item was turned down for is left out when it is asked again.

        Whether there is one.
        """
        named = {part for part, telltale in _TELLTALE.items() if telltale.search(words)}
        if not named & self._without:
            self._without |= set(sorted(named)[:1])
        return bool(named)

    def limit(self, request: Request, without: frozenset[Part]) -> int:
        """The most tokens to generate. Models that think count that in; a few take no such room."""
        elsewhere = self.line.spec.provider == "openai" and self.line.url != SERVERS["openai"]
        if elsewhere or "token limit" in without:
            return request.max_tokens
        return request.max_tokens + thinking_room(self.line.spec)

    def _turned_down(
        self, request: Request, without: frozenset[Part], refused: Refused
    ) -> Part | None:
        """Which part to leave out. A bad request that names none may still mean the schema."""
        if refused.status not in _TURNED_DOWN or refused.unpaid:
            return None
        sent = [part for part in self.parts(request) if part not in without]
        for part in sent:
            if _TELLTALE[part].search(refused.words):
                return part
        return "schema" if "schema" in sent and refused.status in _UNNAMED else None

    def _told(self, refused: Refused) -> ModelError:
        said = f"{self.spec!r} answered {refused.status}"
        said += f": {refused.words}" if refused.words else ""
        if refused.passing:
            hint = "It may pass: run the same command again"
            return ModelUnavailable(
                said, hint=hint, retry_after=refused.retry_after, busy=refused.status in _BUSY
            )
        return ModelRefusedCall(said, hint=self._advice(refused))

    def _advice(self, refused: Refused) -> str:
        if refused.unpaid:
            return f"Add credit to the account of the key in {self.key_name}"
        name = self.line.spec.name
        advice = {
            401: f"Check the key in {self.key_name}",
            403: f"See that the key in {self.key_name} may use the model {name!r}",
            404: f"Check the model's name {name!r} and the address {self.line.place}",
            413: "The request is too long for this model: choose one with more context",
        }
        otherwise = "The server does not take this request: choose another model"
        return advice.get(refused.status, otherwise)

    def _too_slow(self) -> ModelUnavailable:
        return ModelUnavailable(
            f"No answer from {self.spec!r} at {self.line.place} within {self.line.timeout:g} s",
            hint="Give it longer with --timeout SECONDS, or see whether the server is at work",
            slow=True,
        )

    def _unreachable(self, cause: BaseException) -> ModelUnavailable:
        reason = scrub(str(cause), self.line.secrets) or type(cause).__name__
        return ModelUnavailable(
            f"No connection to {self.spec!r} at {self.line.place}: {reason}",
            hint="See that the server runs and that its address is right",
        )

    def unreadable(self, why: str) -> ModelUnavailable:
        return ModelUnavailable(
            f"{self.spec!r} at {self.line.place} did not answer with a completion: {why}",
            hint="See that the address is that of the API",
        )

    def body_of(self, response: httpx2.Response) -> dict[str, Any]:
        """The JSON object of a successful answer; some servers put an error into one."""
        try:
            body = json.loads(response.content)
        except ValueError:
            raise self.unreadable("it is not JSON") from None
        if not isinstance(body, dict):
            raise self.unreadable("it is not a JSON object")
        error = body.get("error")
        if error:
            code = error.get("code") if isinstance(error, dict) else None
            words = scrub(words_of(body), self.line.secrets)
            raise self._told(Refused(code if isinstance(code, int) else 502, words))
        return body


def thinking_room(spec: Spec) -> int:
    """Tokens on top of the answer's own for models that think first; unused, they cost nothing.

    A server of one's own is left alone: its context is often small.
    """
    if spec.provider == "rehearsal" or (spec.provider == "openai" and spec.base_url):
        return 0
    return _THINKING_ROOM


def causes_of(error: BaseException) -> list[BaseException]:
    """An error, what caused it, what caused that, to the first."""
    causes = [error]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)
    return causes


def system_text(request: Request, without: frozenset[Part]) -> str:
    """The stable part, with the schema in words where it cannot be sent as a parameter."""
    if request.schema is None or "schema" not in without:
        return request.system
    return f"{request.system}\n\n{schema_in_words(request.schema)}".strip()


def schema_in_words(schema: Mapping[str, Any]) -> str:
    """What stands in for structured output where a server has none."""
    text = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    return (
        "Answer with one JSON object and nothing else: no prose, no code fence. "
        f"It fits this JSON schema:\n{text}"
    )


def count(value: Any) -> int:
    """A token count as servers give it: absent, null or a number."""
    return int(value) if isinstance(value, int | float) else 0
