"""What one more example costs when there are N already: flat, or it could not go on.

    python -m bench.growth --sizes 100 1000 10000 100000 --out results.json

For each size a store is filled in bulk; `inscape run` then adds examples to it against the stub
server, twice, so that what the second run costs beyond the first is what its further examples cost,
and not what starting and writing the dataset cost. Those are shown beside it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.memory_scale import fill
from bench.throughput import BOOK, MODELS, ROOT, WIDE, ask, serving
from inscape.project import Project
from memory.store import Store

FEW = 20


class Seen(NamedTuple):
    """After a run: its seconds first to last call, CPU seconds, peak MB, and what has piled up."""

    span: float
    cpu: float
    wall: float
    megabytes: float
    checkpoints: int
    store: int
    tokens: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 1_000, 10_000, 100_000])
    parser.add_argument("--more", type=int, default=200)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--out", type=Path)
    said = parser.parse_args()
    print("      there    span  processor    memory  checkpoints    store   tokens  beside")
    rows = []
    for size in said.sizes:
        rows.append(grown(size, said.more, said.concurrency))
        print(SHOWN.format(**rows[-1]), flush=True)
    if said.out:
        said.out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


SHOWN = (
    "{size:>11,} {calls_ms:>5.0f} ms {cpu_ms:>7.1f} ms {peak_mb:>6.0f} MB"
    " {checkpoint_bytes:>10.0f} B {store_bytes:>6.0f} B {tokens:>8.0f} {fixed_s:>5.1f} s"
)


def grown(size: int, more: int, concurrency: int) -> dict[str, float]:
    """The costs of an example, each a mean of `more`."""
    with tempfile.TemporaryDirectory() as place, serving(0.05, 0.2) as url:
        project = Project(Path(place))
        (project.root / "inscape.toml").write_text(WIDE, encoding="utf-8")
        with Store.of(project) as store:
            fill(store, size, np.random.default_rng(0))
        first = run(project, url, size + FEW, concurrency)
        second = run(project, url, size + FEW + more, concurrency)
    return {
        "size": size,
        "calls_ms": (second.span) / more * 1000,
        "cpu_ms": (second.cpu - first.cpu) / (more - FEW) * 1000,
        "peak_mb": second.megabytes,
        "checkpoint_bytes": (second.checkpoints - first.checkpoints) / more,
        "store_bytes": (second.store - first.store) / more,
        "tokens": (second.tokens - first.tokens) / more,
        "fixed_s": second.wall - second.span,
    }


def run(project: Project, url: str, target: int, concurrency: int) -> Seen:
    ask(url, "/control", {"forget": True})
    command = [sys.executable, "-m", "inscape", "--project", str(project.root), "run", str(BOOK)]
    command += [*MODELS, "--json", "--target", str(target), "--concurrency", str(concurrency)]
    environment = {
        **os.environ,
        **{"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": "sk-bench", "HF_HUB_OFFLINE": "1"},
    }
    began = time.monotonic()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(said.decode())
    wall = time.monotonic() - began
    return Seen(
        ask(url, "/stats")["seconds"],
        used.ru_utime + used.ru_stime,
        wall,
        used.ru_maxrss / 1024,
        *piled_up(project),
    )


def piled_up(project: Project) -> tuple[int, int, int]:
    with Store.of(project) as store:
        spent = store.ledger.spent()
    sizes = [sum(one.stat().st_size for one in project.root.glob(f"{name}*")) for name in STORES]
    return sizes[0], sizes[1], spent.input_tokens + spent.output_tokens


STORES = ("checkpoints.db", "memory.db")

if __name__ == "__main__":
    main()
