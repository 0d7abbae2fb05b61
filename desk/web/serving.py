"""The desk on a socket: bound first, so that its address is known before anything is promised."""

import secrets
import socket
import webbrowser
from collections.abc import Callable

import uvicorn

from desk.web.app import make_app
from desk.web.desk import Desk
from desk.web.guard import Door, is_loopback
from inscape.errors import InscapeError

_SHUTDOWN = 3  # seconds that answers under way are waited for


def listen(host: str, port: int) -> tuple[socket.socket, Door]:
    """With a token unless only this machine can reach it. Raises InscapeError when taken."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # Said to be TCP, or asyncio leaves Nagle's delay on: 40 ms an answer.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise _taken(host, port, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise _taken(host, port, error) from error
    token = "" if is_loopback(host) else secrets.token_urlsafe(32)
    return listener, Door(host, listener.getsockname()[1], token)


def _taken(host: str, port: int, error: OSError) -> InscapeError:
    return InscapeError(
        f"The desk cannot listen at {host}:{port}: {error.strerror or error}",
        hint="Choose another with --port, or --port 0 for any that is free",
    )


def address(door: Door) -> str:
    """What to open; the token is in it once, and then in a cookie."""
    name = f"[{door.host}]" if ":" in door.host else door.host
    return f"http://{name}:{door.port}/" + (f"?token={door.token}" if door.token else "")


class Server(uvicorn.Server):
    """Says when it can be reached, and ends what would never end by itself."""

    def __init__(self, config: uvicorn.Config, desk: Desk, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._desk, self._ready = desk, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._desk.closing = True
        await super().shutdown(sockets)


def make_server(desk: Desk, door: Door, ready: Callable[[], None]) -> Server:
    config = uvicorn.Config(
        make_app(desk, door),
        log_level="error",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN,
    )
    return Server(config, desk, ready)


def open_browser(url: str) -> None:
    webbrowser.open(url)
