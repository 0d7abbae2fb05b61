"""The gateway of all model calls of a run: one ledger, budget, limit and place for retries."""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from contextvars import ContextVar
from typing import Any, cast
from weakref import WeakValueDictionary

from agents.models.base import Model, Purpose, Reply, Request, StopReason, Usage
from graph.budget import Budget
from graph.halt import Halt
from graph.slots import Slots
from graph.turns import Turns
from graph.warming import Warming
from inscape.errors import BudgetReached, ModelError, ModelUnavailable
from memory.ledger import Ledger, Recorded, request_key

subject: ContextVar[str] = ContextVar("subject", default="")
"""The assignment a call is for: set by the node, written into the ledger."""

# A draft's judge goes before the next teacher, so that few examples are ever half-done.
_URGENCY: Mapping[Purpose, int] = {"judge": 0, "revise": 1, "scout": 2, "teach": 3}
_ATTEMPTS = 6
_FIRST_ATTEMPTS = 3
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 60.0

Content = Mapping[str, Any]
"""A request as the ledger keeps it."""

Costing = Callable[[Request], float]
"""The most a request can cost in US dollars."""


class Gateway:
    """Every call is looked up in the ledger first, and written there before it is sent and read."""

    def __init__(self, ledger: Ledger, halt: Halt, budget: Budget, *, concurrency: int) -> None:
        self.ledger = ledger
        self.halt = halt
        self.budget = budget
        self.slots = Slots(concurrency)
        self.turns = Turns()
        self.reused = 0
        self.answered = 0
        self.paused = False
        self._patience = 5 * concurrency
        self._failures_in_a_row = 0
        self._same: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def over(self, model: Model, worst: Costing, *, warming: bool = False) -> Model:
        """The same model, reached over this gateway; with `warming`, see `graph.warming`."""
        return Metered(model, self, worst, Warming() if warming else None)

    def alone(self, key: str) -> asyncio.Lock:
        """One lock a request: two tasks that ask the same thing share one paid answer."""
        return self._same.setdefault(key, asyncio.Lock())

    async def send(
        self, model: Model, request: Request, worst_usd: float, key: str, content: Content
    ) -> Reply:
        """One answer, with backoff; every sending is in budget and ledger before it leaves."""
        attempt = 0
        while True:
            sending = self.slots.sending()
            try:
                return await self._send_once(model, request, worst_usd, key, content)
            except ModelError as error:
                self.ledger.failed(key, str(error))
                if not isinstance(error, ModelUnavailable):
                    self._refused(error)
                    raise
                attempt += 1
                if error.busy or error.slow:
                    self.slots.shrink(sending)
                await self._back_off(error, attempt)

    async def _send_once(
        self, model: Model, request: Request, worst_usd: float, key: str, content: Content
    ) -> Reply:
        async with self.budget.room(worst_usd):
            self.ledger.sent(
                key,
                spec=model.spec,
                purpose=request.purpose,
                request=content,
                assignment_id=subject.get() or None,
            )
            reply = await model.ask(request)
            self.budget.spend(reply.usd or 0.0)
        self.answered += 1
        self._failures_in_a_row = 0
        self.slots.succeeded()
        return reply

    async def _back_off(self, error: ModelUnavailable, attempt: int) -> None:
        """Wait before the next try; give up when there is no hope of one."""
        self._failures_in_a_row += 1
        if self._failures_in_a_row >= self._patience:
            self._open(error)
        if attempt >= (_ATTEMPTS if self.answered else _FIRST_ATTEMPTS):
            if not self.answered:
                self._open(error)
            raise error
        await self.halt.sleep(_wait(attempt, error.retry_after))

    def _refused(self, error: ModelError) -> None:
        """Before any answer came, a refusal means key, name or server are wrong: stop at once."""
        if not self.answered:
            self.halt.say("interrupted", error)

    def _open(self, error: ModelUnavailable) -> None:
        """Pause the run: everything so far is kept and the same command goes on.

        A server that never answered, and is not merely busy, may not be there at all.
        """
        paused = ModelUnavailable(
            f"The run is paused: {error}",
            hint=f"{error.hint or 'Wait a little'}; the same command goes on where it stopped",
        )
        self.paused = self.paused or error.busy or self.answered > 0
        self.halt.say("interrupted", paused)


class Metered:
    """A Model whose calls are limited, budgeted, retried and never paid twice."""

    def __init__(
        self, model: Model, gateway: Gateway, worst: Costing, warming: Warming | None = None
    ) -> None:
        self._model = model
        self._gateway = gateway
        self._worst = worst
        self._warming = warming

    @property
    def spec(self) -> str:
        return self._model.spec

    @property
    def is_rehearsal(self) -> bool:
        return self._model.is_rehearsal

    async def ask(self, request: Request) -> Reply:
        gateway = self._gateway
        content = content_of(request)
        key = request_key(self.spec, content)
        lock = gateway.alone(key)
        async with lock:
            known = gateway.ledger.lookup(key)
            if known is not None:
                gateway.reused += 1
                return reply_of(key, known)
            async with self._turn(request), gateway.slots.take(_URGENCY.get(request.purpose, 2)):
                gateway.halt.check()
                reply = await self._pay(request, key, content)
            await gateway.turns.take()  # who waits for the slot sends first; then this is read
            return reply

    def _turn(self, request: Request) -> AbstractAsyncContextManager[None]:
        self._gateway.halt.check()
        return self._warming.turn(request.system) if self._warming else nullcontext()

    async def _pay(self, request: Request, key: str, content: Content) -> Reply:
        gateway = self._gateway
        try:
            worst_usd = self._worst(request)
            reply = await gateway.send(self._model, request, worst_usd, key, content)
        except BudgetReached as error:
            gateway.halt.say("budget", error)
            gateway.halt.check()
            raise
        return reply_of(key, gateway.ledger.answered(key, recorded(reply)))


def content_of(request: Request) -> Content:
    """What makes two requests the same: all that is sent, and the nonce of a wanted repeat."""
    return {
        "system": request.system,
        "messages": [list(message) for message in request.messages],
        "schema": request.schema,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "nonce": request.nonce,
    }


def recorded(reply: Reply) -> Recorded:
    return Recorded(
        text=reply.text,
        stop_reason=reply.stop_reason,
        input_tokens=reply.usage.input,
        output_tokens=reply.usage.output,
        cached_tokens=reply.usage.cached,
        usd=reply.usd,
        model=reply.model,
        request_id=reply.request_id,
    )


def reply_of(key: str, known: Recorded) -> Reply:
    return Reply(
        text=known.text,
        stop_reason=cast(StopReason, known.stop_reason),
        usage=Usage(known.input_tokens, known.output_tokens, known.cached_tokens),
        usd=known.usd,
        model=known.model,
        request_id=known.request_id,
        key=key,
    )


def _wait(attempt: int, wish: float | None) -> float:
    """Seconds before the next try: the server's wish, else exponential with full jitter."""
    if wish is not None:
        return min(wish, _LONGEST_WAIT)
    return random.uniform(0.5, 1.0) * min(_LONGEST_WAIT, _FIRST_WAIT * float(2 ** (attempt - 1)))
