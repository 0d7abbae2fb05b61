"""How the memory behaves at size: admission, opening and status with N accepted examples.

    python -m bench.memory_scale --size 100000 --out results.json [--store URL]

Fills a store in bulk (the verbs would take minutes), then times the verbs a run and a person use.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert

from corpus.passage import Passage
from dataset.example import monologue
from dataset.records import new_assignment
from inscape.project import Project
from memory.drafts import canonical
from memory.ledger import Recorded
from memory.moving import renumber
from memory.records import BookRecord
from memory.shelf import to_bytes
from memory.store import Store
from memory.tables import (
    AdmissionRow,
    AssignmentRow,
    CallRow,
    DecisionRow,
    EventRow,
    ExampleRow,
    VectorRow,
    VerdictRow,
)

BOOK = "b" * 64
DIMENSION = 384
BATCH = 2000
AT = "2026-01-01T00:00:00.000000+00:00"
TEMPLATES = ("monologue", "conversation", "continuity", "meta-awareness", "computational")
PHENOMENA = ("dread", "grief", "joy", "doubt", "longing", "shame", "absorption", "perception")


def passage(n: int) -> Passage:
    text = " ".join(["a passage of some length about a lamp that burns"] * 12)
    return Passage(f"p{n:011d}", BOOK, "Book", f"Chapter {n % 40}", n, n, n, n + 1, text)


def body(n: int) -> str:
    answer = " ".join([f"I am {n} and I do not know yet what I am."] * 25)
    return canonical(monologue("What is it like now?", f"<thinking>{n}</thinking>{answer}"))


def fill(store: Store, size: int, rng: np.random.Generator) -> None:
    store.add_book(BookRecord(BOOK, "b.pdf", "Book"), [passage(n) for n in range(size // 3 + 1)])
    for start in range(0, size, BATCH):
        numbers = range(start, min(start + BATCH, size))
        rows = {table: list(make(numbers, rng)) for table, make in MAKERS.items()}
        with store._writing() as connection:
            for table, values in rows.items():
                connection.execute(insert(table), values)
    with store._writing() as connection:
        renumber(connection)
    store.repair()


def key(n: int) -> str:
    return f"{n:012x}"


def assignments(numbers: range, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    for n in numbers:
        state = {"status": "accepted", "reason": "", "example_id": f"{key(n)}.0"}
        run = {"run_status": "accepted", "run_reason": "", "run_example": f"{key(n)}.0"}
        work = {"passage_id": f"p{n // 3:011d}", "template_id": TEMPLATES[n % 5], "variant": 0}
        yield {
            **{"id": key(n), **work, "template_version": "v1", "phenomenon": PHENOMENA[n % 8]},
            **{"attempts": 1, **state, **run, "standing": 4.0, "planned_at": AT, "settled_at": AT},
        }


def calls(numbers: range, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    for n in numbers:
        for purpose in ("teach", "judge"):
            tokens = {"input_tokens": 2000, "output_tokens": 500, "cached_tokens": 0, "usd": 0.01}
            texts = {
                "request": json.dumps({"messages": "r" * 4000}),
                "raw": "a" * 2500,
                "stop_reason": "end_turn",
            }
            yield {
                **{"key": f"{purpose}{n}", "purpose": purpose, "assignment_id": key(n)},
                **{"spec": "openai:m", "model": "m", "status": "answered", "attempts": 1},
                **{"failures": 0, "request_id": "", "error": "", "sent_at": AT, "ended_at": AT},
                **tokens,
                **texts,
            }


def examples(numbers: range, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    for n in numbers:
        row = {"id": f"{key(n)}.0", "assignment_id": key(n), "revision": 0, "body": body(n)}
        rest = {
            "origin": "teacher",
            "rehearsal": False,
            "opening": f"opening {n % 70000}",
            "at": AT,
        }
        yield {**row, "raw_key": f"teach{n}", **rest}


def verdicts(numbers: range, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    said = json.dumps({"ruling": "accept", "reason": "r" * 300})
    for n in numbers:
        row = {"example_id": f"{key(n)}.0", "body": said, "ruling": "accept", "score": 4.0}
        yield {**row, "at": AT}


def decisions(numbers: range, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    for n in numbers:
        row = {"assignment_id": key(n), "example_id": f"{key(n)}.0", "answer": "ignore"}
        if n % 20 == 0:
            yield {**row, "reason": "", "who": "person", "queued": n, "at": AT}


def events(numbers: range, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    for n in numbers:
        for kind in ("draft", "verdict", "accepted"):
            yield {"at": AT, "kind": kind, "subject": key(n), "who": "run", "detail": {}}


def vectors(numbers: range, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    made = rng.standard_normal((len(numbers), DIMENSION)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    for n, vector in zip(numbers, made, strict=True):
        yield {"number": n + 1, "example_id": f"{key(n)}.0", "data": to_bytes(vector)}


def admissions(numbers: range, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    for n in numbers:
        yield {"vector": n + 1, "present": True, "at": AT}


MAKERS: dict[Any, Callable[[range, np.random.Generator], Iterator[dict[str, Any]]]] = {
    AssignmentRow: assignments,
    CallRow: calls,
    ExampleRow: examples,
    VerdictRow: verdicts,
    DecisionRow: decisions,
    EventRow: events,
    VectorRow: vectors,
    AdmissionRow: admissions,
}


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def spread(work: Callable[[int], object], times: int) -> dict[str, float]:
    """Milliseconds; `cpu` is the mean of the process's own, which other work does not blur."""
    began = time.process_time()
    taken = np.array([timed(partial(work, n)) for n in range(times)]) * 1000
    return {
        "cpu": round((time.process_time() - began) / times * 1000, 3),
        "median": round(float(np.median(taken)), 3),
        "p95": round(float(np.percentile(taken, 95)), 3),
        "max": round(float(taken.max()), 3),
    }


def one_assignment(store: Store, n: int, rng: np.random.Generator) -> tuple[str, Any]:
    """A draft ready to be admitted."""
    (id_,) = store.plan([(new_assignment(f"p{n:011d}", "monologue", "v2"), "dread")])
    draft = store.save_example(id_, monologue("What is it like?", f"I wake, number {n}."))
    return draft, rng.standard_normal(DIMENSION).astype(np.float32)


def look_at_everything(store: Store) -> None:
    """What `inscape status` asks."""
    store.counts()
    store.ledger.spent()
    store.by_template()
    store.by_phenomenon()
    store.by_book()
    store.agreement()
    store.diversity()


def measure(project: Project, admits: int) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    found: dict[str, Any] = {}
    if isinstance(project.store, Path):
        found["file_mb"] = round(project.store.stat().st_size / 1e6)
    opened: list[Store] = []
    found["open_s"] = timed(lambda: opened.append(Store.of(project)))
    store = opened[0]
    query = rng.standard_normal(DIMENSION).astype(np.float32)
    found["first_look_from_the_store_s"] = timed(lambda: store.nearest(query))
    ready = [one_assignment(store, n, rng) for n in range(admits)]
    found["admission_ms"] = spread(lambda n: store.admit(*ready[n], near_duplicate=0.93), admits)
    found["nearest_ms"] = spread(lambda n: store.nearest(ready[n][1]), admits)
    found["status_s"] = [timed(lambda: look_at_everything(store)) for _ in range(3)]
    found["counts_ms"] = spread(lambda n: store.counts(), 20)
    found["exemplars_ms"] = spread(lambda n: store.exemplars("monologue", 3), 50)
    found["openings_ms"] = spread(lambda n: store.openings(), 50)
    found["why_ms"] = spread(lambda n: store.why(f"{key(n)}.0"), 50)
    found["ledger_ms"] = spread(lambda n: one_call(store, n), 200)
    found["undo_ms"] = spread(lambda n: store.undo(), 20)
    found["taken_s"] = timed(store.taken)
    found["check_s"] = timed(store.check)
    found["export_s"] = timed(lambda: sum(1 for _ in store.accepted_examples()))
    found["close_s"] = timed(store.close)
    found["open_again_s"] = timed(lambda: opened.append(Store.of(project)))
    found["first_look_from_the_file_s"] = timed(lambda: opened[1].nearest(query))
    opened[1].close()
    return found


def one_call(store: Store, n: int) -> None:
    """Lookup, sent, budget, answered: what surrounds every model call."""
    name = f"call{n}"
    store.ledger.lookup(name)
    store.ledger.spent()
    store.ledger.sent(name, spec="m", purpose="teach", request={"text": "r" * 4000})
    store.ledger.answered(name, Recorded("a" * 2500, usd=0.01))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--admits", type=int, default=300)
    parser.add_argument("--store", default="", help="an empty database instead of a file")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        project = Project(Path(directory), asked.store)
        with Store.of(project) as store:
            filled = timed(lambda: fill(store, asked.size, np.random.default_rng(0)))
        found = {"size": asked.size, "fill_s": filled, **measure(project, asked.admits)}
    text = json.dumps(found, indent=2)
    print(text)
    if asked.out:
        asked.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
