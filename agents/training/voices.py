"""Base and tuned model as two voices that can be asked, over the process that speaks for them."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal

from agents.training.place import Place
from agents.training.process import Process
from agents.training.troubles import died
from inscape.errors import TrainingError
from inscape.recipe import Sampling

Voice = Literal["base", "tuned"]
Talk = Sequence[Mapping[str, str]]

VOICES: tuple[Voice, Voice] = ("base", "tuned")


class Voices:
    def __init__(self, process: Process, place: Place) -> None:
        self._process = process
        self._place = place

    async def answers(self, voice: Voice, talks: Sequence[Talk], sampling: Sampling) -> list[str]:
        """One answer a talk, without the tokens that close it."""
        asked = {"do": "answers", "voice": voice, "talks": list(talks), **sampling.model_dump()}
        found: list[str] = (await self._ask(asked))["texts"]
        return found

    async def loss(self, voice: Voice, talks: Sequence[Talk]) -> tuple[float | None, int]:
        """Mean loss over what the assistant says, and over how many tokens."""
        found = await self._ask({"do": "loss", "voice": voice, "talks": list(talks)})
        return found["loss"], found["tokens"]

    async def _ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        await self._process.say(dict(asked))
        return await self.heard()

    async def heard(self) -> dict[str, Any]:
        event = await self._process.next_event()
        if event is None:
            raise died(await self._process.ended(), str(self._place.root / "speaking.log"))
        if event["event"] == "failed":
            raise TrainingError(event["message"], hint=event["hint"])
        return event


@contextlib.asynccontextmanager
async def speaking(place: Place) -> AsyncIterator[Voices]:
    """Load both; when it is over the memory is given back. Raises TrainingError."""
    place.result()
    async with Process("agents.training.speaker", place.root) as process:
        voices = Voices(process, place)
        await voices.heard()
        yield voices
