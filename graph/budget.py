"""The hard budget: a call is sent only when its worst case still fits."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from inscape.errors import BudgetReached


class Budget:
    """Counts the whole project's spending: starting again never spends the same budget twice.

    `usd` and `calls` are what the ledger holds when the run begins.
    """

    def __init__(
        self, *, usd: float, calls: int, max_usd: float | None, max_calls: int | None
    ) -> None:
        self._usd = usd
        self._calls = calls
        self._reserved = 0.0
        self._max_usd = max_usd
        self._max_calls = max_calls
        self._freed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def room(self, worst_usd: float) -> AsyncIterator[None]:
        """Hold `worst_usd` back while the call runs; wait when calls in flight are in the way."""
        async with self._freed:
            await self._freed.wait_for(lambda: self._fits(worst_usd) or self._never(worst_usd))
            self._refuse(worst_usd)
            self._reserved += worst_usd
            self._calls += 1
        try:
            yield
        finally:
            async with self._freed:
                self._reserved -= worst_usd
                self._freed.notify_all()

    def reserve(self, worst_usd: float) -> None:
        """Hold it back until `restart`. Raises BudgetReached at once when there is no room."""
        self._refuse(worst_usd)
        self._reserved += worst_usd
        self._calls += 1

    def restart(self, *, usd: float, calls: int) -> None:
        """Nothing is on its way, and so much has been spent."""
        self._usd, self._calls, self._reserved = usd, calls, 0.0

    def spend(self, usd: float) -> None:
        self._usd += usd

    def _fits(self, worst_usd: float) -> bool:
        return self._max_usd is None or self._usd + self._reserved + worst_usd <= self._max_usd

    def _never(self, worst_usd: float) -> bool:
        out_of_money = self._max_usd is not None and self._usd + worst_usd > self._max_usd
        return out_of_money or self._out_of_calls

    @property
    def _out_of_calls(self) -> bool:
        return self._max_calls is not None and self._calls >= self._max_calls

    def _refuse(self, worst_usd: float) -> None:
        if self._out_of_calls:
            raise BudgetReached(
                f"The budget of {self._max_calls} calls is used up",
                hint="Raise --max-calls and run the same command again",
            )
        if not self._fits(worst_usd):
            raise BudgetReached(
                f"The next call may cost ${worst_usd:.4f} and ${self._usd:.4f} "
                f"of ${self._max_usd:.2f} are spent",
                hint="Raise --max-usd and run the same command again",
            )
