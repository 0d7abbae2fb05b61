"""The critic outside a run: the same judges over the same gateway, and what they are given."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from agents.critic import Critic, Policy
from agents.models import Clients, open_model
from agents.models.base import Model
from graph.budget import Budget
from graph.costs import own_prices, worst_case
from graph.gateway import Gateway
from graph.halt import Halt, Halted
from inscape.project import Project
from inscape.settings import Settings, keys
from memory.store import Store
from prompts.library import Library


@contextmanager
def some_store(project: Project) -> Iterator[Store]:
    """The project's, so that nothing is paid for twice; without a project one for this once."""
    if project.exists:
        with Store.of(project) as store:
            yield store
        return
    with (
        TemporaryDirectory(prefix="inscape-") as place,
        Store.open(Path(place, "once.db")) as store,
    ):
        yield store


@asynccontextmanager
async def critic_of(
    specs: Sequence[str], settings: Settings, library: Library, store: Store
) -> AsyncIterator[Critic]:
    """A critic whose judges are limited, retried and paid once. Without `specs` it only checks."""
    async with _opening(settings, store) as open_:
        yield Critic(
            [open_(spec) for spec in specs], library, Policy(**settings.verdicts.model_dump())
        )


@asynccontextmanager
async def model_of(spec: str, settings: Settings, store: Store) -> AsyncIterator[Model]:
    """One model on the same terms."""
    async with _opening(settings, store) as open_:
        yield open_(spec)


@asynccontextmanager
async def _opening(settings: Settings, store: Store) -> AsyncIterator[Callable[[str], Model]]:
    spent, halt = store.ledger.spent(), Halt()
    budget = Budget(
        usd=spent.usd, calls=spent.calls, max_usd=settings.max_usd, max_calls=settings.max_calls
    )
    gateway = Gateway(store.ledger, halt, budget, concurrency=settings.concurrency)
    async with Clients() as clients:

        def open_(spec: str) -> Model:
            opened = open_model(
                spec,
                keys=keys(),
                timeout=settings.timeout,
                prices=own_prices(settings),
                clients=clients,
            )
            return gateway.over(opened, worst_case(spec, settings))

        try:
            yield open_
        except Halted as halted:
            raise halt.error or halted from None
