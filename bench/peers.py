"""The same work by Inscape, by hand, by distilabel and by curator, in one run, interleaved.

    python -m venv dl && dl/bin/pip install 'distilabel[openai]==1.5.3' requests
    python -m venv cu && cu/bin/pip install bespokelabs-curator==0.1.31
    python -m bench.peers --distilabel dl/bin/python --curator cu/bin/python \\
        [--examples 300] [--concurrency 16 64] [--rounds 3] [--out results.json]

Teacher and judge for every example against the stub server of the tests. Inscape embeds every
draft, checks it, compares it with what was accepted and writes a store; the others only pass texts
on. A span is from the first request to the last answer as the server saw them, `wall` the whole
process.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.throughput import ROOT, ask, measured_bare, measured_run, read_book, serving

Job = Callable[[str, int], None]


def main() -> None:
    said = arguments()
    draw = random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        shelf = read_book(place)
        for concurrency in said.concurrency:
            rows: dict[str, list[dict[str, float]]] = {}
            for _ in range(said.rounds):
                jobs = list(jobs_of(said, place, shelf).items())
                draw.shuffle(jobs)
                for peer, job in jobs:
                    rows.setdefault(peer, []).append(timed(job, said, concurrency))
                    print(peer, json.dumps(rows[peer][-1]), file=sys.stderr, flush=True)
            tell(rows, said, concurrency)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--distilabel", help="the interpreter of its environment")
    parser.add_argument("--curator", help="the interpreter of its environment")
    parser.add_argument("--examples", type=int, default=300)
    parser.add_argument("--concurrency", type=int, nargs="*", default=[16, 64])
    parser.add_argument("--latency", type=float, default=0.3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="write all figures here as JSON")
    return parser.parse_args()


def jobs_of(said: argparse.Namespace, place: Path, shelf: Path) -> Mapping[str, Job]:
    def peer(python: str, script: str) -> Job:
        def run(url: str, concurrency: int) -> None:
            words = [f"{url}/v1", str(place / "bodies.json"), str(said.examples), str(concurrency)]
            done = subprocess.run(
                [str(Path(python).absolute()), str(ROOT / "bench" / script), *words],
                cwd=place,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise SystemExit(done.stderr[-2000:])

        return run

    jobs: dict[str, Job] = {
        "inscape": lambda url, c: void(measured_run(place, shelf, url, said.examples, c)),
        "by hand": lambda url, c: void(measured_bare(place, url, said.examples, c)),
    }
    if said.distilabel:
        jobs["distilabel"] = peer(said.distilabel, "peer_distilabel.py")
    if said.curator:
        jobs["curator"] = peer(said.curator, "peer_curator.py")
    return jobs


def void(_: object) -> None:
    """For jobs that measure more than is wanted here."""


def timed(job: Job, said: argparse.Namespace, concurrency: int) -> dict[str, float]:
    with serving(said.latency, 0.2) as url:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        job(url, concurrency)
        wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        seen = ask(url, "/stats")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    figures = {"span": seen["seconds"], "wall": wall, "cpu": cpu, "requests": seen["requests"]}
    return {name: round(value, 2) for name, value in figures.items()}


def tell(
    rows: Mapping[str, list[dict[str, float]]], said: argparse.Namespace, concurrency: int
) -> None:
    bound = 2 * said.examples * said.latency / concurrency
    print(f"\n{said.examples} examples, concurrency {concurrency}, bound {bound:.2f} s")
    print(f"{'':12} {'span':>7} {'/ bound':>8} {'wall':>7} {'CPU':>7}")
    for peer, all_ in sorted(rows.items()):
        span, wall, cpu = (
            statistics.median(one[name] for one in all_) for name in ("span", "wall", "cpu")
        )
        print(f"{peer:12} {span:7.2f} {span / bound:8.2f} {wall:7.2f} {cpu:7.2f}", flush=True)
    if said.out:
        with said.out.open("a", encoding="utf-8") as file:
            file.write(
                json.dumps({"concurrency": concurrency, "bound": bound, "rows": rows}) + "\n"
            )


if __name__ == "__main__":
    main()
