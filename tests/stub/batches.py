"""The batches of both providers: kept by the server, so that they outlive a client that is killed.

What is asked is answered when the batch ends, from the same draws as a single call, and only an
answer is charged. `Seen.batches` has the accounts: how often each body was handed in, how often it
was answered, and how many batches there were of one mark (the common part of the custom ids).
"""

import asyncio
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.stub.answers import answer
from tests.stub.control import Control, digest_of
from tests.stub.wires import (
    anthropic_answer,
    error_body,
    has,
    openai_answer,
    read_anthropic,
    read_openai,
)

if TYPE_CHECKING:
    from tests.stub.server import Stub

READ = {"openai": read_openai, "anthropic": read_anthropic}
TOLD = {"openai": openai_answer, "anthropic": anthropic_answer}
OUTCOMES = ("errored", "expired", "canceled")


@dataclass
class Batch:
    """`items` are the lines as they were handed in, `ended` the lines as they came out."""

    provider: str
    number: int
    items: list[dict[str, Any]]
    ends: float
    metadata: dict[str, str]
    file: str = ""
    made: float = field(default_factory=time.time)
    fault: str = ""
    told: int = 0
    ended: list[dict[str, Any]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"msgbatch_stub_{self.number}" if self.provider == "anthropic" else self._openai_id

    @property
    def _openai_id(self) -> str:
        return f"batch_stub_{self.number}"

    @property
    def mark(self) -> str:
        return str(self.items[0]["custom_id"]).rpartition("-")[0]

    @property
    def is_over(self) -> bool:
        return time.time() >= self.ends

    def count(self, kind: str) -> int:
        return sum(line["stub"] == kind for line in self.ended)


class Batches:
    """`Stub.batches`: what the server keeps."""

    def __init__(self, stub: "Stub") -> None:
        self.stub = stub
        self.forget()

    def forget(self) -> None:
        self.all: list[Batch] = []
        self.files: dict[str, bytes] = {}

    def end(self) -> None:
        """Now, however long they were to take."""
        for batch in self.all:
            batch.ends = min(batch.ends, time.time())

    @property
    def routes(self) -> list[Route]:
        ours, theirs = "/v1/messages/batches", "/v1/batches"
        return [
            Route(ours, self.make_anthropic, methods=["POST"]),
            Route(ours, self.list_anthropic, methods=["GET"]),
            Route(f"{ours}/{{id}}", self.show, methods=["GET"]),
            Route(f"{ours}/{{id}}/results", self.results, methods=["GET"]),
            Route("/v1/files", self.upload, methods=["POST"]),
            Route("/v1/files/{id}/content", self.download, methods=["GET"]),
            Route(theirs, self.make_openai, methods=["POST"]),
            Route(theirs, self.list_openai, methods=["GET"]),
            Route(f"{theirs}/{{id}}", self.show, methods=["GET"]),
        ]

    def told(self) -> dict[str, Any]:
        """The accounts."""
        seen = self.stub.seen
        marks = [batch.mark for batch in self.all]
        return {
            "batches": len(self.all),
            "items": [len(batch.items) for batch in self.all],
            "marks_twice": len(marks) - len(set(marks)),
            "handed_in": dict(seen.handed_in),
            "charged": dict(seen.charged),
            "missing": dict(seen.missing),
        }

    async def make_anthropic(self, request: Request) -> Response:
        body = await request.json()
        return await self._make("anthropic", body["requests"], {}, "")

    async def make_openai(self, request: Request) -> Response:
        body = await request.json()
        lines = self.files[body["input_file_id"]].split(b"\n")
        items = [json.loads(line) for line in lines if line]
        return await self._make("openai", items, body.get("metadata") or {}, body["input_file_id"])

    async def _make(
        self, provider: str, items: list[dict[str, Any]], metadata: dict[str, str], file: str
    ) -> Response:
        """The batch is there before the answer leaves: `batch_hold` is the time between."""
        control = self.stub.control
        if (denied := self._denied(provider)) is not None:
            return denied
        fault = control.batch_script.pop(0) if control.batch_script else ""
        if fault == "500":
            status, body = error_body(provider, "500")
            return JSONResponse(body, status_code=status)
        number = len(self.all) + 1
        ends = time.time() + control.batch_seconds
        batch = Batch(provider, number, items, ends, metadata, file)
        batch.fault = fault if fault not in ("", "lost") else ""
        self.all.append(batch)
        for item in items:
            self.stub.seen.handed_in[digest_of(_body(item))] += 1
        await asyncio.sleep(control.batch_hold)
        if fault == "lost":
            return Response(status_code=504)
        return JSONResponse(self._shown(batch))

    async def list_anthropic(self, request: Request) -> Response:
        return self._denied("anthropic") or self._listed(request, "anthropic", "after_id")

    async def list_openai(self, request: Request) -> Response:
        return self._denied("openai") or self._listed(request, "openai", "after")

    def _listed(self, request: Request, provider: str, cursor: str) -> Response:
        """Newest first."""
        found = [one for one in self.all[::-1] if one.provider == provider]
        after = request.query_params.get(cursor)
        if after:
            found = found[[one.id for one in found].index(after) + 1 :]
        limit = int(request.query_params.get("limit", "20"))
        page = [self._shown(one) for one in found[:limit]]
        ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {}
        more = {"object": "list", "data": page, "has_more": len(found) > limit}
        return JSONResponse({"first_id": None, "last_id": None, **ends, **more})

    async def show(self, request: Request) -> Response:
        batch = self._known(request.path_params["id"])
        if batch is None:
            return JSONResponse({"error": {"message": "No such batch"}}, status_code=404)
        return JSONResponse(self._shown(batch, str(request.base_url)))

    async def results(self, request: Request) -> Response:
        batch = self._known(request.path_params["id"])
        assert batch is not None
        self._end(batch)
        return PlainTextResponse(_lines(batch, (*OUTCOMES, "succeeded")))

    async def upload(self, request: Request) -> Response:
        if (denied := self._denied("openai")) is not None:
            return denied
        name, data = _file(request.headers["content-type"], await request.body())
        key = f"file-stub-{len(self.files) + 1}"
        self.files[key] = data
        told = {"id": key, "object": "file", "bytes": len(data), "created_at": int(time.time())}
        more = {"filename": name, "purpose": "batch", "status": "processed"}
        return JSONResponse(told | more)

    async def download(self, request: Request) -> Response:
        kind, _, batch_id = request.path_params["id"].partition("-of-")
        batch = self._known(batch_id)
        assert batch is not None
        return PlainTextResponse(_lines(batch, ("succeeded",) if kind == "output" else OUTCOMES))

    def _denied(self, provider: str) -> Response | None:
        if self.stub.control.batches:
            return None
        status, body = error_body(provider, "404")
        return JSONResponse(body, status_code=status)

    def _known(self, batch_id: str) -> Batch | None:
        return next((one for one in self.all if one.id == batch_id), None)

    def _end(self, batch: Batch) -> None:
        """Once: every item's end is drawn from its body and how often it was handed in."""
        if not batch.is_over or batch.ended or batch.fault:
            return
        for item in batch.items:
            batch.ended.append(self._ended(batch, item))

    def _ended(self, batch: Batch, item: dict[str, Any]) -> dict[str, Any]:
        control, seen = self.stub.control, self.stub.seen
        raw = _body(item)
        digest = digest_of(raw)
        draw = random.Random(f"{control.seed}|{digest}|{seen.handed_in[digest]}")
        asked = READ[batch.provider](json.loads(raw))
        strange = [part for part in control.unsupported if has(asked, part)]
        kind = "errored" if strange else _outcome(control, draw)
        (seen.charged if kind == "succeeded" else seen.missing)[digest] += 1
        said = answer(asked.schema, asked.said, draw, control.judge, control.voice)
        text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        message = TOLD[batch.provider](asked, text, "end_turn", 2)
        name, part = (control.unsupported_error, strange[0]) if strange else ("500", "")
        error = error_body(batch.provider, name, part=part)
        make = _anthropic_line if batch.provider == "anthropic" else _openai_line
        return {"stub": kind} | make(str(item["custom_id"]), kind, message, error)

    def _shown(self, batch: Batch, base: str = "http://stub/") -> dict[str, Any]:
        self._end(batch)
        if batch.provider == "anthropic":
            return _anthropic(batch, base)
        shown = _openai(batch)
        if shown["output_file_id"] and batch.told > 1 and self.stub.control.batch_late:
            self.stub.control.batch_late -= 1
            shown["output_file_id"] = None
        batch.told += 1
        return shown


def _outcome(control: Control, draw: random.Random) -> str:
    dice = draw.random()
    for name in OUTCOMES:
        dice -= control.batch_missing.get(name, 0.0)
        if dice < 0:
            return name
    return "succeeded"


def _body(item: dict[str, Any]) -> bytes:
    return json.dumps(item.get("params") or item["body"], sort_keys=True).encode()


Told = tuple[int, dict[str, Any]]


def _anthropic_line(
    custom_id: str, kind: str, message: dict[str, Any], error: Told
) -> dict[str, Any]:
    result: dict[str, Any] = {"type": kind}
    if kind == "succeeded":
        result["message"] = message
    if kind == "errored":
        result["error"] = error[1]
    return {"custom_id": custom_id, "result": result}


def _openai_line(custom_id: str, kind: str, message: dict[str, Any], error: Told) -> dict[str, Any]:
    line: dict[str, Any] = {"id": f"req_{custom_id}", "custom_id": custom_id}
    if kind == "succeeded":
        response = {"status_code": 200, "request_id": f"req_{custom_id}", "body": message}
        return line | {"response": response, "error": None}
    if kind == "errored":
        status, body = error
        return line | {"response": {"status_code": status, "body": body}, "error": None}
    code = {"expired": "batch_expired", "canceled": "batch_cancelled"}[kind]
    return line | {"response": None, "error": {"code": code, "message": "Not carried out"}}


def _lines(batch: Batch, kinds: tuple[str, ...]) -> str:
    """Never in the order they were handed in."""
    lines = [line for line in batch.ended[::-1] if line["stub"] in kinds]
    told = ({key: value for key, value in line.items() if key != "stub"} for line in lines)
    return "\n".join(_dumped(told))


def _dumped(lines: Iterator[dict[str, Any]]) -> list[str]:
    return [json.dumps(line) for line in lines]


def _anthropic(batch: Batch, base: str) -> dict[str, Any]:
    kinds = ("succeeded", *OUTCOMES)
    over = batch.is_over
    counts = {kind: batch.count(kind) for kind in kinds}
    return {
        "id": batch.id,
        "type": "message_batch",
        "processing_status": "ended" if over else "in_progress",
        "request_counts": counts | {"processing": 0 if over else len(batch.items)},
        "created_at": _rfc(batch.made),
        "expires_at": _rfc(batch.made + 86400),
        "ended_at": _rfc(batch.ends) if over else None,
        "results_url": f"{base}v1/messages/batches/{batch.id}/results" if over else None,
        "archived_at": None,
        "cancel_initiated_at": None,
    }


def _openai(batch: Batch) -> dict[str, Any]:
    over = batch.is_over
    status = "completed" if over else "in_progress"
    share = min(1.0, (time.time() - batch.made) / max(1e-6, batch.ends - batch.made))
    done = batch.count("succeeded") if over else int(share * len(batch.items))
    failed = len(batch.ended) - batch.count("succeeded")
    shown: dict[str, Any] = {
        "id": batch.id,
        "object": "batch",
        "endpoint": "/v1/chat/completions",
        "input_file_id": batch.file,
        "completion_window": "24h",
        "status": "failed" if batch.fault else status,
        "created_at": int(batch.made),
        "metadata": batch.metadata,
        "request_counts": {"total": len(batch.items), "completed": done, "failed": failed},
        "output_file_id": f"output-of-{batch.id}" if over and done else None,
        "error_file_id": f"error-of-{batch.id}" if over and failed else None,
    }
    if batch.fault:
        shown["errors"] = {"object": "list", "data": [{"code": "x", "message": batch.fault}]}
    return shown


def _rfc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def _file(content_type: str, raw: bytes) -> tuple[str, bytes]:
    """The one file of a multipart form."""
    form = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + raw)
    for part in form.walk():
        if part.get_filename():
            data = part.get_payload(decode=True)
            assert isinstance(data, bytes)
            return str(part.get_filename()), data
    raise ValueError("no file in the form")
