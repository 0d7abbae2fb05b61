"""What models call the keys and the roles of an example, all as `plain` writes them."""

import re
from typing import Literal

INSTRUCTION = (
    "instruction", "instructions", "prompt", "question", "query", "request", "task", "userprompt",
    "elicitation", "userinstruction",
)  # fmt: skip
INPUT = ("input", "context", "inputs")
OUTPUT = (
    "output", "response", "answer", "completion", "reply", "result", "outputs", "modeloutput",
    "assistantresponse", "aianswer", "airesponse", "monologue", "innermonologue", "text",
    "content", "generation",
)  # fmt: skip
LIST = (
    "conversations", "conversation", "messages", "turns", "dialogue", "dialog", "exchanges", "chat",
    "exchange", "transcript",
)  # fmt: skip
ROLE = (
    "from", "role", "speaker", "author", "sender", "who", "name", "participant", "party", "type",
)  # fmt: skip
TEXT = (
    "value", "content", "text", "message", "utterance", "body", "says", "said", "output",
    "response", "reply", "answer", "speech", "line", "spoken", "visible", "visibleresponse",
    "parts",
)  # fmt: skip
THINKING = (
    "thinking", "think", "thought", "thoughts", "innerthoughts", "innerthinking", "innerprocess",
    "internalthoughts", "internalprocess", "thinkingprocess", "visiblethinking",
)  # fmt: skip
MESSAGE_THINKING = (
    *THINKING, "reasoning", "reasoningcontent", "innermonologue", "internalmonologue", "inner",
    "internal",
)  # fmt: skip
STATE = ("state", "innerstate", "internalstate")
_USER = frozenset({
    "human", "user", "person", "interlocutor", "questioner", "client", "visitor", "humanuser",
    "prompter", "customer", "friend", "question", "prompt", "instruction", "you", "q", "asker",
})  # fmt: skip
_ASSISTANT = frozenset({
    "assistant", "ai", "gpt", "model", "bot", "chatbot", "claude", "chatgpt", "llm", "agent",
    "aiassistant", "assistantai", "gemini", "languagemodel", "aimodel", "response", "answer",
    "reply", "machine", "output", "completion", "a", "responder",
})  # fmt: skip
_DROPPED = frozenset({"system", "developer", "tool"})
_THINKER = frozenset(MESSAGE_THINKING) | {
    f"{who}{what}" for who in ("assistant", "ai", "model") for what in ("thinking", "thoughts")
}
NOTHING = frozenset({"", "none", "null", "n/a", "na", "nan", "empty"})
KEYS = frozenset(
    (*INSTRUCTION, *INPUT, *OUTPUT, *LIST, *ROLE, *TEXT, *MESSAGE_THINKING, *STATE)
) | {"human", "assistant", "user"}

_SIDE = re.compile(
    r"(human|user|assistant|ai|model)"
    r"(?:message|response|reply|turn|text|utterance|prompt|says|said|answer|content|question)"
)

Kind = Literal["user", "assistant", "thinking", "dropped"]


def kind_of_role(who: str) -> Kind | None:
    name = plain(who).rstrip("0123456789")
    side = _SIDE.fullmatch(name)
    name = side[1] if side else name
    if name in _DROPPED:
        return "dropped"
    if name in _THINKER:
        return "thinking"
    if name in _USER:
        return "user"
    return "assistant" if name in _ASSISTANT else None


def plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
