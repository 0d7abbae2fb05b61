"""The counts of a run as they move, told to whoever watches."""

from dataset.example import Example
from graph.gateway import Gateway
from inscape.progress import Counts, Outcome, Progress, RoundPlanned, Settled
from memory.store import Store


class Tally:
    """Where the project stands: always the store's word, so other processes' work is in it."""

    def __init__(self, store: Store, gateway: Gateway, progress: Progress) -> None:
        self._store = store
        self._gateway = gateway
        self._progress = progress
        self.rounds = 0
        self.before = self.read()

    def read(self) -> Counts:
        counts = self._store.counts()
        spent = self._store.ledger.spent()
        return Counts(
            accepted=counts.accepted,
            escalated=counts.escalated,
            rejected=counts.rejected,
            failed=counts.failed,
            calls=spent.calls,
            calls_reused=self._gateway.reused,
            usd=None if spent.unpriced else spent.usd,
        )

    def planned(self, assignments: int) -> None:
        self.rounds += 1
        self._progress(RoundPlanned(self.rounds, assignments))

    def round_over(self) -> None:
        """Write down how various the dataset is, if this round brought anything."""
        counts = self._store.counts()
        known = self._store.rounds()
        if counts.accepted and (not known or known[-1]["accepted"] != counts.accepted):
            size = self._store.diversity()["effective_size"]
            number = len(known) + 1
            self._store.note(
                "round", round=number, accepted=counts.accepted, effective_size=round(size, 2)
            )

    def settled(self, outcome: Outcome, example: Example | None = None, by: str = "") -> None:
        opening = example.answers[0].content.split("\n", 1)[0] if example else ""
        self._progress(Settled(outcome, self.read(), opening=opening, template=by))
