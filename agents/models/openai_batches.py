"""Batches over the official `openai` SDK: a file of requests; the batch of it bears our mark."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal

from openai.types import Batch

from agents.models.batches import PATIENCE, Batches, Found, Look, Missing, Result, number_of
from agents.models.openai import OpenAIModel

_ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
_MARK = "inscape"
_OVER = frozenset({"completed", "expired", "cancelled", "failed"})
_MISSING: dict[str, Missing] = {"batch_expired": "expired", "batch_cancelled": "canceled"}


class OpenAIBatches(Batches):
    most_requests = 50_000
    most_bytes = 190_000_000  # 200 MB, with room to spare

    def __init__(self, adapter: OpenAIModel) -> None:
        super().__init__(adapter)
        self._client = adapter.client

    def _item(self, custom_id: str, body: dict[str, Any]) -> dict[str, Any]:
        return {"custom_id": custom_id, "method": "POST", "url": _ENDPOINT, "body": body}

    async def _newest(self) -> Any:
        return await self._client.batches.list(limit=1)

    async def _create(self, mark: str, items: Sequence[dict[str, Any]]) -> Any:
        """A file that is left without a batch costs nothing, and goes by itself after a month."""
        lines = "\n".join(json.dumps(item) for item in items).encode()
        file = await self._client.files.create(
            file=(f"inscape-{mark}.jsonl", lines), purpose="batch", timeout=PATIENCE
        )
        return await self._client.batches.create(
            input_file_id=file.id,
            endpoint=_ENDPOINT,
            completion_window="24h",
            metadata={_MARK: mark},
            timeout=PATIENCE,
        )

    async def _find(self, mark: str, count: int, since: str) -> Found:
        async for batch in self._client.batches.list(limit=100):
            if batch.id == since:
                break
            if (batch.metadata or {}).get(_MARK) == mark:
                return Found(batch.id)
        return Found()

    async def _look(self, batch_id: str) -> Look:
        batch = await self._client.batches.retrieve(batch_id)
        counts = batch.request_counts
        done = counts.completed + counts.failed if counts else 0
        return Look(batch.id, done, batch.status in _OVER, self._fault(batch))

    def _fault(self, batch: Batch) -> str:
        if batch.status != "failed":
            return ""
        faults = (batch.errors.data or []) if batch.errors else []
        said = "; ".join(dict.fromkeys(str(one.message or one.code) for one in faults))
        return self.said(said) or "it does not say why"

    async def _results(self, batch_id: str, mark: str) -> AsyncIterator[Result]:
        batch = await self._client.batches.retrieve(batch_id)
        if batch.request_counts and batch.request_counts.completed and not batch.output_file_id:
            raise self.adapter.unreadable("its answers are not there yet")
        for file_id in filter(None, (batch.output_file_id, batch.error_file_id)):
            content = await self._client.files.content(file_id, timeout=PATIENCE)
            for text in filter(None, content.text.split("\n")):
                line = json.loads(text)
                number = number_of(line.get("custom_id"), mark)
                if number is not None:
                    yield self._result(number, line)

    def _result(self, number: int, line: dict[str, Any]) -> Result:
        response, error = line.get("response") or {}, line.get("error")
        body = response.get("body")
        if error is None and response.get("status_code") == 200 and isinstance(body, dict):
            return self.answered(number, body, str(response.get("request_id") or ""))
        code = str((error or {}).get("code") or "")
        return Result(number, None, _MISSING.get(code, "errored"), self.said(error or body) or code)
