"""The one small protocol every language model is reached through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

Purpose = Literal["teach", "revise", "judge", "scout", "draft", "doctor", "probe", "examine"]
StopReason = Literal["end_turn", "max_tokens", "refusal"]


class Message(NamedTuple):
    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True)
class Request:
    """One call. `system` is the stable part (cached by the provider), `messages` what varies.

    `schema` is the JSON schema of the wanted answer, asked for natively where the server has it.
    `nonce` is never sent: it tells a wanted second answer to the same prompt from a repeat.
    `facts` is never sent either: what the rehearsal model needs to compose a stand-in.
    """

    purpose: Purpose
    system: str
    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None
    schema_name: str = "answer"
    max_tokens: int = 4096
    temperature: float | None = None
    nonce: int = 0
    facts: Mapping[str, str] = field(default_factory=dict, compare=False)


class Usage(NamedTuple):
    """Tokens billed; `cached` (read from the provider's cache) is part of `input`."""

    input: int = 0
    output: int = 0
    cached: int = 0


@dataclass(frozen=True)
class Reply:
    """What came back, raw: `text` is kept to the byte, a refusal or a cut answer too.

    `key` is the answer's name in the ledger, where there is one.
    """

    text: str
    stop_reason: StopReason
    usage: Usage = field(default_factory=Usage)
    usd: float | None = None
    model: str = ""
    request_id: str = ""
    key: str = ""


class Model(Protocol):
    """`spec` is what the user wrote (`anthropic:NAME`, `openai:NAME@URL`), never a key."""

    @property
    def spec(self) -> str: ...

    @property
    def is_rehearsal(self) -> bool: ...

    async def ask(self, request: Request) -> Reply:
        """Raises ModelRefusedCall, ModelUnavailable or MissingKey, nothing else on purpose."""
        ...
