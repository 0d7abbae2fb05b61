"""The two wire formats: what is asked in either, and an answer or an error as either tells it."""

import json
import re
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """A request, whichever format it came in."""

    provider: str
    body: dict[str, Any]
    system: str
    said: str
    schema: dict[str, Any] | None
    native: bool


def read_openai(body: dict[str, Any]) -> Asked:
    messages = body.get("messages", [])
    system = "\n".join(m["content"] for m in messages if m["role"] == "system")
    said = "\n".join(str(m["content"]) for m in messages if m["role"] != "system")
    wanted = body.get("response_format") or {}
    native = wanted.get("type") == "json_schema"
    schema = wanted["json_schema"]["schema"] if native else schema_in(system or said)
    return Asked("openai", body, system, said, schema, native)


def read_anthropic(body: dict[str, Any]) -> Asked:
    system = body.get("system") or ""
    if isinstance(system, list):
        system = "\n".join(block["text"] for block in system)
    said = "\n".join(str(m["content"]) for m in body.get("messages", []))
    wanted = (body.get("output_config") or {}).get("format") or {}
    native = wanted.get("type") == "json_schema"
    return Asked(
        "anthropic", body, system, said, wanted["schema"] if native else schema_in(system), native
    )


def schema_in(text: str) -> dict[str, Any] | None:
    """A schema given in words stands at the end of the system prompt."""
    found = re.search(r"JSON schema:\s*(\{.*)", text, re.DOTALL)
    return json.JSONDecoder().raw_decode(found[1])[0] if found else None


def tokens(text: str) -> int:
    return max(1, len(text) // 4)


def has(asked: Asked, part: str) -> bool:
    if part == "system":
        return any(m["role"] == "system" for m in asked.body.get("messages", []))
    return part in asked.body or (part == "cache_control" and part in json.dumps(asked.body))


def openai_answer(
    asked: Asked, text: str, stop: str, number: int, cached: int = 0, _: int = 0
) -> dict[str, Any]:
    finish = {"end_turn": "stop", "max_tokens": "length", "refusal": "stop"}[stop]
    refused = stop == "refusal"
    prompt, out = tokens(asked.system + asked.said), tokens(text)
    message = {
        "role": "assistant",
        "content": None if refused else text,
        "refusal": text or "I can't help with that." if refused else None,
        "reasoning_content": "Reasoning of the stub, which is not the answer.",
    }
    return {
        "id": f"chatcmpl-stub-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": asked.body.get("model", ""),
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": out,
            "total_tokens": prompt + out,
            "prompt_tokens_details": {"cached_tokens": cached},
        },
    }


def anthropic_answer(
    asked: Asked, text: str, stop: str, number: int, cached: int = 0, written: int = 0
) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [
        {"type": "thinking", "thinking": "Thinking of the stub, not the answer.", "signature": "s"}
    ]
    blocks += [{"type": "text", "text": text}] if text else []
    return {
        "id": f"msg_stub_{number}",
        "type": "message",
        "role": "assistant",
        "model": asked.body.get("model", ""),
        "content": blocks if text else [],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {
            "input_tokens": tokens(asked.said) + tokens(asked.system) - cached - written,
            "output_tokens": tokens(text),
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": cached,
        },
    }


ERRORS = {
    "400": (400, "invalid_request_error", "messages: this request cannot be used"),
    "401": (401, "authentication_error", "invalid x-api-key: {key}"),
    "403": (403, "permission_error", "Your key may not use this model"),
    "404": (404, "not_found_error", "model: no such model"),
    "429": (429, "rate_limit_error", "Too many requests"),
    "500": (500, "api_error", "Internal server error"),
    "503": (503, "api_error", "Service unavailable"),
    "529": (529, "overloaded_error", "Overloaded"),
    "quota": (429, "insufficient_quota", "You exceeded your current quota"),
    "schema": (400, "invalid_request_error", "{part}: Extra inputs are not permitted"),
    "part": (400, "invalid_request_error", "Unsupported parameter: '{part}' is not supported"),
    "role": (400, "invalid_request_error", "System role not supported"),
    "unnamed": (400, "invalid_request_error", "Bad Request"),
}


def error_body(provider: str, name: str, **holes: str) -> tuple[int, dict[str, Any]]:
    status, kind, message = ERRORS[name]
    for hole, text in holes.items():
        message = message.replace(f"{{{hole}}}", text)
    if provider == "anthropic":
        return status, {"type": "error", "error": {"type": kind, "message": message}}
    code = kind if name == "quota" else None
    error = {"message": message, "type": kind, "param": holes.get("part"), "code": code}
    return status, {"error": error}
