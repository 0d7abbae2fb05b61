"""Message Batches over the official `anthropic` SDK.

Such a batch carries no words of ours and takes no idempotency key: only the custom ids of its
results, when it has ended, say for certain whose it is.
"""

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any

from anthropic.types.messages import MessageBatch

from agents.models.anthropic import AnthropicModel
from agents.models.batches import PATIENCE, Batches, Found, Look, Missing, Result, number_of

_MISSING: dict[str, Missing] = {"expired": "expired", "canceled": "canceled"}


class AnthropicBatches(Batches):
    most_requests = 100_000
    most_bytes = 240_000_000  # 256 MB less what surrounds them

    def __init__(self, adapter: AnthropicModel) -> None:
        super().__init__(adapter)
        self._batches = adapter.client.messages.batches

    def _item(self, custom_id: str, body: dict[str, Any]) -> dict[str, Any]:
        return {"custom_id": custom_id, "params": body}

    async def _newest(self) -> Any:
        return await self._batches.list(limit=1)

    async def _create(self, mark: str, items: Sequence[dict[str, Any]]) -> Any:
        requests: Any = items
        return await self._batches.create(requests=requests, timeout=PATIENCE)

    async def _find(self, mark: str, count: int, since: str) -> Found:
        """Those of as many requests come into question; their first results tell."""
        maybe: Look | None = None
        async for batch in self._batches.list(limit=100):
            if batch.id == since:
                break
            if _size(batch) != count:
                continue
            if batch.processing_status != "ended":
                maybe = _look(batch)
            elif await self._is_ours(batch.id, mark):
                return Found(batch.id)
        return Found(maybe=maybe)

    async def _is_ours(self, batch_id: str, mark: str) -> bool:
        async with contextlib.aclosing(self._lines(batch_id)) as lines:
            async for line in lines:
                return number_of(line["custom_id"], mark) is not None
        return False

    async def _look(self, batch_id: str) -> Look:
        batch = await self._batches.retrieve(batch_id)
        if batch.archived_at is not None:
            raise self.unknown(batch_id, "its results are kept no longer")
        return _look(batch)

    async def _results(self, batch_id: str, mark: str) -> AsyncIterator[Result]:
        async for line in self._lines(batch_id):
            number = number_of(line["custom_id"], mark)
            if number is not None:
                yield self._result(number, line["result"])

    async def _lines(self, batch_id: str) -> AsyncGenerator[dict[str, Any], None]:
        decoder = await self._batches.results(batch_id, timeout=PATIENCE)
        try:
            async for line in decoder:
                yield line.to_dict()
        finally:
            await decoder.close()

    def _result(self, number: int, result: dict[str, Any]) -> Result:
        kind = result["type"]
        if kind == "succeeded":
            message = result["message"]
            return self.answered(number, message, str(message.get("id") or ""))
        why = self.said(result.get("error") or {}) or kind
        return Result(number, None, _MISSING.get(kind, "errored"), why)


def _size(batch: MessageBatch) -> int:
    counts = batch.request_counts
    done = counts.succeeded + counts.errored + counts.canceled + counts.expired
    return counts.processing + done


def _look(batch: MessageBatch) -> Look:
    done = _size(batch) - batch.request_counts.processing
    return Look(batch.id, done, batch.processing_status == "ended")
