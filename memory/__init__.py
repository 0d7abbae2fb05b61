"""What has been seen, paid for, judged and decided."""

from memory.ledger import Ledger, Recorded, request_key
from memory.records import BookRecord, Counts, RatedPassage, Spent
from memory.store import Store

__all__ = [
    "BookRecord",
    "Counts",
    "Ledger",
    "RatedPassage",
    "Recorded",
    "Spent",
    "Store",
    "request_key",
]
