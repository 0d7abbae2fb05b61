"""What an accepted example costs in tokens and dollars, and what the providers' caches save of it.

    python -m bench.costs [--examples 100] [--concurrency 16]

A whole run against the stub server, which counts as Anthropic and OpenAI say they count: beginnings
of a thousand tokens and more, kept for five minutes, readable once an answer to them has begun.
Token counts are four characters each; dollars are the list prices that come with Inscape.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from agents.models.base import Usage
from agents.models.prices import list_prices, usd_of
from bench.throughput import BOOK, ROOT, WIDE, serving
from inscape.project import Project
from memory.store import Store

SPECS = ("anthropic:claude-sonnet-5-5", "openai:gpt-6.2-sol")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--out", type=Path)
    said = parser.parse_args()
    print("                              calls  input  cached  output   dollars  without a cache")
    rows = [costs(spec, said.examples, said.concurrency) for spec in SPECS]
    for row in rows:
        print(
            "{spec:28} {calls:6.2f} {input:6.0f} {cached:6.0%} {output:7.0f} {usd:9.5f} "
            "{usd_uncached:9.5f}".format(**row)
        )
    if said.out:
        said.out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def costs(spec: str, examples: int, concurrency: int) -> dict[str, object]:
    """Means over the accepted examples, of everything that was asked for on the way."""
    with tempfile.TemporaryDirectory() as place, serving(0.3, 0.2) as url:
        project = Project(Path(place))
        (project.root / "inscape.toml").write_text(WIDE, encoding="utf-8")
        accepted = run(project, url, spec, examples, concurrency)
        with Store.of(project) as store:
            spent = store.ledger.spent()
    name = spec.partition(":")[2]
    uncached = usd_of(list_prices()[name], Usage(spent.input_tokens, spent.output_tokens, 0))
    assert uncached is not None
    return {
        "spec": spec,
        "accepted": accepted,
        "calls": spent.calls / accepted,
        "input": spent.input_tokens / accepted,
        "cached": spent.cached_tokens / spent.input_tokens,
        "output": spent.output_tokens / accepted,
        "usd": spent.usd / accepted,
        "usd_uncached": uncached / accepted,
    }


def run(project: Project, url: str, spec: str, examples: int, concurrency: int) -> int:
    environment = {
        **os.environ,
        **{"OPENAI_BASE_URL": f"{url}/v1", "ANTHROPIC_BASE_URL": url, "HF_HUB_OFFLINE": "1"},
        **{"OPENAI_API_KEY": "sk-bench", "ANTHROPIC_API_KEY": "sk-bench"},
    }
    command = [sys.executable, "-m", "inscape", "--project", str(project.root), "run", str(BOOK)]
    command += ["--teacher", spec, "--critic", spec, "--json", "--target", str(examples)]
    done = subprocess.run(
        [*command, "--concurrency", str(concurrency)],
        **{"cwd": ROOT, "env": environment, "capture_output": True, "text": True},
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    accepted: int = json.loads(done.stdout)["accepted"]
    return accepted


if __name__ == "__main__":
    main()
