"""The critic outside a run: the same judges over the same gateway, and what they are given."""

from collections.abc import AsyncIterator, Iterator, Sequence
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
from memory import Store
from prompts.library import Library


@contextmanager
def some_store(project: Project) -> Iterator[Store]:
    """The project's, so that nothing is paid for twice; without a project one for this once."""
    if project.exists:
        with Store.open(project.store) as store:
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
    spent, halt = store.ledger.spent(), Halt()
    budget = Budget(
        usd=spent.usd, calls=spent.calls, max_usd=settings.max_usd, max_calls=settings.max_calls
    )
    gateway = Gateway(store.ledger, halt, budget, concurrency=settings.concurrency)
    async with Clients() as clients:

        def judge(spec: str) -> Model:
            opened = open_model(
                spec,
                keys=keys(),
                timeout=settings.timeout,
                prices=own_prices(settings),
                clients=clients,
            )
            return gateway.over(opened, worst_case(spec, settings))

        judges = [judge(spec) for spec in specs]
        try:
            yield Critic(judges, library, Policy(**settings.verdicts.model_dump()))
        except Halted as halted:
            raise halt.error or halted from None
