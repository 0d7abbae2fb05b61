"""The way to a model: one budget, one gateway and one set of connections for all that is asked."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

from agents.models import Clients, open_model
from agents.models.base import Model
from graph.budget import Budget
from graph.costs import own_prices, pays_for_caching, worst_case
from graph.gateway import Gateway
from graph.halt import Halt, Halted
from inscape.keys import Keys
from inscape.settings import Settings, keys
from memory.store import Store


@dataclass(frozen=True)
class Reach:
    """`straight` opens a model past the gateway, once for each spec."""

    settings: Settings
    gateway: Gateway
    straight: Callable[[str], Model]

    def model(self, spec: str) -> Model:
        """Its calls are limited, retried and never paid twice."""
        worst = worst_case(spec, self.settings)
        extra = pays_for_caching(spec, self.settings)
        return self.gateway.over(self.straight(spec), worst, warming=extra)


@asynccontextmanager
async def reaching(settings: Settings, store: Store) -> AsyncIterator[Reach]:
    """The connections are closed at the end. Whoever was halted hears of what halted it."""
    spent, halt = store.ledger.spent(), Halt()
    budget = Budget(
        usd=spent.usd, calls=spent.calls, max_usd=settings.max_usd, max_calls=settings.max_calls
    )
    gateway = Gateway(store.ledger, halt, budget, concurrency=settings.concurrency)
    async with Clients() as clients:
        try:
            yield Reach(settings, gateway, straight(settings, keys(), clients))
        except Halted as halted:
            raise halt.error or halted from None


def straight(settings: Settings, keys: Keys, clients: Clients) -> Callable[[str], Model]:
    """Opens models whose calls nobody counts or writes down."""
    prices = own_prices(settings)

    @cache
    def opened(spec: str) -> Model:
        return open_model(spec, keys=keys, timeout=settings.timeout, prices=prices, clients=clients)

    return opened
