"""From what was asked to what the nodes need: every part made once, over one gateway."""

import contextlib
from collections.abc import AsyncIterator, Callable
from functools import cache

from agents.critic import Critic, Policy
from agents.models import Clients, open_model
from agents.models.base import Model
from agents.models.batches import batches_of
from agents.scout import Scout
from agents.teacher import Teacher
from corpus.beside import Beside
from corpus.embed import Embedder
from graph.asked import Checked
from graph.batching import Batching
from graph.brief import Briefs
from graph.budget import Budget
from graph.costs import own_prices, pays_for_caching, worst_case
from graph.deps import Deps
from graph.gate import Gate
from graph.gateway import Gateway
from graph.halt import Halt
from graph.known import Known
from graph.tally import Tally
from graph.trusting import Trusting
from graph.vectors import Vectors
from graph.waiting import Waiting
from graph.watch import Watch
from inscape.progress import Progress
from inscape.settings import Settings, keys
from memory.store import Store


@contextlib.asynccontextmanager
async def assemble(checked: Checked, store: Store, progress: Progress) -> AsyncIterator[Deps]:
    """All that a run needs, over one gateway; the connections are closed at the end."""
    settings, halt = checked.asked.settings, Halt()
    spent = store.ledger.spent()
    budget = Budget(
        usd=spent.usd, calls=spent.calls, max_usd=settings.max_usd, max_calls=settings.max_calls
    )
    gateway = Gateway(store.ledger, halt, budget, concurrency=settings.concurrency)
    tally = Tally(store, gateway, progress)
    embedder = Embedder(settings.embedder)
    async with (
        Clients() as clients,
        Beside(settings.embedder) as beside,
        Vectors(beside, lambda: gateway.turns.wanted) as vectors,
    ):

        @cache
        def opened(spec: str) -> Model:
            return open_model(
                spec,
                keys=keys(),
                timeout=settings.timeout,
                prices=own_prices(settings),
                clients=clients,
            )

        def model(spec: str) -> Model:
            extra = pays_for_caching(spec, settings)
            at_once = gateway.over(opened(spec), worst_case(spec, settings), warming=extra)
            if not settings.batch:
                return at_once
            return batching.over(at_once, worst_case(spec, settings, batch=True))

        batching = Batching(gateway, _waiting(store, gateway, opened, progress, settings))
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
            halt=halt,
            tally=tally,
            known=Known(store, checked.library),
            watch=watch,
            briefs=Briefs(store, watch, rehearsal=teacher.is_rehearsal),
            trusting=Trusting(store, checked.library, settings),
            progress=progress,
        )


def _waiting(
    store: Store,
    gateway: Gateway,
    opened: Callable[[str], Model],
    progress: Progress,
    settings: Settings,
) -> Waiting:
    """A model's batches are opened when first needed, and know what it was turned down for."""
    batches = cache(lambda spec: batches_of(opened(spec)))
    give_up = settings.resume == "never"
    return Waiting(store.batches, gateway, batches, progress, give_up=give_up)


def _policy(settings: Settings) -> Policy:
    return Policy(**settings.verdicts.model_dump())
