"""Calls side by side, of which none that is paid for is lost."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def together(calls: Iterable[Awaitable[T]]) -> list[T]:
    """All at once. The first error is raised when all are done: calls in flight end and are kept.

    Whoever asked may close the connections as soon as it hears of an error.
    """
    answers = await asyncio.gather(*calls, return_exceptions=True)
    found: list[T] = []
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
        found.append(answer)
    return found
