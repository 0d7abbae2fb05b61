"""The open connections of one run: one client object a server, shared and closed together."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self
from urllib.parse import urlsplit

import httpx2

from agents.models.specs import Spec
from inscape.errors import MissingKey, SettingsError
from inscape.keys import Keys

SERVERS: Mapping[str, str] = {
    "anthropic": "https://api.anthropic.com",
    "openai": "https://api.openai.com/v1",
}
_CONNECT_SECONDS = 10.0
_NO_KEY = "none"  # the SDKs insist on a key; a server without keys does not look at it


class Closing(Protocol):
    async def close(self) -> None: ...


class Server(NamedTuple):
    provider: str
    url: str
    key: str

    def __repr__(self) -> str:
        return f"Server({self.provider!r}, {self.url!r})"


class Clients:
    def __init__(self) -> None:
        self._open: dict[tuple[Server, float], Closing] = {}

    def of(self, server: Server, timeout: float) -> Any:
        """The SDK's client for this server, made when first asked for."""
        if (server, timeout) not in self._open:
            self._open[server, timeout] = _open(server, timeout)
        return self._open[server, timeout]

    async def close(self) -> None:
        while self._open:
            client = self._open.popitem()[1]
            await client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _open(server: Server, timeout: float) -> Closing:
    """The adapters are imported here: each SDK takes a second to load."""
    limit = httpx2.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS))
    if server.provider == "anthropic":
        from agents.models.anthropic import open_client as open_anthropic

        return open_anthropic(server.url, server.key, limit)
    from agents.models.openai import open_client as open_openai

    return open_openai(server.url, server.key, limit)


def server_of(spec: Spec, keys: Keys) -> Server:
    """The address a spec means, with its key. Only the provider's own server insists on one."""
    ours = spec.provider == "anthropic"
    usual = keys.anthropic_base_url if ours else keys.openai_base_url
    url = (spec.base_url or (usual or "").strip() or SERVERS[spec.provider]).rstrip("/")
    if ours:
        url = url.removesuffix("/v1")  # the SDK adds it, and people write it
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(
            f"Not the address of a server: {spec.provider.upper()}_BASE_URL",
            hint="Write it as http://HOST:PORT/v1",
        )
    home = urlsplit(SERVERS[spec.provider]).hostname
    return Server(spec.provider, url, _key_of(spec, keys, needed=parts.hostname == home))


def _key_of(spec: Spec, keys: Keys, *, needed: bool) -> str:
    name = f"{spec.provider.upper()}_API_KEY"
    key = ((keys.anthropic if spec.provider == "anthropic" else keys.openai) or "").strip()
    if not key and needed:
        raise MissingKey(
            f"No key for {spec.text!r}: {name} is not set",
            hint=f"Set {name}, or try the machinery without a key: --teacher rehearsal",
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise MissingKey(
            f"{name} does not hold a key: it has blanks or characters that no key has",
            hint="Copy the key again",
        )
    return key or _NO_KEY
