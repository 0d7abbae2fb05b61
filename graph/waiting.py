"""Batches under way: handed in once, waited for however often the run is stopped, read once."""

import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from agents.models.base import Request
from agents.models.batches import Batches, Result
from graph.gateway import Gateway, recorded
from inscape.errors import BatchUnknown, ModelRefusedCall, ModelUnavailable
from inscape.progress import InBatch, Note, Progress
from memory.batches import Batch, Ended, Wanted
from memory.batches import Batches as Written

GRACE = 60.0
"""Seconds in which a batch may still turn up that a process, dead now, was creating."""

_LONGEST_CREATION = 1500.0
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 60.0
_GROWTH = 1.5
_TRIES = 3

Opening = Callable[[str], Batches]
"""The batches of the model of a spec."""


class Waiting:
    """`give_up`: what the server knows nothing of is asked again instead of being an error."""

    def __init__(
        self,
        written: Written,
        gateway: Gateway,
        batches: Opening,
        progress: Progress,
        *,
        give_up: bool = False,
    ) -> None:
        self.batches = batches
        self._written = written
        self._gateway = gateway
        self._progress = progress
        self._give_up = give_up
        self._looked_for: dict[str, float] = {}
        self._lost = 0
        self._doubt = ""
        self._trouble = ""

    async def see_that_taken(self, specs: Iterable[str]) -> None:
        """Before anything is paid for. Raises SettingsError for a server without batches."""
        for spec in specs:
            await self.batches(spec).newest()

    def missed(self, key: str) -> tuple[int, str]:
        """How often batches brought no answer to a call, and what was said of it last."""
        return self._written.missed(key)

    async def hand_in(
        self, batches: Batches, requests: Sequence[Request], wanted: Sequence[Wanted], usd: float
    ) -> None:
        """The intent is written first, and the id before anything else.

        When it is not certain that the batch came to be, `settle` will look for it.
        """
        since, mark = await self._newest(batches), secrets.token_hex(8)
        self._written.intend(mark, batches.spec, since, wanted, usd)
        try:
            remote = await batches.create(mark, requests)
        except ModelUnavailable as error:
            self._doubt = str(error)
            self._say(f"It is not certain that a batch was taken, so it is looked for: {error}")
        except ModelRefusedCall:
            self._written.drop(mark)
            raise
        else:
            self._confirm(mark, remote)

    async def settle(self) -> None:
        """Until every batch has been read. Raises Halted when the run is stopped: they go on."""
        pause = _FIRST_PAUSE
        while self._written.open_batches():
            for batch in self._written.open_batches():
                await self._advance(batch)
            still = self._written.open_batches()
            if still:
                self._progress(_event(still))
                await self._gateway.halt.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * _GROWTH)
        spent = self._gateway.ledger.spent()
        self._gateway.budget.restart(usd=spent.usd, calls=spent.calls)

    async def _advance(self, batch: Batch) -> None:
        batches = self.batches(batch.spec)
        try:
            remote = batch.remote or await self._found(batches, batch)
            if remote:
                await self._look(batches, batch, remote)
        except ModelUnavailable as error:
            self._say(f"The batch goes on, but cannot be looked at: {error}")
        except BatchUnknown:
            if not self._give_up:
                raise
            self._written.drop(batch.mark)
            self._progress(Note(f"Given up: the batch {batch.remote}"))
        else:
            self._trouble = ""

    async def _found(self, batches: Batches, batch: Batch) -> str:
        """The id of a batch that was intended; "" while there is none, or it cannot be told."""
        found = await batches.find(batch.mark, batch.size, batch.since)
        if found.id:
            self._confirm(batch.mark, found.id)
        elif found.maybe is not None:
            self._written.looked(batch.mark, found.maybe.done)
        elif self._is_over(batch):
            self._written.drop(batch.mark)
            self._see_hope()
        return found.id

    def _is_over(self, batch: Batch) -> bool:
        """Whether nothing that was on its way when we began to look can arrive any more."""
        first = self._looked_for.setdefault(batch.mark, time.monotonic())
        age = (datetime.now(UTC) - datetime.fromisoformat(batch.written_at)).total_seconds()
        return time.monotonic() - first >= GRACE or age >= _LONGEST_CREATION + GRACE

    def _see_hope(self) -> None:
        self._lost += 1
        if self._lost >= _TRIES:
            self._pause(f"no batch was taken in {self._lost} tries: {self._doubt}")

    def _confirm(self, mark: str, remote: str) -> None:
        self._written.confirm(mark, remote)
        self._lost = 0

    async def _look(self, batches: Batches, batch: Batch, remote: str) -> None:
        look = await batches.look(remote)
        if look.fault:
            self._written.drop(batch.mark)
            raise ModelRefusedCall(
                f"The batch {remote!r} was turned down by {batch.spec!r}: {look.fault}",
                hint="None of it was charged. Mend what it names; the same command sends it again",
            )
        if look.ended:
            self._collect(batches, batch, await batches.results(remote, batch.mark))
        elif look.done != batch.done:
            self._written.looked(batch.mark, look.done)

    def _collect(self, batches: Batches, batch: Batch, results: Sequence[Result]) -> None:
        self._written.collect(batch.mark, _ended(results))
        errors = {one.why for one in results if one.reply is None and one.missing == "errored"}
        hopeless = [why for why in errors if not batches.adapter.learn(why)]
        if hopeless and not self._gateway.ledger.spent().answered:
            refused = ModelRefusedCall(
                f"{batch.spec!r} answered nothing in its first batch: {hopeless[0]}",
                hint="Check the model's name and what the key may use; nothing was charged",
            )
            self._gateway.halt.say("interrupted", refused)

    async def _newest(self, batches: Batches) -> str:
        pause, tries = _FIRST_PAUSE, 0
        while True:
            try:
                return await batches.newest()
            except ModelUnavailable as error:
                tries += 1
                if tries > _TRIES:
                    self._pause(str(error))
            await self._gateway.halt.sleep(pause)
            pause *= 2

    def _pause(self, why: str) -> None:
        paused = ModelUnavailable(
            f"The run is paused: {why}",
            hint="Wait a little; the same command goes on where it stopped",
        )
        self._gateway.paused = True
        self._gateway.halt.say("interrupted", paused)

    def _say(self, trouble: str) -> None:
        """Once, for as long as it lasts."""
        if trouble != self._trouble:
            self._progress(Note(trouble))
        self._trouble = trouble


def _ended(results: Sequence[Result]) -> Mapping[int, Ended]:
    return {
        one.number: Ended(recorded(one.reply) if one.reply else None, one.why or one.missing)
        for one in results
    }


def _event(open_batches: Sequence[Batch]) -> InBatch:
    return InBatch(
        specs=tuple(dict.fromkeys(one.spec for one in open_batches)),
        calls=sum(one.size for one in open_batches),
        done=sum(one.done for one in open_batches),
        since=open_batches[0].written_at,
        most_usd=sum(one.most_usd for one in open_batches),
    )
