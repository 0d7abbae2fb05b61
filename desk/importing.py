"""Replies that a person collected by hand: read by the teacher's ladder, weighed like any draft."""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from agents.critic import Critic
from agents.reading import Read, read_reply
from corpus.embed import Embedder
from corpus.passage import Passage
from dataset.example import to_interchange
from dataset.records import Outcome, Verdict, new_assignment
from desk.files import field, json_lines
from desk.loose import passage_of_text
from graph.trusting import Trusting
from inscape.errors import InscapeError
from inscape.settings import Settings
from memory.records import BookRecord
from memory.store import Store
from prompts.library import Library, Template

BY_HAND = hashlib.sha256(b"by hand").hexdigest()
STOPS = ("end_turn", "max_tokens", "refusal")


class Reply(NamedTuple):
    """One line of the file, and what was read from it; `passage` is text or an id."""

    id: str
    template: Template
    passage: str
    raw: str
    read: Read

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"id": self.id, "read": self.read.read}
        if self.read.reason:
            said["reason"] = self.read.reason
        if self.read.example is not None:
            said["example"] = to_interchange(self.read.example)
        return said


class Taken(NamedTuple):
    """What became of a reply that could be read."""

    example_id: str
    status: str
    reason: str


def read_replies(path: Path, library: Library) -> Iterator[Reply]:
    for number, data in json_lines(path):
        yield _reply(data, library, path, number)


def _reply(data: dict[str, Any], library: Library, path: Path, number: int) -> Reply:
    place = f"{path}:{number}"
    if data.get("template") in (None, ""):
        raise InscapeError(f"{place} needs 'template'", hint="See: inscape templates list")
    template = library.template(str(data["template"]))
    if not isinstance(data.get("raw"), str):
        raise InscapeError(f"{place} needs 'raw', the reply as it came")
    stop = data.get("stop_reason") or "end_turn"
    if stop not in STOPS:
        raise InscapeError(
            f"{place}: unknown stop_reason {stop!r}", hint=f"Known: {', '.join(STOPS)}"
        )
    passage = field(data, "passage", path, number) if data.get("passage") else ""
    read = read_reply(data["raw"], stop, template.form)
    return Reply(str(data.get("id") or number), template, passage, data["raw"], read)


class Importer:
    """Brings read replies into the project. The same reply again changes nothing."""

    def __init__(
        self,
        store: Store,
        critic: Critic,
        embedder: Embedder,
        settings: Settings,
        trusting: Trusting,
    ) -> None:
        self._store = store
        self._critic = critic
        self._embedder = embedder
        self._settings = settings
        self._trusting = trusting

    async def take(self, reply: Reply) -> Taken:
        """Plan, keep, weigh and settle one reply; a defect goes to a person, who can mend it."""
        example = reply.read.example
        assert example is not None
        passage = self._passage(reply)
        variant = int(_digest(reply.raw)[:7], 16)
        assignment = new_assignment(passage.id, reply.template.id, reply.template.version, variant)
        if not self._store.plan([(assignment, self._phenomenon(passage))]):
            return self._known(assignment.id)
        self._store.note("imported", assignment.id, "person", id=reply.id, raw=reply.raw)
        vector = self._embedder.encode([example.spoken])[0]
        key = self._store.save_example(assignment.id, example, vector=vector)
        verdict = await self._critic.judge(
            key,
            example,
            reply.template,
            passage,
            neighbour=self._store.nearest(
                vector, but=assignment.id, surely=self._settings.verdicts.near_duplicate
            ),
            attempt=self._settings.verdicts.max_revisions,
            trust=self._trusting.now(),
        )
        self._store.save_verdict(key, verdict)
        self._settle(assignment.id, key, verdict)
        return self._known(assignment.id)

    def _settle(self, assignment_id: str, key: str, verdict: Verdict) -> None:
        outcome: Outcome = "escalated" if verdict.ruling in ("escalate", "revise") else "rejected"
        reason = verdict.defects[0].code if verdict.defects else "uncertain"
        if verdict.ruling == "accept":
            why = self._trusting.asks(key, verdict)
            admission = self._store.admit(
                key,
                near_duplicate=self._settings.verdicts.near_duplicate,
                cap_per_passage=self._settings.limits.per_passage,
                reason=why,
                look=bool(why),
            )
            reason = admission.reason
        if reason:
            self._store.settle(assignment_id, outcome, reason, key)

    def _known(self, assignment_id: str) -> Taken:
        found = self._store.assignment(assignment_id)
        return Taken(found.example_id or "", found.status, found.reason)

    @cached_property
    def _shelf(self) -> dict[str, Passage]:
        """The project's passages by their ids and by their texts."""
        known = [one.passage for one in self._store.passages()]
        return {one.text: one for one in known} | {one.id: one for one in known}

    def _passage(self, reply: Reply) -> Passage:
        """One of the project's; else the text as given, and without one a passage of no words."""
        if reply.passage in self._shelf:
            return self._shelf[reply.passage]
        own = "" if reply.passage else _digest(reply.raw)[:12]
        passage = passage_of_text(reply.passage, id=own, book=BY_HAND, title="By hand")
        self._store.add_book(BookRecord(BY_HAND, "", "By hand"))
        self._store.add_passages([passage])
        return passage

    def _phenomenon(self, passage: Passage) -> str:
        return next(iter(self._store.rated_passage(passage.id).phenomena), "")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
