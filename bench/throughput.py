"""How near a run comes to the bound that latency and concurrency set: 300 examples, two calls each.

    python bench/throughput.py [--examples 300] [--concurrency 16 64] [--latency 0.3] [--rounds 3]
                               [--faults 0.05]

Against the stub server of the tests, in a process of its own, `inscape run` (teacher and judge
over HTTP, one call each) takes turns with a bare loop: asyncio, one semaphore, the same SDK and
bodies, nothing read or written. The bound is 2 × examples × latency / concurrency. A span is from
the first request to the last answer as the server saw them. The book has been read before. With
`--faults` that share of the answers is one of the stub's faults, and only the run is measured: it
asks again until the target is reached, and its sums must add up.
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "examples" / "lamp-and-scale.pdf"
MODELS = ("--teacher", "openai:stub", "--critic", "openai:stub")


# The book is short for so many examples, and the server's texts are about nothing in particular.
WIDE = """[verdicts]
near_duplicate = 1.0
[limits]
per_passage = 60
richness = 0.0
"""


class Measured(NamedTuple):
    """Seconds from first request to last answer; CPU seconds of the client; requests; peak MB."""

    span: float
    cpu: float
    requests: int
    megabytes: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=int, default=300)
    parser.add_argument("--concurrency", type=int, nargs="*", default=[16])
    parser.add_argument("--latency", type=float, default=0.3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--faults", type=float, default=0.0)
    parser.add_argument("--bare", nargs=3, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.bare:
        asyncio.run(bare_loop(said.bare[0], Path(said.bare[1]), int(said.bare[2])))
        return
    with tempfile.TemporaryDirectory() as place:
        shelf = read_book(Path(place))
        for concurrency in said.concurrency:
            compare(Path(place), shelf, said, concurrency)


def read_book(place: Path) -> Path:
    """A project that has read the book, and the bodies that a run sends for the bare loop."""
    shelf = place / "shelf"
    shelf.mkdir()
    (shelf / "inscape.toml").write_text(WIDE, encoding="utf-8")
    with serving(0.0, 0.0) as url:
        inscape(shelf, url, "--target", "1", "--concurrency", "1")
        (place / "bodies.json").write_text(json.dumps(ask(url, "/bodies")), encoding="utf-8")
    return shelf


def compare(place: Path, shelf: Path, said: argparse.Namespace, concurrency: int) -> None:
    bound = 2 * said.examples * said.latency / concurrency
    print(f"\n{said.examples} examples, concurrency {concurrency}, bound {bound:.2f} s")
    runs: dict[str, list[Measured]] = {"run": []} if said.faults else {"bare": [], "run": []}
    for number in range(said.rounds):
        for name in list(runs)[:: 1 if number % 2 else -1]:
            with serving(said.latency, 0.2, said.faults) as url:
                if name == "run":
                    one = measured_run(place, shelf, url, said.examples, concurrency)
                else:
                    one = measured_bare(place, url, said.examples, concurrency)
            runs[name].append(one)
            load = os.getloadavg()[0]
            print(
                f"  {name:5} span {one.span:6.2f} s = {one.span / bound:.3f} × bound, "
                f"CPU {one.cpu:5.1f} s, {one.requests} requests, {one.megabytes:.0f} MB, "
                f"load {load:.1f}",
                flush=True,
            )
    for name, all_ in runs.items():
        span = statistics.median(one.span for one in all_)
        cpu = statistics.median(one.cpu for one in all_)
        print(f"median {name:5} {span:6.2f} s = {span / bound:.3f} × bound, CPU {cpu:.1f} s")


def measured_run(place: Path, shelf: Path, url: str, examples: int, concurrency: int) -> Measured:
    project = place / "project"
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(shelf, project)
    words = ("--target", str(examples), "--concurrency", str(concurrency))
    return measured(url, lambda: inscape(project, url, *words))


def measured_bare(place: Path, url: str, examples: int, concurrency: int) -> Measured:
    words = ["--bare", url, str(place / "bodies.json"), str(examples)]
    environment = {**os.environ, "BARE_CONCURRENCY": str(concurrency)}
    command = [sys.executable, __file__, *words]
    return measured(url, lambda: subprocess.run(command, check=True, env=environment, cwd=ROOT))


def measured(url: str, job: Any) -> Measured:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    job()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    seen = ask(url, "/stats")
    return Measured(seen["seconds"], cpu, seen["requests"], after.ru_maxrss / 1024)


def inscape(project: Path, url: str, *words: str) -> dict[str, Any]:
    environment = {
        **os.environ,
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_KEY": "sk-bench",
        "HF_HUB_OFFLINE": "1",
    }
    command = [sys.executable, "-m", "inscape", "--project", str(project), "run", str(BOOK)]
    command += [*MODELS, "--json", *words]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"exit {done.returncode}: {done.stdout}{done.stderr}")
    report: dict[str, Any] = json.loads(done.stdout)
    ended = sum(report[name] for name in ("accepted", "escalated", "rejected", "failed"))
    if ended != report["assignments"]:
        raise SystemExit(f"the sums do not add up: {report}")
    return report


@contextmanager
def serving(latency: float, jitter: float, faults: float = 0.0) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.stub.server", "--latency", str(latency)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    ask(url, "/control", {"jitter": jitter, "voice": "wide", "retry_after": "0.1"})
    ask(url, "/control", {"faults": faults})
    try:
        yield url
    finally:
        process.terminate()
        process.wait()


def ask(url: str, path: str, wish: dict[str, Any] | None = None) -> Any:
    data = None if wish is None else json.dumps(wish).encode()
    with urllib.request.urlopen(urllib.request.Request(url + path, data), timeout=30) as answer:
        return json.load(answer)


async def bare_loop(url: str, bodies: Path, examples: int) -> None:
    """What a person would write by hand: ask the teacher, then the judge, so many at a time."""
    import openai

    teach, judge = json.loads(bodies.read_text(encoding="utf-8"))[:2]
    client = openai.AsyncOpenAI(api_key="none", base_url=f"{url}/v1", max_retries=0)
    slots = asyncio.Semaphore(int(os.environ["BARE_CONCURRENCY"]))

    async def example(number: int) -> None:
        async with slots:
            for body in (teach, judge):
                await client.chat.completions.with_raw_response.create(
                    **{**body, "user": str(number)}
                )

    began = time.monotonic()
    await asyncio.gather(*(example(number) for number in range(examples)))
    print(f"    (bare: {time.monotonic() - began:.2f} s of its own clock)")
    await client.close()


if __name__ == "__main__":
    main()
