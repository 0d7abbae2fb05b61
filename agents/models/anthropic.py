"""Claude models over the official `anthropic` SDK."""

from typing import Any

import anthropic
import httpx2

from agents.models.base import Reply, Request, StopReason, Usage
from agents.models.prices import usd_of
from agents.models.wire import Adapter, Line, Part, SdkErrors, count, system_text

_CUT = frozenset({"max_tokens", "model_context_window_exceeded"})


def open_client(url: str, key: str, timeout: httpx2.Timeout) -> anthropic.AsyncAnthropic:
    """Over aiohttp, as for OpenAI. `open_telemetry=False`: a book's text is not for tracing; it
    costs time as well."""
    wire = anthropic.DefaultAioHttpClient(timeout=timeout)
    return anthropic.AsyncAnthropic(
        api_key=key,
        base_url=url,
        timeout=timeout,
        max_retries=0,
        open_telemetry=False,
        http_client=wire,
    )


class AnthropicModel(Adapter):
    key_name = "ANTHROPIC_API_KEY"
    errors = SdkErrors(anthropic.APIStatusError, anthropic.AnthropicError)

    def __init__(self, line: Line, client: anthropic.AsyncAnthropic) -> None:
        super().__init__(line)
        self.client = client

    def parts(self, request: Request) -> tuple[Part, ...]:
        sent: tuple[Part, ...] = ("token limit",)
        sent += ("cache mark",) if request.system else ()
        sent += ("schema",) if request.schema is not None else ()
        return sent + (("temperature",) if request.temperature is not None else ())

    async def send(self, request: Request, without: frozenset[Part]) -> Reply:
        body = self.body(request, without)
        # No longer a parameter of the SDK: newer models do without, older ones take it.
        more = {"temperature": body.pop("temperature")} if "temperature" in body else None
        raw = await self.client.messages.with_raw_response.create(**body, extra_body=more)
        response = raw.http_response
        return self.read(self.body_of(response), response.headers.get("request-id", ""))

    def body(self, request: Request, without: frozenset[Part]) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.line.spec.name,
            "max_tokens": self.limit(request, without),
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        }
        system = system_text(request, without)
        if system:
            mark = {} if "cache mark" in without else {"cache_control": {"type": "ephemeral"}}
            body["system"] = [{"type": "text", "text": system, **mark}]
        if request.schema is not None and "schema" not in without:
            wanted = {"type": "json_schema", "schema": dict(request.schema)}
            body["output_config"] = {"format": wanted}
        if request.temperature is not None and "temperature" not in without:
            body["temperature"] = request.temperature
        return body

    def read(self, body: dict[str, Any], request_id: str) -> Reply:
        blocks = body.get("content")
        if not isinstance(blocks, list):
            raise self.unreadable("it has no content")
        usage, written = _read_usage(body.get("usage") or {})
        return Reply(
            text="".join(_text_of(block) for block in blocks),
            stop_reason=_read_stop(body.get("stop_reason")),
            usage=usage,
            usd=usd_of(self.line.price, usage, written),
            model=str(body.get("model") or self.line.spec.name),
            request_id=request_id,
        )


def _text_of(block: Any) -> str:
    """Thinking is not the answer: only blocks of text are."""
    if not isinstance(block, dict) or block.get("type") != "text":
        return ""
    return str(block.get("text") or "")


def _read_stop(reason: Any) -> StopReason:
    if reason == "refusal":
        return "refusal"
    return "max_tokens" if reason in _CUT else "end_turn"


def _read_usage(usage: dict[str, Any]) -> tuple[Usage, int]:
    """Also the tokens written to the cache; `input_tokens` counts neither these nor those read."""
    read = count(usage.get("cache_read_input_tokens"))
    written = count(usage.get("cache_creation_input_tokens"))
    total = count(usage.get("input_tokens")) + read + written
    return Usage(total, count(usage.get("output_tokens")), read), written
