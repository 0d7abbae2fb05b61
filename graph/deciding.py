"""A person's decision, carried out the same way from every surface."""

from corpus.embed import Embedder
from dataset.example import Example
from dataset.records import Decision
from memory.records import Decided
from memory.store import Store


def decide(
    store: Store, embedder: Embedder, decision: Decision, edited: Example | None = None
) -> Decided:
    """An edit is a text nobody has seen yet, so it gets its vector here."""
    vector = embedder.encode([edited.spoken])[0] if edited is not None else None
    return store.decide(decision, edited=edited, vector=vector)
