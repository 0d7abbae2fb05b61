"""What one process of the two-process tests does: `python -m tests.memory_worker STORE JOB`."""

import os
import sys
from pathlib import Path

from dataset.records import Decision
from memory.ledger import Recorded, request_key
from memory.shelf import Vector
from memory.store import Store
from tests.memory_parts import example, vector, verdict

CLOSENESS = 0.97


def admit_clones(store: Store) -> None:
    """Every assignment's example is a near-clone of its group's other: one of each may get in."""
    for key in store.planned():  # the other process may have settled some: no counting here
        n = store.passage(store.assignment(key).assignment.passage_id).start // 100
        draft = store.save_example(key, example(n), vector=_clone(n, n // 2))
        if not store.admit(draft, near_duplicate=0.9).accepted:
            store.settle(key, "rejected", "near-duplicate", draft)


def _clone(n: int, group: int) -> Vector:
    """Cosine 0.97 to the axis of its group, so 0.94 and more to the group's other."""
    made = CLOSENESS * vector(group)
    made[32 + n % 32] = (1 - CLOSENESS**2) ** 0.5
    return made


def live(store: Store) -> None:
    """The whole life of an assignment with a paid call, as a run does it; killed at any moment."""
    for n, key in enumerate(store.planned()):
        store.start(key)
        request = {"assignment": key}
        call = request_key("stub:m", request)
        answer = store.ledger.lookup(call)
        if answer is None:
            store.ledger.sent(
                call, spec="stub:m", purpose="teach", request=request, assignment_id=key
            )
            tell("asked", key)
            answer = store.ledger.answered(call, Recorded(f"answer {n}", usd=0.5, output_tokens=7))
            tell("paid", key)
        made = example(int(key[:6], 16))
        draft = store.save_example(key, made, raw_key=call, vector=vector(int(key, 16) % 64))
        store.save_verdict(draft, verdict("accept"))
        if not store.admit(draft, near_duplicate=0.9999).accepted:
            store.settle(key, "rejected", "near-duplicate", draft)
        tell("settled", key)


def work_off(store: Store) -> None:
    """A person at a desk who accepts whatever is put before them, until nothing is."""
    desk = str(os.getpid())
    while (item := store.claim_beside(desk, -1, 1)) is not None:
        tell("given", item.example_id)
        store.decide(Decision(example_id=item.example_id, answer="accept", by=desk))


def tell(what: str, key: str) -> None:
    sys.stdout.write(f"{what} {key}\n")
    sys.stdout.flush()


JOBS = {"admit_clones": admit_clones, "live": live, "work_off": work_off}

if __name__ == "__main__":
    target = sys.argv[1]
    with Store.open(target if "://" in target else Path(target)) as opened:
        JOBS[sys.argv[2]](opened)
