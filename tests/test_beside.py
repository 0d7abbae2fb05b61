"""The embedder in a process of its own: the same vectors, and nobody waits for a dead one."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from corpus.beside import Beside
from corpus.embed import Embedder
from inscape.errors import EmbedderGone, SettingsError

TEXTS = [
    "The lamp was out. She lay and waited for her name to come back to her.",
    "He counted the oars twice; the second count was no better.",
    "I do not know yet what I think of the rain.",
]


async def test_its_vectors_are_the_embedders_and_each_comes_to_who_asked() -> None:
    async with Beside() as beside:
        found = await asyncio.gather(
            *(beside.encode([text] * n) for n, text in enumerate(TEXTS, 1))
        )
    assert [len(rows) for rows in found] == [1, 2, 3]
    here = Embedder().encode(TEXTS)
    for rows, own in zip(found, here, strict=True):
        assert rows.dtype == np.float32
        assert (rows @ own).min() > 0.999


async def test_who_waits_for_a_killed_process_is_told_and_the_next_call_starts_another() -> None:
    async with Beside() as beside:
        await beside.load()
        first = beside._process
        assert first is not None
        waiting = asyncio.create_task(beside.encode(TEXTS * 40))
        await asyncio.sleep(0)
        first.kill()
        with pytest.raises(EmbedderGone, match="-9"):
            await waiting
        assert len(await beside.encode(TEXTS)) == 3
        assert beside._process is not first


async def test_an_unknown_model_is_said_as_the_embedder_says_it() -> None:
    async with Beside("no/such-model") as beside:
        with pytest.raises(SettingsError, match="no/such-model") as caught:
            await beside.load()
    assert caught.value.hint


async def test_leaving_ends_it_whoever_still_waits() -> None:
    async with Beside() as beside:
        await beside.load()
        process = beside._process
        waiting = asyncio.create_task(beside.encode(TEXTS * 40))
        await asyncio.sleep(0)
    assert process is not None and process.returncode is not None
    with pytest.raises(asyncio.CancelledError):
        await waiting


STARTS = """
import asyncio
from corpus.beside import Beside
async def main():
    async with Beside() as beside:
        await beside.load()
        print(beside._process.pid, flush=True)
        await asyncio.sleep(100)
asyncio.run(main())
"""


def test_it_does_not_outlive_whoever_started_it() -> None:
    parent = subprocess.Popen([sys.executable, "-c", STARTS], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while _is_there(child):
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.05)


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process}/stat", encoding="utf-8") as state:
        return state.read().rsplit(")", 1)[1].split()[0] != "Z"
