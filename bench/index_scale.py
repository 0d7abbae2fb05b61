"""The index of accepted examples at size: flat against the one beyond FLAT_UP_TO, and scouting.

    python -m bench.index_scale BOOK... --size 1000000 --out results.json [--kinds]

What is stored are texts as mean pooling would see them: each a mix of real sentences of the BOOKs,
three texts a passage as the examples of a project are. A third of the drafts asked about are
planted near one that is in. `--kinds` also tries FAISS's own approximate indexes on the vectors.
"""

import argparse
import json
import multiprocessing
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import faiss
import numpy as np
from sqlalchemy import insert

from agents.nearness import nearest_cosines
from bench.memory_scale import (
    AT,
    BATCH,
    BOOK,
    admissions,
    assignments,
    key,
    one_assignment,
    passage,
    spread,
    timed,
)
from corpus.embed import Embedder
from corpus.passages import cut_passages
from corpus.reader import read_book
from corpus.sentences import sentences
from memory.moving import renumber
from memory.records import BookRecord
from memory.shelf import to_bytes
from memory.store import Store
from memory.tables import AdmissionRow, AssignmentRow, ExampleRow, VectorRow

Floats = np.ndarray[Any, np.dtype[np.float32]]
LIKE = 0.93
FLAT, CHOSEN = 10**9, 0


class Real(NamedTuple):
    """Vectors of sentences (n, 384), and where those of each passage begin and end."""

    sentences: Floats
    bounds: np.ndarray[Any, np.dtype[np.int64]]


def real(books: list[Path]) -> Real:
    embedder, found, counts = Embedder(), [], []
    for book in books:
        texts = [one.text for one in cut_passages(read_book(book))]
        spans = [sentences(text) for text in texts]
        layers = embedder.encode_with_spans(texts, spans, (-1,)).layers[:, 0]
        kept = np.linalg.norm(layers, axis=1) > 0.5  # a span beyond the window is zero
        owner = np.repeat(np.arange(len(texts)), [len(one) for one in spans])[kept]
        found.append(layers[kept])
        counts.append(np.bincount(owner, minlength=len(texts)))
    ends = np.cumsum(np.concatenate(counts))
    return Real(np.concatenate(found), np.concatenate([[0], ends]))


def unit(vectors: Floats) -> Floats:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def mixed(known: Real, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Examples, three a passage; and passages, each of two real ones' sentences."""
    groups = -(-count // 3)
    first, second = rng.integers(len(known.bounds) - 1, size=(2, groups))
    passages = unit(_some_of(known, first, 4, rng) + _some_of(known, second, 1, rng))
    said = unit(known.sentences[rng.integers(len(known.sentences), size=(count, 3))].sum(1))
    share = rng.uniform(0.4, 0.9, (count, 1)).astype(np.float32)
    return unit(passages.repeat(3, 0)[:count] + share * said), passages


def _some_of(known: Real, passages: Any, count: int, rng: np.random.Generator) -> Floats:
    low, high = known.bounds[passages], known.bounds[passages + 1]
    at = low[:, None] + (rng.random((len(low), count)) * (high - low)[:, None]).astype(int)
    return known.sentences[at.clip(0, len(known.sentences) - 1)].sum(1)


def beside(known: Real, vectors: Floats, rng: np.random.Generator) -> Floats:
    """A near-duplicate of each, moved towards other sentences, at a cosine of 0.93 to 0.99."""
    other = unit(known.sentences[rng.integers(len(known.sentences), size=(len(vectors), 2))].sum(1))
    other = unit(other - (other * vectors).sum(1, keepdims=True) * vectors)
    cosine = rng.uniform(LIKE + 0.001, 0.99, (len(vectors), 1)).astype(np.float32)
    return cosine * vectors + np.sqrt(1 - cosine**2) * other


def fill(store: Store, made: Floats) -> None:
    rng = np.random.default_rng(0)
    passages = [passage(n) for n in range(len(made) // 3 + 1)]
    store.add_book(BookRecord(BOOK, "b.pdf", "Book"), passages)
    for start in range(0, len(made), BATCH):
        numbers = range(start, min(start + BATCH, len(made)))
        with store._writing() as connection:
            connection.execute(insert(AssignmentRow), list(assignments(numbers, rng)))
            connection.execute(insert(ExampleRow), list(_examples(numbers)))
            connection.execute(insert(VectorRow), list(_vectors(numbers, made)))
            connection.execute(insert(AdmissionRow), list(admissions(numbers, rng)))
    with store._writing() as connection:
        renumber(connection)


def _examples(numbers: range) -> Iterator[dict[str, Any]]:
    for n in numbers:
        row = {"id": f"{key(n)}.0", "assignment_id": key(n), "revision": 0, "body": "{}"}
        rest = {"origin": "teacher", "rehearsal": False, "opening": f"opening {n}", "at": AT}
        yield {**row, "raw_key": None, **rest}


def _vectors(numbers: range, made: Floats) -> Iterator[dict[str, Any]]:
    for n in numbers:
        yield {"number": n + 1, "example_id": f"{key(n)}.0", "data": to_bytes(made[n])}


class Drafts(NamedTuple):
    """What is asked about, the true highest cosine of each, and its ten nearest."""

    vectors: Floats
    best: Floats
    top: np.ndarray[Any, np.dtype[np.int64]]


def measure(place: Path, flat_up_to: int, drafts: Drafts) -> dict[str, Any]:
    """In a process of its own, for its memory."""
    found: dict[str, Any] = {}
    with Store.open(place, flat_up_to=flat_up_to) as store:
        store.make_ready()
        before = resident()
        found["built_from_the_store_s"] = timed(lambda: store.nearest(drafts.vectors[0]))
        found["memory_mb"] = resident() - before
        found |= searched(store, drafts) | admitted(store, drafts)
    found["file_mb"] = round((place.parent / "vectors" / "accepted.faiss").stat().st_size / 1e6)
    with Store.open(place, flat_up_to=flat_up_to) as store:
        store.make_ready()
        found["read_from_its_file_s"] = timed(lambda: store.nearest(drafts.vectors[0]))
    return found


def searched(store: Store, drafts: Drafts) -> dict[str, Any]:
    vectors, best, top = drafts
    looked = [store.nearest(vector, surely=LIKE) for vector in vectors]
    cosines = np.array([one.cosine if one else -1.0 for one in looked])
    near = best >= LIKE
    lists = [store._index._likeliest(vector, 64).numbers for vector in vectors]
    pairs = zip(lists, top.tolist(), strict=True)
    kept = [len({number - 1 for number in mine} & set(true)) for mine, true in pairs]
    return {
        "search_ms": spread(lambda n: store.nearest(vectors[n], surely=LIKE), len(vectors)),
        "recall_at_1": float((np.abs(cosines - best) < 1e-5).mean()),
        "recall_at_10_in_64": float(np.mean(kept) / top.shape[1]),
        "near_duplicates_found": f"{int((cosines[near] >= LIKE).sum())} of {int(near.sum())}",
    }


def admitted(store: Store, drafts: Drafts) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    ready = [one_assignment(store, n, rng)[0] for n in range(len(drafts.vectors))]
    let_in: list[bool] = []

    def admit(n: int) -> None:
        let_in.append(store.admit(ready[n], drafts.vectors[n], near_duplicate=LIKE).accepted)

    taken = spread(admit, len(ready))
    wrong = np.array(let_in) & (drafts.best >= LIKE)
    return {"admission_ms": taken, "let_in": sum(let_in), "let_in_though_near": int(wrong.sum())}


def resident() -> int:
    """Megabytes of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 // 2**20


def kinds(made: Floats, drafts: Drafts) -> Iterator[dict[str, Any]]:
    """FAISS's own ways, as they come, one query at a time on one thread."""
    cells = int(4 * np.sqrt(len(made)))
    ways = {
        f"IVF{cells},SQfp16": ("nprobe", (8, 32, 128)),
        f"IVF{cells},SQ8": ("nprobe", (32,)),
        f"IVF{cells},PQ96": ("nprobe", (32,)),
        **({"HNSW32,SQfp16": ("efSearch", (64, 256))} if len(made) <= 200_000 else {}),
    }
    for name, (knob, values) in ways.items():
        index = faiss.index_factory(made.shape[1], name, faiss.METRIC_INNER_PRODUCT)
        some = made[:: max(1, len(made) // (40 * cells))]
        built = timed(lambda i=index, s=some: (i.train(s), i.add(made)))  # type: ignore[misc]
        size = round(faiss.serialize_index(index).nbytes / 1e6)
        for value in values:
            faiss.ParameterSpace().set_index_parameter(index, knob, value)
            yield {"kind": f"{name} {knob}={value}", "built_s": built, "mb": size} | tried(
                index, made, drafts
            )


def tried(index: Any, made: Floats, drafts: Drafts) -> dict[str, Any]:
    vectors, best, top = drafts
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    taken = spread(lambda n: index.search(vectors[n : n + 1], 64), len(vectors))
    faiss.omp_set_num_threads(threads)
    _, found = index.search(vectors, 64)
    exact = np.einsum("qkd,qd->qk", made[found], vectors).max(1)
    near = best >= LIKE
    kept = [len(set(a) & set(b)) for a, b in zip(found.tolist(), top.tolist(), strict=True)]
    return {
        "search_ms": taken,
        "recall_at_1": float((np.abs(exact - best) < 1e-5).mean()),
        "recall_at_10_in_64": float(np.mean(kept) / top.shape[1]),
        "near_duplicates_found": f"{int((exact[near] >= LIKE).sum())} of {int(near.sum())}",
    }


def scouting(passages: Floats, rng: np.random.Generator) -> dict[str, Any]:
    """What a round begins with: how like each passage is to those that examples came from."""
    used = passages[rng.random(len(passages)) < 0.5]
    some = passages[rng.integers(len(passages), size=2000)]
    ways: dict[str, Floats] = {}
    pairs = len(passages) * len(used)
    found: dict[str, Any] = {"passages": len(passages), "used": len(used)}
    found["as_it_is_s"] = timed(lambda: nearest_cosines(passages, used))
    found["flat_s_for_2000"] = timed(
        lambda: ways.update(flat=nearest_cosines(some, used, exact_up_to=pairs))
    )
    ways["cells"] = nearest_cosines(some, used, exact_up_to=0)
    lost = ways["flat"] - ways["cells"]
    found |= {"same": float((lost < 1e-5).mean()), "lost_mean": float(lost.mean())}
    return found | {"lost_p99": float(np.quantile(lost, 0.99))}


def truth(made: Floats, asked: Floats) -> Drafts:
    cosines, top = faiss.knn(asked, made, 10, metric=faiss.METRIC_INNER_PRODUCT)
    return Drafts(asked, cosines[:, 0], top)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("books", type=Path, nargs="+", metavar="BOOK")
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--drafts", type=int, default=600)
    parser.add_argument("--kinds", action="store_true")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    rng, known = np.random.default_rng(0), real(asked.books)
    made, passages = mixed(known, asked.size, rng)
    fresh, _ = mixed(known, asked.drafts * 2 // 3, rng)
    copies = beside(known, made[rng.integers(len(made), size=asked.drafts // 3)], rng)
    drafts = truth(made, np.concatenate([fresh, copies])[rng.permutation(len(fresh) + len(copies))])
    found: dict[str, Any] = {"size": asked.size, "sentences": len(known.sentences)}
    found["nearest_of_fresh"] = np.quantile(truth(made, fresh).best, [0.05, 0.5, 0.95]).tolist()
    found["scouting"] = scouting(passages, rng)
    if asked.kinds:
        found["kinds"] = list(kinds(made, drafts))
    with tempfile.TemporaryDirectory() as folder:
        found |= both(Path(folder), made, drafts)
    text = json.dumps(found, indent=2)
    print(text)
    if asked.out:
        asked.out.write_text(text + "\n", encoding="utf-8")


def both(folder: Path, made: Floats, drafts: Drafts) -> dict[str, Any]:
    """Flat and chosen, each on a copy of one store, in a process of its own."""
    first = folder / "flat" / "memory.db"
    first.parent.mkdir()
    with Store.open(first) as store:
        fill(store, made)
    second = folder / "chosen" / "memory.db"
    second.parent.mkdir()
    shutil.copy(first, second)
    ways = {"flat": (first, FLAT, drafts), "chosen": (second, CHOSEN, drafts)}
    apart = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=apart, max_tasks_per_child=1) as pool:
        return {name: pool.submit(measure, *way).result() for name, way in ways.items()}


if __name__ == "__main__":
    main()
