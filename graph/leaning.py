"""What this project has learned of its person's taste, from what became of earlier assignments."""

from agents import taste
from agents.choice import Taken
from memory.store import Store

_OUTCOMES = {"planned": "pending"}


def taken(store: Store) -> list[Taken]:
    """One row an assignment, in the scout's words."""
    return [
        Taken(
            one.passage_id,
            one.template_id,
            _OUTCOMES.get(one.status, one.status),
            (one.phenomenon,) if one.phenomenon else (),
            one.by_person,
        )
        for one in store.taken()
        for _ in range(one.times)
    ]


def learned(store: Store) -> taste.Taste:
    """What is added to a passage's richness for its phenomena, from the next round on."""
    return taste.learn(taken(store))
