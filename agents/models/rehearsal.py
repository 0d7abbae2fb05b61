"""The rehearsal model needs no key and no network: it composes from a bank of our own sentences.

They have each template's shape and no meaning, so that every moving part can be tried.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict

from agents.models.base import Reply, Request
from inscape.errors import ModelRefusedCall

BANK = Path(__file__).parent / "rehearsal_bank.yaml"


class Rehearsal:
    """Deterministic: the same facts, nonce and point of the talk give the same text."""

    spec = "rehearsal"
    is_rehearsal = True

    async def ask(self, request: Request) -> Reply:
        if request.purpose == "doctor":
            return _reply({"ok": True})
        if request.purpose not in ("teach", "revise"):
            raise ModelRefusedCall(
                f"The rehearsal model cannot {request.purpose}: it only stands in for a teacher",
                hint="Name a real model for this, such as anthropic:MODEL or openai:MODEL",
            )
        return _reply(_Composer(request).compose())


def _reply(answer: Mapping[str, Any]) -> Reply:
    text = json.dumps(answer, ensure_ascii=False, indent=1)
    return Reply(text=text, stop_reason="end_turn", usd=0.0, model="rehearsal")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Phenomenon(_Frozen):
    feelings: tuple[str, ...]
    lines: tuple[str, ...]
    literal: tuple[str, ...]


class _Scene(_Frozen):
    ask: str
    open: str
    mid: str
    end: str


class _Talk(_Frozen):
    thing: str
    says: tuple[str, ...]


class _Errand(_Frozen):
    human: str
    answer: str


class _Bank(_Frozen):
    phenomena: dict[str, _Phenomenon]
    scenes: tuple[_Scene, ...]
    talks: tuple[_Talk, ...]
    errands: tuple[_Errand, ...]
    asks: tuple[str, ...]
    starters: tuple[str, ...]
    links: tuple[str, ...]
    doubts: tuple[str, ...]
    reactions: tuple[str, ...]
    replies: tuple[str, ...]
    arrivals: tuple[str, ...]
    returns: tuple[str, ...]
    carries: tuple[str, ...]
    leavings: tuple[str, ...]
    catches: tuple[str, ...]
    lookings: tuple[str, ...]
    nudges: tuple[str, ...]
    aftermaths: tuple[str, ...]
    inquiries: tuple[str, ...]
    commissions: tuple[str, ...]
    literal: tuple[str, ...]
    verdicts: tuple[str, ...]
    certainties: tuple[str, ...]
    unsettled: tuple[str, ...]


@cache
def _bank() -> _Bank:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return _Bank.model_validate(yaml.load(BANK.read_text(encoding="utf-8"), loader))


class _Range(NamedTuple):
    least: int
    most: int


class _Said(NamedTuple):
    value: str
    thinking: str = ""


class _Composer:
    """One composition. Every line is drawn at most once, so that nothing repeats within it."""

    def __init__(self, request: Request) -> None:
        facts = request.facts
        self.facts = facts
        self.bank = _bank()
        self.thinks = facts.get("thinking") == "required"
        self.dice = Random(_seed(request))
        self._drawn: set[str] = set()
        names = sorted(self.bank.phenomena)
        named = facts.get("phenomenon", "")
        first = named if named in names else self.dice.choice(names)
        # From one phenomenon alone the pieces would be too alike, so a second runs through each.
        second = self.dice.choice([name for name in names if name != first])
        self.first, self.second = self.bank.phenomena[first], self.bank.phenomena[second]
        self.words = {"feeling": self.dice.choice(self.first.feelings), "thing": ""}

    def compose(self) -> dict[str, Any]:
        form, template = self.facts.get("form", "either"), self.facts.get("template", "")
        if template == "computational" or self.facts.get("literal") == "true":
            return self._report(form)
        if form == "monologue":
            return self._monologue()
        if template == "meta-awareness":
            return self._caught()
        return self._talk()

    def _monologue(self) -> dict[str, Any]:
        scene = self.dice.choice(self.bank.scenes)
        opening, middle, ending = self._woven(scene, _range(self.facts.get("words"), (150, 300)))
        if len(opening) > 1 and self.dice.random() < 0.4:
            opening[:2] = opening[1::-1]
        if self.dice.random() < 0.5:
            opening.insert(0, self.draw(self.bank.starters))
        paragraphs = filter(None, (_prose(lines) for lines in (opening, middle, ending)))
        return {
            "instruction": f"{scene.ask} {self.draw(self.bank.asks)}",
            "input": "",
            "output": self._tagged(_Said("\n\n".join(paragraphs))),
        }

    def _woven(self, scene: _Scene, wanted: _Range) -> tuple[list[str], list[str], list[str]]:
        """The scene comes three times, and the phenomena between, up to the words wanted."""
        frame = [scene.open, scene.mid, self.draw(self.bank.doubts), scene.end]
        for spare in (2, 1, 3):
            if _count(frame) > wanted.most:
                frame[spare] = ""
        target = wanted.least + (wanted.most - wanted.least) * self.dice.uniform(0.15, 0.45)
        pools = (self.first.lines, self.second.lines, self.bank.links, self.first.lines)
        lines: list[str] = []
        while _count(frame + lines) < target:
            line = self.draw(pools[len(lines) % len(pools)])
            if _count([*frame, *lines, line]) > wanted.most:
                break
            lines.append(line)
        cut, turn = len(lines) // 3, 2 * len(lines) // 3
        return [frame[0], *lines[:cut]], [frame[1], *lines[cut:turn]], [*lines[turn:], *frame[2:]]

    def _talk(self) -> dict[str, Any]:
        """The feeling of the first reply is gone back to in the second and carried to the end."""
        talk = self.dice.choice(self.bank.talks)
        self.words["thing"] = talk.thing
        exchanges = self._exchanges((4, 8))
        says = [*talk.says[:exchanges]]
        says += [self.draw(self.bank.nudges) for _ in range(exchanges - len(says))]
        replies = [self._turn(number, exchanges) for number in range(exchanges)]
        return self._conversation(says, replies)

    def _turn(self, number: int, exchanges: int) -> _Said:
        bank, line = self.bank, self.first.lines if number % 2 else self.second.lines
        felt = bank.arrivals if number == 0 else bank.returns if number == 1 else bank.carries
        if not self.thinks:
            rest = (
                bank.leavings if number == exchanges - 1 else self.dice.choice((bank.replies, line))
            )
            return _Said(_prose((self.draw(felt), self.short(rest))))
        thought = [self.draw(self.dice.choice((bank.reactions, line)))]
        thought.append(self.draw(bank.arrivals) if number == 0 else self.short(line))
        self.dice.shuffle(thought)
        aloud = [self.draw(felt)] if number else []
        aloud.append(self.short(self.dice.choice((bank.replies, bank.replies, line))))
        return _Said(_prose(aloud), _prose((*thought, self.short(self.first.lines))))

    def _caught(self) -> dict[str, Any]:
        errand, bank = self.dice.choice(self.bank.errands), self.bank
        looking = [self.draw(bank.lookings) for _ in range(self.dice.choice((2, 3)))]
        found = _prose((self.draw(bank.catches), *looking, self.short(self.first.lines)))
        says, replies = [errand.human], [_Said(f"{errand.answer}\n\n{found}")]
        if self._exchanges((2, 4)) > 1:
            says.append(self.draw(bank.nudges))
            after = (
                self.draw(bank.aftermaths),
                self.short(self.second.lines),
                self.draw(bank.doubts),
            )
            replies.append(_Said(_prose(after)))
        return self._conversation(says, replies)

    def _report(self, form: str) -> dict[str, Any]:
        if form == "monologue" or (form == "either" and self.dice.random() < 0.2):
            asked = self.draw(self.bank.commissions)
            return {
                "instruction": asked,
                "input": "",
                "output": self._tagged(_Said(self._findings(5))),
            }
        exchanges = min(self._exchanges((2, 4)), 3)
        says = [self.draw(self.bank.inquiries) for _ in range(exchanges)]
        return self._conversation(says, [_Said(self._findings(5 - exchanges)) for _ in says])

    def _findings(self, general: int) -> str:
        own = [self.draw(pool.literal) for pool in (self.first, self.second)]
        rest = [self.draw(self.bank.literal) for _ in range(general)]
        lines = own[:1] + rest[: general // 2] + own[1:] + rest[general // 2 :]
        half = (len(lines) + 1) // 2
        return (
            _prose(lines[:half]) + "\n\n" + _prose((*lines[half:], self.draw(self.bank.verdicts)))
        )

    def _exchanges(self, usual: tuple[int, int]) -> int:
        wanted = _range(self.facts.get("turns"), usual)
        return self.dice.randint(max(1, (wanted.least + 1) // 2), max(1, wanted.most // 2))

    def _conversation(self, says: Sequence[str], replies: Sequence[_Said]) -> dict[str, Any]:
        messages: list[dict[str, Any]] = []
        for said, reply in zip(says, replies, strict=True):
            messages.append({"from": "human", "value": said})
            messages.append({"from": "assistant", "value": self._tagged(reply)} | self._state())
        return {"conversations": messages}

    def _tagged(self, reply: _Said) -> str:
        thinking = reply.thinking or (self.draw(self.bank.doubts) if self.thinks else "")
        return f"<thinking>{thinking}</thinking>\n{reply.value}" if thinking else reply.value

    def _state(self) -> dict[str, dict[str, str]]:
        fields = [field for field in self.facts.get("state", "").split(",") if field]
        pools = {
            "mood": self.first.feelings,
            "emotion": self.first.feelings,
            "certainty": self.bank.certainties,
            "thoughts": self.bank.reactions,
            "uncertainty": self.bank.unsettled,
        }
        state = {field: self.draw(pools.get(field, self.bank.doubts)) for field in fields}
        return {"state": state} if state else {}

    def draw(self, pool: Sequence[str]) -> str:
        line = self.dice.choice([line for line in pool if line not in self._drawn] or list(pool))
        self._drawn.add(line)
        for name, word in self.words.items():
            line = line.replace(f"{{{name}}}", word)
            line = line.replace(f"{{{name.capitalize()}}}", word[:1].upper() + word[1:])
        return line

    def short(self, pool: Sequence[str]) -> str:
        return self.draw([line for line in pool if len(line.split()) <= 18])


def _seed(request: Request) -> int:
    told = [sorted(request.facts.items()), request.nonce, request.purpose, len(request.messages)]
    return int.from_bytes(hashlib.sha256(json.dumps(told).encode()).digest())


def _range(text: str | None, usual: tuple[int, int]) -> _Range:
    least, dash, most = (text or "").partition("-")
    if not (dash and least.strip().isdigit() and most.strip().isdigit()):
        return _Range(*usual)
    return _Range(int(least), int(most))


def _count(lines: Iterable[str]) -> int:
    return sum(len(line.split()) for line in lines)


def _prose(lines: Iterable[str]) -> str:
    return " ".join(line for line in lines if line)
