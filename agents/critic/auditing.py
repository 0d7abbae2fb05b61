"""Which of the examples that the critic takes alone a person is asked to look at all the same."""

import hashlib


def audited(example_id: str, share: float) -> bool:
    """A random `share`, drawn by the example's id: the same on every machine, after every stop."""
    digest = hashlib.sha256(f"audit|{example_id}".encode()).digest()
    return int.from_bytes(digest[:8]) < share * 2**64
