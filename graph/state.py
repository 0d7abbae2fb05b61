"""What travels along the graph: ids and counters, never the texts themselves."""

from typing import Literal

from typing_extensions import TypedDict

from inscape.progress import Stop


class State(TypedDict, total=False):
    """The loop's state. `stop` is empty while it goes on; `reviewing` is what is asked about;
    `training` says that an adapter is wanted of what was published."""

    books: list[str]
    round: int
    assignments: list[str]
    exhausted: bool
    reviewing: str
    training: bool
    stop: Stop | Literal[""]
