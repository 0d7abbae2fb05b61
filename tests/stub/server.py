"""The stub server: `python -m tests.stub.server --port 0 --latency 0.3`, prints its URL."""

import argparse
import asyncio
import json
import socket
import sys
import time
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.stub.answers import answer, kind_of
from tests.stub.batches import Batches
from tests.stub.caching import PromptCache
from tests.stub.control import Control, Seen, digest_of, draws, fault_for
from tests.stub.wires import (
    Asked,
    anthropic_answer,
    error_body,
    has,
    openai_answer,
    read_anthropic,
    read_openai,
)

READ = {"openai": read_openai, "anthropic": read_anthropic}
TOLD = {"openai": openai_answer, "anthropic": anthropic_answer}
STATUSES = frozenset({"400", "401", "403", "404", "429", "500", "503", "529", "quota"})
STRANGE = {
    "html": PlainTextResponse("<html>a proxy's page</html>", media_type="text/html"),
    "error-inside": JSONResponse({"error": {"message": "upstream is down", "code": 502}}),
}
REFUSAL = "I'm sorry, but I can't help with writing this."


class Stub:
    def __init__(self, log: Path | None = None, **wish: Any) -> None:
        self.wish, self.log = wish, log
        self.batches = Batches(self)
        self.reset()

    def reset(self) -> None:
        self.control, self.seen, self.cache = Control(), Seen(), PromptCache()
        self.batches.forget()
        self.control.change(self.wish)

    @property
    def app(self) -> Starlette:
        openai, anthropic = Endpoint(self, "openai"), Endpoint(self, "anthropic")
        return Starlette(
            routes=[
                Route("/chat/completions", openai, methods=["POST"]),
                Route("/v1/chat/completions", openai, methods=["POST"]),
                Route("/v1/messages", anthropic, methods=["POST"]),
                *self.batches.routes,
                Route("/v1/models", self.list_models, methods=["GET"]),
                Route("/control", self.take_control, methods=["POST"]),
                Route("/stats", self.tell, methods=["GET"]),
                Route("/accounts", self.tell_accounts, methods=["GET"]),
                Route("/bodies", self.tell_bodies, methods=["GET"]),
            ]
        )

    async def list_models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": "stub"}, {"id": "stub-large"}]})

    async def take_control(self, request: Request) -> Response:
        wish = await request.json()
        if wish.pop("reset", False):
            self.reset()
        if wish.pop("forget", False):
            self.seen = Seen()
        if wish.pop("end_batches", False):
            self.batches.end()
        try:
            self.control.change(wish)
        except KeyError as error:
            return JSONResponse({"unknown": str(error)}, status_code=400)
        return JSONResponse({"ok": True})

    async def tell(self, request: Request) -> Response:
        return JSONResponse(self.seen.told())

    async def tell_accounts(self, request: Request) -> Response:
        return JSONResponse(self.batches.told())

    async def tell_bodies(self, request: Request) -> Response:
        return JSONResponse(list(self.seen.bodies.values()))

    def note(self, event: str, digest: str) -> None:
        """Appended at once, so that it outlives a kill of either side."""
        if self.log:
            with self.log.open("a", encoding="utf-8") as file:
                file.write(f"{event} {digest}\n")


class Endpoint:
    """Plain ASGI: a fault may cut the connection, which no framework lets one do."""

    def __init__(self, stub: Stub, provider: str) -> None:
        self.stub, self.provider = stub, provider

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        raw = await request.body()
        asked = READ[self.provider](json.loads(raw))
        digest, seen = digest_of(raw), self.stub.seen
        key = key_of(request)
        times = seen.arrive(digest, asked.body, kind_of(asked.schema), key)
        self.stub.note("received", digest)
        try:
            response = await self.respond(asked, digest, times, key, receive)
            if response is None:
                return
            await response(scope, receive, send)
        finally:
            seen.in_flight -= 1
        if response.status_code == 200:
            seen.answered += 1
            seen.answered_times[digest] += 1
            seen.last = time.time()
            self.stub.note("answered", digest)

    async def respond(
        self, asked: Asked, digest: str, times: int, key: str, receive: Receive
    ) -> Response | None:
        control, seen = self.stub.control, self.stub.seen
        denied = self.deny(asked, key)
        if denied is not None:
            return denied
        cached = self.stub.cache.look(asked, control.cache_least)
        draw = draws(control.seed, digest, times)
        fault = fault_for(control, draw)
        spread = control.latency * control.jitter
        ready = time.monotonic() + control.latency + draw.uniform(-spread, spread)
        # Written while the caller waits, as by a server of its own: what it costs is not theirs.
        text = written(answer(asked.schema, asked.said, draw, control.judge, control.voice))
        await asyncio.sleep(max(0.0, ready - time.monotonic()))
        if control.limit and seen.in_flight > control.limit:
            fault = "429"
        if fault != "ok":
            seen.faults[fault if isinstance(fault, str) else "scripted"] += 1
        if isinstance(fault, str) and fault in STATUSES:
            return self.fail(fault, key=key)
        if fault in ("hang", "reset"):
            await (wait_for_goodbye if fault == "hang" else cut)(receive)
            return None
        if isinstance(fault, str) and fault in STRANGE:
            return STRANGE[fault]
        text, stop = spoilt(text, fault)
        self.stub.cache.keep(asked, control.cache_least)
        return JSONResponse(
            TOLD[self.provider](asked, text, stop, seen.requests, *cached),
            headers={"x-request-id": f"req_{digest}", "request-id": f"req_{digest}"},
        )

    def deny(self, asked: Asked, key: str) -> Response | None:
        """What this server does not take, whatever else it is told to do."""
        control = self.stub.control
        if control.key and key != control.key:
            return self.fail("401", key=key)
        for part in control.unsupported:
            if has(asked, part):
                return self.fail(control.unsupported_error, part=part)
        return None

    def fail(self, name: str, **holes: str) -> Response:
        status, body = error_body(self.provider, name, **holes)
        wait = {"retry-after": self.stub.control.retry_after} if status in (429, 529) else {}
        return JSONResponse(body, status_code=status, headers=wait)


def key_of(request: Request) -> str:
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    return request.headers.get("x-api-key") or bearer


def written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def spoilt(text: str, fault: Any) -> tuple[str, str]:
    """The answer with a fault that only its reader can find."""
    if isinstance(fault, dict):
        return fault["text"], fault.get("stop", "end_turn")
    return {
        "refusal": (REFUSAL, "end_turn"),
        "refusal-stop": ("", "refusal"),
        "truncated": (text[: len(text) * 2 // 3], "max_tokens"),
        "prose": ("Here is what I would write, in outline: a slow beginning.", "end_turn"),
        "fenced": (f"Here you are:\n```json\n{text}\n```\nShall I go on?", "end_turn"),
        "empty": ("", "end_turn"),
    }.get(fault, (text, "end_turn"))


async def cut(receive: Receive) -> None:
    """uvicorn's cycle owns the transport; aborting it is a reset for the client."""
    receive.__self__.transport.abort()  # type: ignore[attr-defined]


async def wait_for_goodbye(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def free_socket(host: str, port: int) -> socket.socket:
    # Said to be TCP, or asyncio leaves Nagle's delay on: 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(512)  # whoever reads the address may connect at once
    return listener


def make_server(stub: Stub) -> uvicorn.Server:
    return uvicorn.Server(uvicorn.Config(stub.app, log_level="critical", lifespan="off"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--faults", type=float, default=0.0)
    parser.add_argument("--judge", default="accept")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path)
    said = parser.parse_args()
    stub = Stub(
        said.log, latency=said.latency, faults=said.faults, judge=said.judge, seed=said.seed
    )
    listener = free_socket(said.host, said.port)
    sys.stdout.write(f"http://{said.host}:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    make_server(stub).run(sockets=[listener])


if __name__ == "__main__":
    main()
