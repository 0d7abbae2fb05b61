"""An embedder in a process of its own, of low priority: `python -m corpus.beside NAME`.

In one process the network's threads and a busy event loop take the interpreter from each other,
and every model call waits for it. A line of JSON, the texts, goes in; out come, in the order asked,
a line of JSON and the rows as float32.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Thread
from typing import Self

import numpy as np

from corpus.bundled import Vectors
from corpus.embed import Embedder
from inscape.errors import EmbedderGone, InscapeError, SettingsError

AT_ONCE = 2
_POLITENESS = 10


class Beside:
    """`Embedder.encode` for an event loop; the process is started when first needed.

    It ends with the context, and by itself when whoever started it is gone.
    """

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self._asked: deque[asyncio.Future[Vectors]] = deque()
        self._reading: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """What the first call would load. Raises `SettingsError` when there is no such model."""
        await self.encode(["One text."])

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """One row per text, of length 1. Raises `EmbedderGone` when the process has ended."""
        process = await self._started()
        assert process.stdin is not None
        coming: asyncio.Future[Vectors] = asyncio.get_running_loop().create_future()
        self._asked.append(coming)
        process.stdin.write(json.dumps(list(texts)).encode() + b"\n")
        return await coming

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is None or self._reading is None:
            return
        for coming in self._asked:
            coming.cancel()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._reading

    async def _started(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", "-m", "corpus.beside", self._name),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    # Ctrl-C is not meant for it. In a session of its own Linux would share out the
                    # processors by sessions, and the priority would count for nothing.
                    process_group=0,
                )
                self._reading = asyncio.create_task(self._read(self._process))
            return self._process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Hand out what comes until nothing does; who still waits then is told so."""
        assert process.stdout is not None
        with contextlib.suppress(asyncio.IncompleteReadError):
            while line := await process.stdout.readline():
                head = json.loads(line)
                rows = await process.stdout.readexactly(head.get("bytes", 0))
                coming = self._asked.popleft()
                if coming.cancelled():
                    continue
                if "error" in head:
                    coming.set_exception(SettingsError(head["error"], hint=head["hint"]))
                else:
                    coming.set_result(np.frombuffer(rows, np.float32).reshape(head["shape"]))
        await process.wait()
        gone = EmbedderGone.after(process.returncode)
        while self._asked:
            if not (coming := self._asked.popleft()).cancelled():
                coming.set_exception(gone)


def main(name: str) -> None:
    """Answer until nobody asks any more."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    embedder, coming = Embedder(name), SimpleQueue[Future[Vectors] | None]()
    with contextlib.suppress(InscapeError):  # whoever asks is told
        embedder.load()
    if hasattr(os, "nice"):  # not before: the run waits for the loading
        os.nice(_POLITENESS)
    with ThreadPoolExecutor(AT_ONCE) as pool, contextlib.suppress(BrokenPipeError):
        Thread(target=_take, args=(pool, embedder, coming), daemon=True).start()
        while (one := coming.get()) is not None:
            answers.write(_answer(one))
            answers.flush()


def _take(
    pool: ThreadPoolExecutor, embedder: Embedder, coming: "SimpleQueue[Future[Vectors] | None]"
) -> None:
    for line in sys.stdin.buffer:
        coming.put(pool.submit(embedder.encode, json.loads(line)))
    coming.put(None)


def _answer(coming: "Future[Vectors]") -> bytes:
    try:
        rows = np.ascontiguousarray(coming.result(), np.float32)
    except InscapeError as error:
        return json.dumps({"error": str(error), "hint": error.hint}).encode() + b"\n"
    head = {"shape": rows.shape, "bytes": rows.nbytes}
    return json.dumps(head).encode() + b"\n" + rows.tobytes()


if __name__ == "__main__":
    main(sys.argv[1])
