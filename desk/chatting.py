"""A talk with the tuned model in the terminal, and with the base model beside it if wanted."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from rich.markup import escape

from agents.training.place import Place
from agents.training.voices import VOICES, Voice, Voices, speaking
from dataset.example import split_thinking
from desk.shown import visible
from inscape.recipe import Sampling

if TYPE_CHECKING:
    from desk.here import Here

NEW, THINKING = "/new", "/thinking"


@dataclass
class Talk:
    """What each voice has heard and said: they hear the same person and remember themselves."""

    system: str
    said: dict[Voice, list[dict[str, str]]] = field(default_factory=dict)

    def begin(self) -> None:
        head = [{"role": "system", "content": self.system}] if self.system else []
        self.said = {voice: list(head) for voice in VOICES}

    def add(self, voice: Voice, role: str, text: str) -> list[dict[str, str]]:
        self.said[voice].append({"role": role, "content": text})
        return self.said[voice]


async def converse(
    here: "Here",
    place: Place,
    sampling: Sampling,
    *,
    compare: bool,
    thinking: bool,
    system: str,
    lines: TextIO,
) -> None:
    """Until the input ends. Each answer draws with a seed of its own, the same every time."""
    here.say("Getting the model …", "dim")
    async with speaking(place) as voices:
        here.say("Go ahead. An empty line ends the talk; /new begins another.", "dim")
        talk, asked = Talk(system), 0
        talk.begin()
        while line := (await _heard(here, lines)).strip():
            if line == NEW:
                talk.begin()
            elif line == THINKING:
                thinking = not thinking
            else:
                drawn = sampling.model_copy(update={"seed": sampling.seed + asked})
                asked += 1
                for voice in VOICES if compare else VOICES[1:]:
                    answer = await _answer(voices, talk, voice, line, drawn)
                    _show(here, voice if compare else "", answer, thinking=thinking)


async def _heard(here: "Here", lines: TextIO) -> str:
    if here.err.is_terminal and lines.isatty():
        here.err.print("[bold]›[/] ", end="")
    return await asyncio.to_thread(lines.readline)


async def _answer(voices: Voices, talk: Talk, voice: Voice, line: str, sampling: Sampling) -> str:
    heard = talk.add(voice, "user", line)
    answer = (await voices.answers(voice, [heard], sampling))[0]
    talk.add(voice, "assistant", answer)
    return answer


def _show(here: "Here", name: str, answer: str, *, thinking: bool) -> None:
    parts = split_thinking(answer)
    if name:
        here.tell(f"{name}:", "bold")
    if parts.thinking and thinking:
        here.out.print(f"[dim italic]{escape(visible(parts.thinking))}[/]", highlight=False)
    here.tell(visible(parts.content or "(silence)"))
