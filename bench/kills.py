"""A run is killed a hundred times at random moments and started again each time, until it ends.

    python -m bench.kills [--kills 100] [--concurrency 8] [--seed 0] [--store URL]

SIGKILL, against the stub server of the tests. At the end: is the target reached, is any example
lost or there twice, was any answered request asked again that was not in flight at a kill, does the
store hold together? Exit code 1 if not.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bench.throughput import BOOK, MODELS, ROOT, WIDE, ask, serving
from inscape.project import Project
from memory.store import Store
from memory.tables import CallRow, ExampleRow

LATENCY = 0.5
LONGEST_LIFE = 3.0
"""Seconds after its first request in which a run is killed."""


class Runs:
    """One project, started again and again."""

    def __init__(
        self, project: Path, url: str, concurrency: int, store: str, words: Sequence[str] = MODELS
    ) -> None:
        self.project, self.url, self.concurrency = project, url, concurrency
        self.words = words
        self.environment = {
            **os.environ,
            "OPENAI_BASE_URL": f"{url}/v1",
            "OPENAI_API_KEY": "sk-bench",
            "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_API_KEY": "sk-bench",
            "HF_HUB_OFFLINE": "1",
            "INSCAPE_STORE": store,
        }

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "inscape", "--project", str(self.project), *words]

    def start(self, target: int) -> "subprocess.Popen[bytes]":
        slots = ("--concurrency", str(self.concurrency))
        return subprocess.Popen(
            self.command("run", str(BOOK), *self.words, *slots, "--json", "--target", str(target)),
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def requests(self) -> int:
        seen: int = ask(self.url, "/stats")["requests"]
        return seen

    def live(self, target: int, seconds: float) -> bool:
        """Whether the run was still going when it was killed."""
        before = self.requests()
        process = self.start(target)
        while process.poll() is None and self.requests() == before:
            time.sleep(0.02)
        try:
            process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return True
        return False


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--store", default="", help="an empty database instead of a file")
    asked = parser.parse_args()
    draw = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as place, serving(LATENCY, 0.2) as url:
        project = Path(place) / "project"
        project.mkdir()
        (project / "inscape.toml").write_text(WIDE, encoding="utf-8")
        runs = Runs(project, url, asked.concurrency, asked.store)
        target, kills, began = 40, 0, time.monotonic()
        while kills < asked.kills:
            if runs.live(target, draw.uniform(0, LONGEST_LIFE)):
                kills += 1
            else:  # it ended before it could be killed
                target += 40
        last = runs.start(target)
        told, _ = last.communicate(timeout=600)
        report = json.loads(told)
        found = examine(Project(project, asked.store), ask(url, "/stats"), report)
        doctor = subprocess.run(
            runs.command("doctor", "--json"), env=runs.environment, cwd=ROOT, capture_output=True
        )
    found |= {"exit": last.returncode, "doctor": doctor.returncode}
    may_repeat = kills * asked.concurrency
    good = (
        (found["exit"], found["doctor"], found["doubled"]) == (0, 0, 0)
        and found["sums"]
        and found["answered again"] + found["never asked again"] <= may_repeat
    )
    print(f"{kills} kills in {time.monotonic() - began:.0f} s, target {target}: {found}")
    print(f"in flight at a kill: at most {may_repeat} (concurrency x kills); good: {good}")
    return 0 if good else 1


def examine(project: Project, seen: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
    with Store.of(project) as store, store._reading() as connection:
        bodies = connection.scalars(select(ExampleRow.body)).all()
        left_open = connection.scalar(select(func.count()).where(CallRow.status != "answered"))
    outcomes = sum(report[name] for name in ("accepted", "escalated", "rejected", "failed"))
    return {
        "accepted": report["accepted"],
        "assignments": report["assignments"],
        "sums": outcomes == report["assignments"],
        "doubled": len(bodies) - len(set(bodies)),
        "never asked again": left_open,
        "requests": seen["requests"],
        "answered again": sum(times - 1 for times in seen["answered_times"].values()),
    }


if __name__ == "__main__":
    raise SystemExit(main())
