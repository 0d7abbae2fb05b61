"""A run by batches is killed twenty times, at the worst moments too, and started again each time.

    python -m bench.batch_kills [--kills 20] [--seed 0] [--provider openai anthropic] [--json FILE]

SIGKILL, against the stub server's batch APIs, in which one item in twenty fails, expires or is
canceled. The moments take turns: as soon as the server has a new batch (its answer is held back, so
that nobody knows the id), soon after, about when a batch ends, and any time.
At the end: is the target reached, was every item charged once, was anything handed in twice, does
the store hold together and agree with the server on what was charged? Exit code 1 if not.
"""

import argparse
import json
import random
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench.kills import Runs, examine
from bench.throughput import ROOT, WIDE, ask, serving
from inscape.project import Project
from memory.store import Store

SECONDS, HOLD = 1.2, 0.5
MISSING = {"errored": 0.02, "expired": 0.02, "canceled": 0.01}
MOMENTS = ("created", "soon after", "ending", "any time")
MORE = 30
PRICES = '[prices."stub"]\ninput = 2.0\noutput = 10.0\n'


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--provider", nargs="*", default=["openai", "anthropic"])
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found = {one: measure(one, asked.kills, asked.seed) for one in asked.provider}
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(table(found))
    return 0 if all(one["good"] for one in found.values()) else 1


def measure(provider: str, kills: int, seed: int) -> dict[str, Any]:
    draw, moments = random.Random(seed), Counter[str]()
    spec = f"{provider}:stub"
    words = ("--teacher", spec, "--critic", spec, "--batch")
    with tempfile.TemporaryDirectory() as place, serving(0.0, 0.0) as url:
        ask(url, "/control", {"batch_seconds": SECONDS, "batch_hold": HOLD})
        ask(url, "/control", {"batch_missing": MISSING, "seed": seed})
        project = Path(place) / "project"
        project.mkdir()
        (project / "inscape.toml").write_text(WIDE + PRICES, encoding="utf-8")
        runs = Runs(project, url, 8, "", words)
        target, began = MORE, time.monotonic()
        while moments.total() < kills:
            moment = MOMENTS[moments.total() % len(MOMENTS)]
            if lived(runs, target, moment, draw):
                moments[moment] += 1
                print(f"  {provider}: {moments.total()} kills, target {target}", flush=True)
            else:
                target += MORE
        last = runs.start(target)
        told, _ = last.communicate(timeout=900)
        report = json.loads(told)
        found = examine(Project(project), ask(url, "/stats"), report) | {"target": target}
        found |= settled(Project(project), ask(url, "/accounts"))
        doctor = subprocess.run(
            runs.command("doctor", "--json"), env=runs.environment, cwd=ROOT, capture_output=True
        )
    found |= {"exit": last.returncode, "doctor": doctor.returncode}
    found |= {"kills": dict(moments), "seconds": round(time.monotonic() - began)}
    nothing = ("exit", "doctor", "doubled", "charged twice", "handed in twice", "requests")
    good = not any(found[name] for name in nothing) and found["sums"] and found["agree"]
    return found | {"good": good and found["accepted"] >= target}


def lived(runs: Runs, target: int, moment: str, draw: random.Random) -> bool:
    """Whether the run was still going when it was killed."""
    before = ask(runs.url, "/accounts")["batches"]
    process = runs.start(target)
    if moment == "any time":
        time.sleep(draw.uniform(2, 10))
    else:
        while process.poll() is None and ask(runs.url, "/accounts")["batches"] == before:
            time.sleep(0.02)
        wait = {"created": 0.0, "soon after": draw.uniform(0, 2 * HOLD)}
        time.sleep(wait.get(moment, HOLD + SECONDS + draw.uniform(-0.2, 1.0)))
    going = process.poll() is None
    process.kill()
    process.communicate()
    return going


def settled(project: Project, accounts: dict[str, Any]) -> dict[str, Any]:
    """What the server charged and what the store says was paid."""
    handed_in, charged = accounts["handed_in"], accounts["charged"]
    missing = Counter(accounts["missing"])
    with Store.of(project) as store:
        spent, left = store.ledger.spent(), store.batches.open_batches()
    answered = sum(charged.values())
    return {
        "batches": accounts["batches"],
        "items": sum(accounts["items"]),
        "charged": answered,
        "without an answer": missing.total(),
        "charged twice": sum(times > 1 for times in charged.values()),
        "handed in twice": accounts["marks_twice"]
        + sum(times - missing[one] > 1 for one, times in handed_in.items()),
        "usd": round(spent.usd, 4),
        "agree": spent.answered == answered and spent.calls == sum(accounts["items"]) and not left,
    }


def table(found: dict[str, dict[str, Any]]) -> str:
    names = list(dict.fromkeys(name for one in found.values() for name in one))
    head = f"| | {' | '.join(found)} |\n|---|{'--:|' * len(found)}"
    rows = (
        f"| {name} | {' | '.join(str(one[name]) for one in found.values())} |" for name in names
    )
    return "\n".join([head, *rows])


if __name__ == "__main__":
    raise SystemExit(main())
