"""GPT models, and every server that speaks OpenAI's chat completions, over the official SDK."""

from typing import Any

import httpx2
import openai

from agents.models.base import Reply, Request, StopReason, Usage
from agents.models.clients import SERVERS
from agents.models.prices import usd_of
from agents.models.wire import Adapter, Line, Part, SdkErrors, count, system_text


def open_client(url: str, key: str, timeout: httpx2.Timeout) -> openai.AsyncOpenAI:
    """Over aiohttp, the transport that the SDK offers for many calls at once: a third of the time
    of a call is saved."""
    wire = openai.DefaultAioHttpClient(timeout=timeout)
    return openai.AsyncOpenAI(
        api_key=key, base_url=url, timeout=timeout, max_retries=0, http_client=wire
    )


class OpenAIModel(Adapter):
    key_name = "OPENAI_API_KEY"
    errors = SdkErrors(openai.APIStatusError, openai.OpenAIError)

    def __init__(self, line: Line, client: openai.AsyncOpenAI) -> None:
        super().__init__(line)
        self.client = client
        newer, older = "max_completion_tokens", "max_tokens"
        # OpenAI's own models want the newer name; not every other server knows it.
        self._limits = (newer, older) if line.url == SERVERS["openai"] else (older, newer)

    def parts(self, request: Request) -> tuple[Part, ...]:
        sent: tuple[Part, ...] = ("token limit",)
        sent += ("temperature",) if request.temperature is not None else ()
        sent += ("schema",) if request.schema is not None else ()
        return sent + (("system role",) if request.system else ())

    async def send(self, request: Request, without: frozenset[Part]) -> Reply:
        """Through the SDK's own `post`: its typed `create` walks the whole body against its types,
        a third of the time of a call."""
        body = self.body(request, without)
        path = "/chat/completions"
        response = await self.client.post(path, cast_to=httpx2.Response, body=body)
        return self.read(self.body_of(response), response.headers.get("x-request-id", ""))

    def body(self, request: Request, without: frozenset[Part]) -> dict[str, Any]:
        limit_name = self._limits["token limit" in without]
        body: dict[str, Any] = {
            "model": self.line.spec.name,
            "messages": _messages(request, without),
            limit_name: self.limit(request, without),
        }
        if request.temperature is not None and "temperature" not in without:
            body["temperature"] = request.temperature
        if request.schema is not None and "schema" not in without:
            wanted = {"name": request.schema_name, "schema": dict(request.schema), "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        return body

    def read(self, body: dict[str, Any], request_id: str) -> Reply:
        choices = body.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            raise self.unreadable("it has no choices")
        message = choices[0].get("message") or {}
        refusal = message.get("refusal")
        usage, written = _read_usage(body.get("usage") or {})
        return Reply(
            text=_text_of(refusal or message.get("content")),
            stop_reason="refusal" if refusal else _read_stop(choices[0].get("finish_reason")),
            usage=usage,
            usd=usd_of(self.line.price, usage, written),
            model=str(body.get("model") or self.line.spec.name),
            request_id=request_id,
        )


def _messages(request: Request, without: frozenset[Part]) -> list[dict[str, str]]:
    """The stable part comes first, so that the server's own prefix cache finds it again."""
    turns = [{"role": m.role, "content": m.content} for m in request.messages]
    system = system_text(request, without)
    if not system:
        return turns
    if "system role" not in without:
        return [{"role": "system", "content": system}, *turns]
    first, rest = turns[0], turns[1:]
    return [{"role": "user", "content": f"{system}\n\n{first['content']}"}, *rest]


def _text_of(content: Any) -> str:
    """Usually a string, from some servers a list of parts; reasoning has its own key, unread."""
    if isinstance(content, list):
        return "".join(
            str(part.get("text") or "")
            for part in content
            if isinstance(part, dict) and part.get("type") in ("text", "output_text")
        )
    return str(content or "")


def _read_stop(reason: Any) -> StopReason:
    if reason == "content_filter":
        return "refusal"
    return "max_tokens" if reason == "length" else "end_turn"


def _read_usage(usage: dict[str, Any]) -> tuple[Usage, int]:
    """Also the tokens written to the cache; the prompt's count holds all of them."""
    details = usage.get("prompt_tokens_details") or {}
    cached, written = count(details.get("cached_tokens")), count(details.get("cache_write_tokens"))
    whole = count(usage.get("prompt_tokens"))
    return Usage(whole, count(usage.get("completion_tokens")), cached), written
