"""How export behaves at size: every format from a store of N accepted examples.

    python -m bench.export_scale --size 100000 --out results.json

Fills a store in bulk, with passages, drafts that were turned down and a ledger of realistic size,
then exports each format in a process of its own: its seconds, rows, bytes and peak memory.
"""

import argparse
import json
import multiprocessing
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from corpus.passage import Passage
from dataset.example import Example, Turn, monologue
from dataset.export import Options, export
from dataset.formats import NAMES
from dataset.records import Score, Verdict, new_assignment
from graph.publishing import made_of
from memory.drafts import canonical
from memory.records import BookRecord
from memory.store import Store
from memory.tables import AssignmentRow, CallRow, ExampleRow, VerdictRow

BOOK, AT, BATCH = "b" * 64, "2026-01-01T00:00:00.000000+00:00", 2_000
TEMPLATES = ("monologue", "conversation", "continuity", "meta-awareness", "computational")
PHENOMENA = ("dread", "grief", "joy", "doubt", "longing", "shame", "absorption", "perception")
WORDS = [f"{a}{b}" for a in ("la", "so", "mi", "re", "do", "fa") for b in ("mp", "lt", "st", "n")]
PROMPT = "x" * 6_000


def text(seed: int, words: int) -> str:
    draw = random.Random(seed)
    return " ".join(f"{draw.choice(WORDS)}{draw.randrange(400)}" for _ in range(words))


def passage(n: int) -> Passage:
    start = n * 1000
    return Passage(
        f"p{n:011d}", BOOK, "Book", f"Chapter {n % 40}", n, n, start, start, text(n, 130)
    )


def example(n: int) -> Example:
    if n % 3:
        return monologue(text(n, 20), f"<thinking>{text(-n, 30)}</thinking>{text(n, 150)}")
    turns = []
    for turn in range(3):
        turns.append(Turn(role="user", content=text(n + turn, 12)))
        answer = text(n - turn, 50)
        turns.append(Turn(role="assistant", content=answer, thinking=text(n + 7, 20)))
    return Example(form="conversation", turns=tuple(turns))


def verdict(ruling: str) -> Verdict:
    questions = ("authentic", "uncertain", "experiential", "continuous", "explains", "solves")
    scores = tuple(Score(question=q, score=4.0, evidence="a span of it") for q in questions)
    return Verdict.model_validate(
        {"ruling": ruling, "reason": "it holds", "scores": scores, "judges": ("openai:judge",)}
    )


def fill(store: Store, size: int) -> None:
    """Three examples a passage; every fourth has a draft that was turned down before it."""
    store.add_book(BookRecord(BOOK, "b.pdf", "Book"), [passage(n) for n in range(size // 3 + 1)])
    for start in range(0, size, BATCH):
        rows = [row for n in range(start, min(start + BATCH, size)) for row in _rows(n)]
        with store._writing() as connection:
            for table in (AssignmentRow, CallRow, ExampleRow, VerdictRow):
                values = [row for kind, row in rows if kind is table]
                connection.execute(insert(table), values)


def _rows(n: int) -> Iterator[tuple[type[Any], dict[str, Any]]]:
    template, turned_down = TEMPLATES[n % 5], n % 4 == 0
    key = new_assignment(f"p{n // 3:011d}", template, "v1", n).id
    last = f"{key}.{int(turned_down)}"
    yield (
        AssignmentRow,
        {
            **{"id": key, "passage_id": f"p{n // 3:011d}", "template_id": template, "variant": n},
            **{"template_version": "v1", "phenomenon": PHENOMENA[n % 8], "attempts": 1},
            **{"status": "accepted", "reason": "", "example_id": last, "run_status": "accepted"},
            **{"run_reason": "", "run_example": last, "planned_at": AT, "settled_at": AT},
        },
    )
    for purpose in ("teach", "judge"):
        yield CallRow, _call(f"{purpose}-{key}", key, purpose)
    for revision, ruling in enumerate(("revise", "accept") if turned_down else ("accept",)):
        body = canonical(example(n if ruling == "accept" else -n - 1))
        yield (
            ExampleRow,
            {
                **{"id": f"{key}.{revision}", "assignment_id": key, "revision": revision},
                **{"body": body, "raw_key": f"teach-{key}", "origin": "teacher"},
                **{"rehearsal": False, "opening": "", "at": AT},
            },
        )
        yield (
            VerdictRow,
            {
                **{"example_id": f"{key}.{revision}", "body": canonical(verdict(ruling))},
                **{"ruling": ruling, "score": 4.0, "at": AT},
            },
        )


def _call(key: str, assignment: str, purpose: str) -> dict[str, Any]:
    request = {"max_tokens": 4096, "messages": [["user", PROMPT]], "temperature": 0.9}
    return {
        **{"key": key, "purpose": purpose, "assignment_id": assignment, "spec": "openai:a-model"},
        **{"model": "a-model", "request": json.dumps(request), "status": "answered"},
        **{"attempts": 1, "failures": 0, "raw": "x" * 1_500, "stop_reason": "end_turn"},
        **{"input_tokens": 900, "output_tokens": 300, "cached_tokens": 0, "usd": 0.001},
        **{"request_id": "", "error": "", "sent_at": AT, "ended_at": AT},
    }


def measure(target: Path, name: str, out: Path, found: Any) -> None:
    before = _peak()
    with Store.open(target) as store:
        start, began = time.perf_counter(), time.process_time()
        report = export(store, Options(name), made_of(store), out)
        seconds, busy = time.perf_counter() - start, time.process_time() - began
    size = sum(path.stat().st_size for path in out.iterdir())
    found.put(
        {
            **{"format": name, "rows": report.written, "examples": report.examples},
            **{"left_out": report.left_out, "seconds": round(seconds, 1)},
            **{"cpu_seconds": round(busy, 1), "rows_per_cpu_s": round(report.written / busy)},
            **{"rows_per_s": round(report.written / seconds), "mb": round(size / 1e6, 1)},
            **{"mb_before": round(before), "mb_peak": round(_peak())},
        }
    )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--formats", default=",".join(NAMES))
    parser.add_argument("--out", type=Path, default=Path("export-scale.json"))
    given = parser.parse_args()
    results = []
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as place:
        target = Path(place) / "memory.db"
        with Store.open(target) as store:
            fill(store, given.size)
        for name in given.formats.split(","):
            found = context.Queue()
            process = context.Process(
                target=measure, args=(target, name, Path(place) / name, found)
            )
            process.start()
            results.append(found.get())
            process.join()
            print(json.dumps(results[-1]))
    given.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
