"""What a person writes to name a model: `anthropic:NAME`, `openai:NAME@URL`, `rehearsal`."""

import re
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from inscape.errors import UsageError

Provider = Literal["anthropic", "openai", "rehearsal"]

_KNOWN = "anthropic:MODEL, openai:MODEL, openai:MODEL@BASE_URL or rehearsal"
_HOST = re.compile(r"(localhost|\d+\.\d+\.\d+\.\d+|[\w-]+(\.[\w-]+)+|[\w-]+:\d+)(:\d+)?(/\S*)?")


class Spec(NamedTuple):
    """`base_url` is "" unless the spec itself names a server."""

    provider: Provider
    name: str
    base_url: str = ""

    @property
    def text(self) -> str:
        if self.provider == "rehearsal":
            return "rehearsal"
        return f"{self.provider}:{self.name}" + (f"@{self.base_url}" if self.base_url else "")


def parse_spec(text: str) -> Spec:
    """Raises UsageError: a spec comes from an option or the settings file."""
    text = text.strip()
    if text == "rehearsal":
        return Spec("rehearsal", "rehearsal")
    provider, _, rest = text.partition(":")
    name, base_url = _split_server(rest.strip())
    if provider not in ("anthropic", "openai") or not name or re.search(r"\s", name):
        raise UsageError(f"Not a model: {text!r}", hint=f"Write {_KNOWN}")
    return Spec("anthropic" if provider == "anthropic" else "openai", name, base_url)


def _split_server(rest: str) -> tuple[str, str]:
    """A model's own name may hold `@` and `:`, so only `@http…` starts a server's address."""
    found = re.search(r"@(?=https?://)", rest, re.IGNORECASE)
    if found is None:
        _see_no_bare_host(rest)
        return rest, ""
    url = rest[found.end() :].rstrip("/")
    parts = urlsplit(url)
    if not parts.hostname:
        raise UsageError(f"Not a server's address: {url!r}", hint="Write it as http://HOST:PORT/v1")
    if parts.username or parts.query or parts.fragment:
        raise UsageError(
            f"The address of a model's server holds more than a server: {parts.hostname!r}",
            hint="Leave out user, password and query; a key goes into OPENAI_API_KEY",
        )
    return rest[: found.start()], url


def _see_no_bare_host(rest: str) -> None:
    name, _, after = rest.rpartition("@")
    if name and _HOST.fullmatch(after):
        raise UsageError(
            f"The server {after!r} of a model has no scheme",
            hint=f"Write {name}@http://{after} or {name}@https://{after}",
        )
