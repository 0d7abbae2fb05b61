"""Batches: calls handed in together and answered within a day at half price, by either provider.

A batch is marked with a word of ours before it is created, so that one whose id never reached us
(the process died, the line broke) is found again at the provider and not created twice.
"""

import contextlib
import dataclasses
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from agents.models.base import Model, Reply, Request
from agents.models.faults import read_refused, scrub, words_of
from agents.models.prices import batch_share
from agents.models.wire import Adapter
from inscape.errors import BatchUnknown, ModelUnavailable, SettingsError

PATIENCE = 600.0
"""Seconds that handing in a large batch, or fetching its results, may take."""

_NONE_HERE = frozenset({404, 405, 410, 501})
_HOW = "Leave out --batch, or choose models of Anthropic or OpenAI"

Missing = Literal["errored", "expired", "canceled"]
"""Why an item has no answer. None of these is charged for."""


class Look(NamedTuple):
    """How far a batch is. `fault`: why the server turned it down as a whole."""

    id: str
    done: int
    ended: bool
    fault: str = ""


class Found(NamedTuple):
    """`id` is "" while no batch is known to be ours; `maybe` is one that must end to tell."""

    id: str = ""
    maybe: Look | None = None


class Result(NamedTuple):
    """One item's end: a reply, or why there is none."""

    number: int
    reply: Reply | None
    missing: Missing = "errored"
    why: str = ""


class Batches(ABC):
    """The batches of one model on one server."""

    most_requests: int
    most_bytes: int

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter

    @property
    def spec(self) -> str:
        return self.adapter.spec

    def item(self, custom_id: str, request: Request) -> dict[str, Any]:
        """A line of the batch, around the body of an ordinary call."""
        return self._item(custom_id, self.adapter.as_sent(request))

    def size(self, request: Request) -> int:
        """Bytes that the request adds to a batch."""
        return len(json.dumps(self.item("0" * 64, request)).encode())

    async def newest(self) -> str:
        """The id of the newest batch there is, "" for none: what is created later stands before it.

        Raises SettingsError where the server has no batches.
        """
        with self.adapter.in_words():
            try:
                page = await self._newest()
            except self.adapter.errors.status as error:
                if read_refused(error, ()).status in _NONE_HERE:
                    raise no_batches(self.spec) from None
                raise
        listed = getattr(page, "data", None)
        if not isinstance(listed, list):  # 200, as some servers answer whatever they do not know
            raise no_batches(self.spec)
        return str(listed[0].id) if listed else ""

    async def create(self, mark: str, requests: Sequence[Request]) -> str:
        """Hand them in; the new batch's id. Their custom ids are `mark` and their numbers.

        Raises ModelRefusedCall when there is no new batch for certain, ModelUnavailable when there
        may be one.
        """
        items = [self.item(f"{mark}-{n}", request) for n, request in enumerate(requests)]
        with self.adapter.in_words():
            batch_id = getattr(await self._create(mark, items), "id", None)
        if not isinstance(batch_id, str):  # a proxy's page, say
            raise self.adapter.unreadable("it is no batch")
        return batch_id

    async def find(self, mark: str, count: int, since: str) -> Found:
        """The batch of this mark and so many requests, among those newer than `since`."""
        with self.adapter.in_words():
            return await self._find(mark, count, since)

    async def look(self, batch_id: str) -> Look:
        """Raises BatchUnknown when the server knows nothing of it, or keeps its results no more."""
        with self._known(batch_id):
            return await self._look(batch_id)

    async def results(self, batch_id: str, mark: str) -> list[Result]:
        """Of an ended batch, in any order, without what is not ours. Raises BatchUnknown too."""
        with self._known(batch_id):
            return [one async for one in self._results(batch_id, mark)]

    @contextlib.contextmanager
    def _known(self, batch_id: str) -> Iterator[None]:
        with self.adapter.in_words():
            try:
                yield
            except self.adapter.errors.status as error:
                refused = read_refused(error, self.adapter.line.secrets)
                if refused.status != 404:
                    raise
                raise self.unknown(batch_id, refused.words) from None

    def unknown(self, batch_id: str, words: str) -> BatchUnknown:
        return BatchUnknown(
            f"The batch {batch_id!r} is not known where {self.spec!r} is served: {words}",
            hint="Use the key it was sent with, or give it up and pay anew with --resume never",
        )

    def answered(self, number: int, body: dict[str, Any], request_id: str) -> Result:
        """An answer read like that of an ordinary call, at a batch's price."""
        try:
            reply = self.adapter.read(body, request_id)
        except ModelUnavailable as error:
            return Result(number, None, why=str(error))
        usd = None if reply.usd is None else reply.usd * batch_share()
        return Result(number, dataclasses.replace(reply, usd=usd))

    def said(self, error: Any) -> str:
        """An error's words, without a key in them."""
        words = words_of(error) if isinstance(error, dict) else str(error or "")
        return scrub(words, self.adapter.line.secrets)

    @abstractmethod
    def _item(self, custom_id: str, body: dict[str, Any]) -> dict[str, Any]: ...
    @abstractmethod
    async def _newest(self) -> Any: ...
    @abstractmethod
    async def _create(self, mark: str, items: Sequence[dict[str, Any]]) -> Any: ...
    @abstractmethod
    async def _find(self, mark: str, count: int, since: str) -> Found: ...
    @abstractmethod
    async def _look(self, batch_id: str) -> Look: ...
    @abstractmethod
    def _results(self, batch_id: str, mark: str) -> AsyncIterator[Result]: ...


def batches_of(model: Model) -> Batches:
    """Raises SettingsError for a model that can have none."""
    from agents.models.anthropic import AnthropicModel
    from agents.models.openai import OpenAIModel

    if isinstance(model, AnthropicModel):
        from agents.models.anthropic_batches import AnthropicBatches

        return AnthropicBatches(model)
    if isinstance(model, OpenAIModel):
        from agents.models.openai_batches import OpenAIBatches

        return OpenAIBatches(model)
    raise no_batches(model.spec)


def no_batches(spec: str) -> SettingsError:
    return SettingsError(f"No batches are taken where {spec!r} is served", hint=_HOW)


def number_of(custom_id: Any, mark: str) -> int | None:
    """An item's number; None for an id that is not of this mark."""
    head, _, number = str(custom_id).rpartition("-")
    return int(number) if head == mark and number.isdecimal() else None
