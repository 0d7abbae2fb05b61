"""What a node may reach for: built once per process by `graph.runs`, handed in as context."""

from dataclasses import dataclass

from agents.critic import Critic
from agents.scout import Scout
from agents.teacher import Teacher
from corpus.embed import Embedder
from graph.asked import Checked
from graph.batching import Batching
from graph.brief import Briefs
from graph.gate import Gate
from graph.gateway import Gateway
from graph.halt import Halt
from graph.known import Known
from graph.steering import Standing
from graph.tally import Tally
from graph.trusting import Trusting
from graph.vectors import Vectors
from graph.watch import Watch
from inscape.progress import Progress
from inscape.project import Project
from inscape.settings import Settings
from memory.store import Store
from prompts.library import Library


@dataclass(frozen=True)
class Deps:
    """`by_batches`: an assignment may be begun again with what was asked in an earlier wave."""

    project: Project
    settings: Settings
    asked: Checked
    library: Library
    store: Store
    embedder: Embedder
    vectors: Vectors
    scout: Scout
    teacher: Teacher
    critic: Critic
    gateway: Gateway
    batching: Batching
    by_batches: bool
    gate: Gate
    halt: Halt
    tally: Tally
    known: Known
    watch: Watch
    briefs: Briefs
    trusting: Trusting
    progress: Progress

    def standing(self, target: int, *, exhausted: bool = False) -> Standing:
        """The numbers that steering decides on, as they are now."""
        return Standing(
            target=target,
            counts=self.tally.read(),
            before=self.tally.before,
            exhausted=exhausted,
            halted=self.halt.stop,
        )
