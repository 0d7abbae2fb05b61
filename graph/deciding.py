"""A person's decision, carried out the same way from every surface."""

from collections.abc import Callable

from corpus.embed import Embedder
from dataset.example import Example
from dataset.records import Decision
from memory.records import Decided, Status
from memory.store import Store


def decide(
    store: Store,
    embedder: Callable[[], Embedder],
    decision: Decision,
    edited: Example | None = None,
    shown: Status | None = None,
) -> Decided:
    """What becomes accepted needs its vector; `embedder` is called only when there is none yet.

    `shown` is how the example stood when the person looked: raises Overtaken when it changed since.
    """
    new = edited
    if decision.answer == "accept" and store.vector(decision.example_id) is None:
        new = store.example(decision.example_id)
    vector = embedder().encode([new.spoken])[0] if new is not None else None
    return store.decide(decision, edited=edited, vector=vector, shown=shown)
