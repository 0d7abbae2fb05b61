"""A round by batches: what is asked waits until nothing can go on without an answer, then all of it
is handed in together, at half price; when the answers are in the ledger, the round goes on.

Whoever asks is stopped by `Deferred` and begun again from its start, which costs nothing: it finds
every answer it had. So a run that waits for a batch holds nothing, and may end and come back.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from typing import NamedTuple, TypeVar

from agents.models.base import Model, Purpose, Reply, Request
from agents.models.batches import Batches
from graph.gateway import Costing, Gateway, content_of, reply_of, subject
from graph.waiting import Waiting
from inscape.errors import BudgetReached, InscapeError, ModelRefusedCall
from memory.batches import Wanted
from memory.ledger import request_key

T = TypeVar("T")

_OF_A_ROUND: frozenset[Purpose] = frozenset({"scout", "teach", "revise", "judge"})
_TRIES = 3


class Deferred(InscapeError):
    """The answer comes with a batch; what asked for it is begun again then."""


class Order(NamedTuple):
    """A request that waits to be handed in, and the most it can cost."""

    request: Request
    wanted: Wanted
    usd: float


class Batching:
    """Collects what a round asks; `waiting` looks after what has been handed in."""

    def __init__(self, gateway: Gateway, waiting: Waiting) -> None:
        self._gateway = gateway
        self._waiting = waiting
        self._orders: defaultdict[str, dict[str, Order]] = defaultdict(dict)
        self._short: BudgetReached | None = None
        self._counted: set[str] = set()

    async def see_that_taken(self, specs: Iterable[str]) -> None:
        """Before anything is paid for. Raises SettingsError for a server without batches."""
        await self._waiting.see_that_taken(specs)

    def over(self, model: Model, worst: Costing) -> Model:
        """The same model; what a round asks of it goes into batches, at `worst` a call."""
        return Queued(model, self, worst)

    async def in_waves(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do `work`, and again after each batch that it had to wait for.

        What an earlier run handed in is waited for first, also by a run without batches.
        """
        await self._waiting.settle()
        while True:
            try:
                result = await work()
                if not self._orders:
                    self._say_if_short()
                    return result
            except Deferred:
                if not self._orders:
                    self._say_if_short()
            self._gateway.halt.check()
            await self._hand_in()
            await self._waiting.settle()

    def answer(self, spec: str, request: Request, worst: Costing) -> Reply:
        """From the ledger. What is not there is noted down to be asked, and Deferred raised."""
        content = content_of(request)
        key = request_key(spec, content)
        known = self._gateway.ledger.lookup(key)
        if known is not None:
            self._gateway.reused += key not in self._counted
            self._counted.add(key)
            return reply_of(key, known)
        self._gateway.halt.check()
        if key not in self._orders.get(spec, ()):
            self._see_hope(spec, key)
            wanted = Wanted(key, request.purpose, content, subject.get() or None)
            self._note(spec, Order(request, wanted, worst(request)))
        raise Deferred("The answer comes with a batch")

    def _see_hope(self, spec: str, key: str) -> None:
        times, why = self._waiting.missed(key)
        if times >= _TRIES:
            raise ModelRefusedCall(
                f"{spec!r} left a call without an answer in {times} batches: {why}",
                hint="See what it was with: inscape why ID",
            )

    def _note(self, spec: str, order: Order) -> None:
        """What finds no room in the budget may find it when the batch has cost less than feared."""
        try:
            self._gateway.budget.reserve(order.usd)
        except BudgetReached as error:
            self._short = error
        else:
            self._orders[spec][order.wanted.key] = order
            self._counted.add(order.wanted.key)

    def _say_if_short(self) -> None:
        if self._short is not None:
            self._gateway.halt.say("budget", self._short)

    async def _hand_in(self) -> None:
        orders, self._orders, self._short = self._orders, defaultdict(dict), None
        for spec, by_key in orders.items():
            batches = self._waiting.batches(spec)
            for some in _fitting(batches, by_key.values()):
                requests, wanted, usd = zip(*some, strict=True)
                await self._waiting.hand_in(batches, requests, wanted, sum(usd))


class Queued:
    """A Model whose answers come by batches. What is no round's work is asked at once."""

    def __init__(self, model: Model, batching: Batching, worst: Costing) -> None:
        self._model = model
        self._batching = batching
        self._worst = worst

    @property
    def spec(self) -> str:
        return self._model.spec

    @property
    def is_rehearsal(self) -> bool:
        return self._model.is_rehearsal

    async def ask(self, request: Request) -> Reply:
        if request.purpose not in _OF_A_ROUND:
            return await self._model.ask(request)
        return self._batching.answer(self.spec, request, self._worst)


def _fitting(batches: Batches, orders: Collection[Order]) -> Iterator[list[Order]]:
    """As few batches as the provider's limits allow."""
    some: list[Order] = []
    size = 0
    for order in orders:
        more = batches.size(order.request)
        if some and (len(some) >= batches.most_requests or size + more > batches.most_bytes):
            yield some
            some, size = [], 0
        some.append(order)
        size += more
    yield some
