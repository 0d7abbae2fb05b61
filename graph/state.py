"""What travels along the graph: ids and counters, never the texts themselves."""

from typing import Literal

from typing_extensions import TypedDict

from inscape.progress import Stop


class State(TypedDict, total=False):
    """The loop's state. `stop` is empty while it goes on; `reviewing` is what is asked about."""

    books: list[str]
    round: int
    assignments: list[str]
    exhausted: bool
    reviewing: str
    stop: Stop | Literal[""]
