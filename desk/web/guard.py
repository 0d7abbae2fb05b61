"""Who may speak to the desk: Host, Origin and token are looked at before anything else is.

A page elsewhere in the same browser can send requests to 127.0.0.1, and by DNS rebinding even under
a name of its own: so the Host must be ours, and what changes anything must come from our own pages.
"""

import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import HTTPException

Scope = Any
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "inscape-desk"
LARGEST_BODY = 1_000_000  # bytes
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
EVERYWHERE = ("0.0.0.0", "::")
TOO_LARGE = "That is more than the desk takes at once."
HARMLESS = ("GET", "HEAD")

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Door:
    """Where the desk listens; `token` is empty on the loopback only."""

    host: str = "127.0.0.1"
    port: int = 8765
    token: str = ""

    def knows(self, host: str) -> bool:
        """Whether a Host header names this desk."""
        name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
        if not name or port != str(self.port):
            return False
        if name in LOOPBACK or name.strip("[]") == self.host:
            return True
        return self.host in EVERYWHERE and _is_address(name)

    def opens_for(self, given: str) -> bool:
        """In constant time, so that a token cannot be found out bit by bit."""
        return not self.token or hmac.compare_digest(given.encode(), self.token.encode())


def is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


class Guard:
    """ASGI middleware, outermost: what it refuses reaches no other code."""

    def __init__(self, app: App, door: Door) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        send = _with_headers(send)
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        refusal = self._refusal(scope, headers)
        if refusal:
            await _answer(send, *refusal)
            return
        if (fresh := self._given(scope)) is not None and self._door.token:
            await _let_in(send, scope, fresh)
            return
        await self._app(scope, _bounded(receive), send)

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> tuple[int, str] | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._door.knows(host):
            return 403, "This desk does not go by that name."
        harmless = scope["method"] in HARMLESS
        if origin != f"http://{host}" and not (harmless and origin is None):
            return 403, "Only the desk's own pages may ask for that."
        if not self._door.opens_for(self._given(scope) or _cookie(headers)):
            return 401, "Open the address with its token, as inscape desk printed it."
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return 413, TOO_LARGE
        return None

    def _given(self, scope: Scope) -> str | None:
        """The token in the address, which a browser sends once."""
        if scope["method"] not in HARMLESS:
            return None
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token")
        return given[0] if given else None


def _cookie(headers: Mapping[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _bounded(receive: Receive) -> Receive:
    """A body sent in pieces has no length beforehand: it is counted as it comes."""
    taken = 0

    async def counted() -> Any:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST_BODY:
            raise HTTPException(413, TOO_LARGE)
        return message

    return counted


def _with_headers(send: Send) -> Send:
    async def sent(message: Any) -> None:
        if message["type"] == "http.response.start":
            there = {key for key, _ in message["headers"]}
            new = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in there]
            message = {**message, "headers": [*message["headers"], *new]}
        await send(message)

    return sent


async def _let_in(send: Send, scope: Scope, token: str) -> None:
    """Keep the token in a cookie and take it out of the address, and so out of the history."""
    rest = parse_qs(scope["query_string"].decode("latin-1"))
    rest.pop("token", None)
    query = f"?{urlencode(rest, doseq=True)}" if rest else ""
    cookie = f"{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/"
    place = "/" + scope["path"].lstrip("/") + query
    headers = [(b"location", place.encode()), (b"set-cookie", cookie.encode())]
    await _answer(send, 303, "", headers)


async def _answer(
    send: Send, status: int, text: str, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    plain = [(b"content-type", b"text/plain; charset=utf-8"), *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": plain})
    await send({"type": "http.response.body", "body": text.encode()})
