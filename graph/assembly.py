"""From what was asked to what the nodes need: every part made once, over one gateway."""

import contextlib
from collections.abc import AsyncIterator
from functools import cache

from agents.critic import Critic, Policy
from agents.models.base import Model
from agents.models.batches import batches_of
from agents.scout import Scout
from agents.teacher import Teacher
from corpus.beside import Beside
from corpus.embed import Embedder
from graph.asked import Checked
from graph.batching import Batching
from graph.brief import Briefs
from graph.costs import worst_case
from graph.deps import Deps
from graph.gate import Gate
from graph.known import Known
from graph.reaching import Reach, reaching
from graph.tally import Tally
from graph.trusting import Trusting
from graph.vectors import Vectors
from graph.waiting import Waiting
from graph.watch import Watch
from inscape.progress import Progress
from inscape.settings import Settings
from memory.store import Store


@contextlib.asynccontextmanager
async def assemble(checked: Checked, store: Store, progress: Progress) -> AsyncIterator[Deps]:
    """All that a run needs, over one gateway; the connections are closed at the end."""
    settings = checked.asked.settings
    embedder = Embedder(settings.embedder)
    async with (
        reaching(settings, store) as reach,
        Beside(settings.embedder) as beside,
        Vectors(beside, lambda: reach.gateway.turns.wanted) as vectors,
    ):
        gateway = reach.gateway
        tally = Tally(store, gateway, progress)
        batching = Batching(gateway, _waiting(store, reach, progress))

        def model(spec: str) -> Model:
            if not settings.batch:
                return reach.model(spec)
            return batching.over(reach.model(spec), worst_case(spec, settings, batch=True))

        teacher, watch = Teacher(model(checked.teacher), checked.library), Watch(store)
        yield Deps(
            project=checked.asked.project,
            settings=settings,
            asked=checked,
            library=checked.library,
            store=store,
            embedder=embedder,
            vectors=vectors,
            scout=Scout(checked.library, embedder, model(checked.scout) if checked.scout else None),
            teacher=teacher,
            critic=Critic(
                [model(spec) for spec in checked.critics], checked.library, _policy(settings)
            ),
            gateway=gateway,
            batching=batching,
            by_batches=settings.batch or store.batches.was_batched(),
            gate=Gate(checked.target, settings.concurrency, tally.before),
            halt=gateway.halt,
            tally=tally,
            known=Known(store, checked.library),
            watch=watch,
            briefs=Briefs(store, watch, rehearsal=teacher.is_rehearsal),
            trusting=Trusting(store, checked.library, settings),
            progress=progress,
        )


def _waiting(store: Store, reach: Reach, progress: Progress) -> Waiting:
    """A model's batches are opened when first needed, and know what it was turned down for."""
    batches = cache(lambda spec: batches_of(reach.straight(spec)))
    give_up = reach.settings.resume == "never"
    return Waiting(store.batches, reach.gateway, batches, progress, give_up=give_up)


def _policy(settings: Settings) -> Policy:
    return Policy(**settings.verdicts.model_dump())
