"""How quick the review desk is with N examples: every page, and every kind of decision.

    python -m bench.desk_latency --size 20000 --out results.json [--store URL]

Fills a project in bulk, serves it by `inscape desk` in a process of its own, and asks over HTTP as
a browser does. Exits with 1 when a page is over 150 ms at the 95th percentile, a decision over 60.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from sqlalchemy import insert

from bench import memory_scale as scale
from corpus.passage import Passage, Spot
from dataset.example import Example, Turn
from dataset.records import Defect, Neighbour, Score, Verdict
from inscape.project import Project
from memory.drafts import canonical
from memory.moving import renumber
from memory.records import BookRecord
from memory.store import Store
from memory.tables import AssignmentRow, ExampleRow, VerdictRow

NOVEL = Path(__file__).resolve().parent.parent / "examples" / "lamp-and-scale.pdf"
PAGE_MS, DECISION_MS = 150, 60
QUESTIONS = ("authentic", "unfinished", "experiential", "same-being", "lived-not-explained")
DEFECTS = ("tidy-resolution", "slop", "tense", "copied-span", "too-short", "third-person")
_WORDS = """
lamp stair door rain sleeve bread hand light quiet water stone name morning wall paper key slow
cold near gone still almost under before again somebody nothing forgotten counting
"""
WORDS = _WORDS.split()
# Of twenty: mostly accepted, two waiting, as late in a large project.
STATUSES = ["accepted"] * 14 + ["escalated"] * 2 + ["rejected"] * 3 + ["failed"]


def status(n: int) -> str:
    return STATUSES[n % 20]


def passage(n: int) -> Passage:
    text = words(n, 130)
    page = 7 + n % 40
    spots = tuple(Spot(page, (60.0, 100.0 + 14 * k, 360.0, 112.0 + 14 * k)) for k in range(12))
    return Passage(
        *(f"p{n:011d}", scale.BOOK, "Lamp and Scale", f"Chapter {n % 40}"),
        *(page, page, n * 900, n * 900 + len(text), text, spots),
    )


def words(seed: int, count: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=count)).capitalize() + "."


def example(n: int) -> Example:
    answer = Turn(role="assistant", content=words(n, 110), thinking=words(n + 1, 60))
    return Example(
        form="conversation", turns=(Turn(role="user", content=words(n + 2, 25)), answer) * 2
    )


def verdict(n: int, said: Example) -> Verdict:
    quotes = [turn.content[:60] for turn in said.answers]
    defects = (Defect(code=DEFECTS[n % 6], message="it shows", evidence=quotes[0]),)
    return Verdict(
        ruling="accept" if status(n) == "accepted" else "escalate",
        reason="3.6: it wavers, and then it says why",
        scores=tuple(
            Score(question=name, score=3 + (n + k) % 3 * 0.5, evidence=quotes[k % 2], judge="j")
            for k, name in enumerate(QUESTIONS)
        ),
        defects=() if status(n) == "accepted" else defects,
        nearest=Neighbour(f"{scale.key(max(0, n - 20 - n % 20))}.0", 0.7),
        judges=("j",),
    )


def assignments(numbers: range, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    for row, n in zip(scale.assignments(numbers, rng), numbers, strict=True):
        now, reason = status(n), "" if status(n) == "accepted" else "uncertain"
        queued = n + 1 if now == "escalated" else None
        state = {"status": now, "reason": reason, "queued": queued}
        yield {**row, **state, **{f"run_{name}": value for name, value in state.items()}}


def examples(numbers: range, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    for row, n in zip(scale.examples(numbers, rng), numbers, strict=True):
        yield {**row, "body": canonical(example(n)), "opening": words(n, 4)}


def verdicts(numbers: range, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    for row, n in zip(scale.verdicts(numbers, rng), numbers, strict=True):
        said = verdict(n, example(n))
        yield {**row, "body": canonical(said), "ruling": said.ruling, "score": said.mean_score}


MAKERS = {
    **scale.MAKERS,
    AssignmentRow: assignments,
    ExampleRow: examples,
    VerdictRow: verdicts,
}


def fill(project: Project, size: int) -> None:
    project.create()
    project.settings_file.touch()
    rng = np.random.default_rng(0)
    with Store.of(project) as store:
        book = BookRecord(scale.BOOK, str(NOVEL), "Lamp and Scale", pages=90, words=30000)
        read = [passage(n) for n in range(size // 3 + 1)]
        kinds = {one.id: scale.PHENOMENA[n % 8] for n, one in enumerate(read)}
        ratings = {key: (0.3 + hash(key) % 600 / 1000, (k,), ("x",)) for key, k in kinds.items()}
        store.add_book(book, read, ratings=ratings)
        for start in range(0, size, scale.BATCH):
            numbers = range(start, min(start + scale.BATCH, size))
            with store._writing() as connection:
                for table, make in MAKERS.items():
                    connection.execute(insert(table), list(make(numbers, rng)))
        with store._writing() as connection:
            renumber(connection)
        store.repair()


def pages(size: int) -> dict[str, Callable[[int], str]]:
    """Each kind of page, with other content every time."""

    def waiting(n: int) -> str:
        return f"{scale.key(n * 20 % size + 14)}.0"

    return {
        "overview": lambda n: "/",
        "review": lambda n: f"/review?id={waiting(n)}",
        "review, next card": lambda n: f"/review/card?after={n * 20 % size}",
        "review, what is different": lambda n: f"/review/compare?id={waiting(n)}",
        "review, edit": lambda n: f"/review/edit?id={waiting(n)}",
        "examples": lambda n: f"/examples?start={n * 40}",
        "examples, last page": lambda n: f"/examples?start={size - 40 - n}",
        "examples, a common word": lambda n: f"/examples?text={WORDS[n % 20]}",
        "examples, three words": lambda n: f"/examples?text={words(n, 3).rstrip('.')}",
        "examples, a defect": lambda n: f"/examples?defect={DEFECTS[n % 6]}",
        "examples, all filters": lambda n: (
            f"/examples?text=lamp&status=escalated&defect={DEFECTS[n % 6]}"
            f"&template={scale.TEMPLATES[n % 5]}&phenomenon={scale.PHENOMENA[n % 8]}"
            f"&book={scale.BOOK}"
        ),
        "history": lambda n: f"/examples/{scale.key(n * 37 % size)}.0",
        "passages": lambda n: f"/passages?start={n * 20}",
        "passages, a phenomenon": lambda n: f"/passages?phenomenon={scale.PHENOMENA[n % 8]}",
        "a page of the book": lambda n: f"/passages/p{n:011d}/{7 + n % 40}.png",
        "templates": lambda n: "/templates",
        "a template": lambda n: f"/templates/{scale.TEMPLATES[n % 5]}",
    }


def timed(client: httpx.Client, paths: Iterator[str]) -> list[float]:
    taken = []
    for path in paths:
        began = time.perf_counter()
        answer = client.get(path)
        taken.append((time.perf_counter() - began) * 1000)
        answer.raise_for_status()
    return taken


def decided(client: httpx.Client, size: int, times: int) -> dict[str, list[float]]:
    """Accepting, rejecting with a reason, passing over, taking back: each in turn."""
    taken: dict[str, list[float]] = {name: [] for name in ("accept", "reject", "ignore", "undo")}
    for n in range(times):
        answer = ("accept", "reject", "ignore")[n % 3]
        key = f"{scale.key(n * 20 % size + 15)}.0"
        said = {"example_id": key, "answer": answer, "reason": "x" if n % 2 else ""}
        taken[answer].append(posted(client, "/review/decide", said))
        if n % 9 == 8:
            taken["undo"].append(posted(client, "/review/undo", {"examples": [key]}))
    return taken


def posted(client: httpx.Client, path: str, said: dict[str, Any]) -> float:
    began = time.perf_counter()
    answer = client.post(path, json=said, headers={"origin": str(client.base_url).rstrip("/")})
    took = (time.perf_counter() - began) * 1000
    answer.raise_for_status()
    return took


def spread(taken: list[float]) -> dict[str, float]:
    return {
        "n": len(taken),
        "median": round(float(np.median(taken)), 1),
        "p95": round(float(np.percentile(taken, 95)), 1),
        "max": round(max(taken), 1),
    }


def measure(url: str, size: int, times: int) -> dict[str, Any]:
    with httpx.Client(base_url=url, timeout=60) as client:
        found: dict[str, Any] = {"pages_ms": {}, "decisions_ms": {}}
        posted(client, "/review/decide", {"example_id": f"{scale.key(34)}.0", "answer": "reject"})
        posted(client, "/review/undo", {})
        for name, path in pages(size).items():
            timed(client, map(path, range(times, times + 3)))  # the first opens what it needs
            found["pages_ms"][name] = spread(timed(client, map(path, range(times))))
        for name, taken in decided(client, size, 3 * times).items():
            found["decisions_ms"][name] = spread(taken)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=60)
    parser.add_argument("--store", default="", help="an empty database instead of a file")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        project = Project(Path(directory) / "project", asked.store)
        fill(project, asked.size)
        command = [sys.executable, "-m", "inscape", "--project", str(project.root), "desk"]
        with subprocess.Popen(
            [*command, "--port", "0", "--no-browser"],
            env={**os.environ, "INSCAPE_STORE": asked.store},
            stdout=subprocess.PIPE,
            text=True,
        ) as desk:
            assert desk.stdout is not None
            url = desk.stdout.readline().strip()
            time.sleep(10)  # the embedder is loaded meanwhile, as while a person begins to read
            try:
                found = {"size": asked.size, **measure(url, asked.size, asked.times)}
            finally:
                desk.terminate()
    text = json.dumps(found, indent=2)
    print(text)
    if asked.out:
        asked.out.write_text(text + "\n", encoding="utf-8")
    late = [name for name, one in found["pages_ms"].items() if one["p95"] > PAGE_MS]
    late += [name for name, one in found["decisions_ms"].items() if one["p95"] > DECISION_MS]
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
