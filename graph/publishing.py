"""The dataset as a run leaves it: `exports/latest`, written anew when the target is reached."""

from pathlib import Path

from dataset.card import Book, Made
from dataset.export import Options, export
from graph.deps import Deps
from memory.store import Store


def publish(deps: Deps) -> Path:
    """Write the accepted examples in the messages format, in place of what an earlier run wrote."""
    out = deps.project.exports / "latest"
    deps.project.exports.mkdir(exist_ok=True)
    rows = deps.store.accepted_examples()
    export(rows, Options("messages"), made_of(deps.store), out, force=True)
    return out


def made_of(store: Store) -> Made:
    """How the project came to where it stands, for the card of an export."""
    counts, spent = store.counts(), store.ledger.spent()
    return Made(
        requested=counts.assignments,
        accepted=counts.accepted,
        escalated=counts.escalated,
        rejected=counts.rejected,
        failed=counts.failed,
        reasons={**store.reasons("rejected"), **store.reasons("failed")},
        calls=spent.calls,
        usd=None if spent.unpriced else spent.usd,
        agreement=store.agreement(),
        books=tuple(
            Book(one.sha256, one.title, one.author, Path(one.path).name) for one in store.books()
        ),
    )
