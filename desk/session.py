"""A review, key by key: which example is looked at, and what a key does to it; no screen here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from dataset.example import Example
from dataset.records import Answer, Decision
from desk.editing import Unfit, from_page
from desk.several import Done, Offer
from desk.shown import one_line
from inscape.errors import InscapeError
from memory.records import Decided, Draft, Status, Waiting

REASONS = (
    "explains instead of experiencing",
    "solves a problem",
    "no uncertainty, too tidy",
    "not first person, present tense",
    "not the same being as the others",
    "copies the passage",
    "not about this passage",
    "stock phrases",
    "denies or claims too much",
)
DONE = {
    "accept": "Accepted",
    "reject": "Rejected",
    "edit": "Accepted as edited",
    "ignore": "Skipped",
}

Editing = Callable[[Waiting, str, str], str]
"""Let a person edit: the item, the page to open (empty for a fresh one), what was wrong before."""


class Bench(Protocol):
    """The decisions of a project, as the memory keeps them."""

    def waiting(self) -> Sequence[str]: ...
    def item(self, example_id: str) -> Waiting | None: ...
    def drafts(self, example_id: str) -> Sequence[Draft]: ...
    def decide(
        self, decision: Decision, edited: Example | None = None, shown: Status | None = None
    ) -> Decided: ...
    def explain(self, example_id: str, reason: str, by: str) -> Decided: ...
    def offer(self, item: Waiting) -> Offer | None: ...
    def reject_alike(self, defect: str, reason: str, by: str) -> Done: ...
    def undo(self, by: str, *, own: bool) -> Decided: ...


def critic_said(item: Waiting) -> str:
    """For after a blind decision."""
    if item.verdict is None:
        return "The critic has not judged it."
    mean = item.verdict.mean_score
    score = "" if mean is None else f" ({mean:.1f} of 5)"
    return f"The critic said {item.verdict.ruling}{score}: {item.verdict.reason}"


@dataclass
class View:
    """What the screen is asked to show beside the example itself."""

    help: bool = False
    blind: bool = False
    diff: bool = False
    scroll: int = 0
    message: str = "? shows the keys"


@dataclass
class Session:
    """`press` is all there is to it; `current` and `view` are what a screen draws."""

    bench: Bench
    edit: Editing
    by: str = "person"
    view: View = field(default_factory=View)
    answers: dict[str, Answer] = field(default_factory=dict)
    over: bool = False

    def __post_init__(self) -> None:
        self._ids = list(self.bench.waiting())
        self._at = 0
        self._kept: dict[str, tuple[str, str]] = {}
        self._rejected: Waiting | None = None
        self._offered: tuple[Offer, str] | None = None
        self._unseen = False
        self._told = ""  # what the critic said of the last one, if that was decided blind
        self.current: Waiting | None = None
        self._load()

    @property
    def place(self) -> tuple[int, int]:
        """Which one this is, of how many."""
        return min(self._at + 1, len(self._ids)), len(self._ids)

    def press(self, key: str) -> None:
        """Do what a key means. Errors become the message; nothing is lost by one."""
        rejected, self._rejected = self._rejected, None
        offered, self._offered = self._offered, None
        if self.view.help:
            self.view.help = False
            return
        try:
            if key.isdigit() and rejected:
                self._explain(rejected, int(key))
            elif key == "l" and offered:
                self._reject_alike(*offered)
            elif action := ACTIONS.get(key):
                action(self)
            elif key not in ("redraw", "other"):
                self.view.message = "? shows the keys"
        except InscapeError as error:
            self.view.message = f"{error} {error.hint}".strip()

    def accept(self) -> None:
        self._decide("accept")

    def reject(self) -> None:
        """The reason may follow, as a digit, while the next example is on the screen already."""
        if (item := self._decide("reject")) is not None:
            self._rejected = item
            short = "  ".join(f"{n} {reason}" for n, reason in enumerate(REASONS, start=1))
            self.view.message = f"Rejected.{self._told} Why? {short}"

    def skip(self) -> None:
        self._decide("ignore")

    def start_edit(self) -> None:
        if self.current is None:
            return
        page, complaint = self._kept.pop(self.current.example_id, ("", ""))
        self.view.message = ""
        try:
            page = self.edit(self.current, page, complaint)
            edited = from_page(page, self.current.example.form)
        except Unfit as error:
            self._kept[self.current.example_id] = (page, str(error))
            self.view.message = f"Not an example yet: {error}. e goes on editing what you wrote."
            return
        if edited is None or edited == self.current.example:
            self.view.message = "Unchanged, so nothing was decided."
            return
        if (item := self._decide("edit", edited)) is not None:
            self._make_offer(item, "")

    def undo(self) -> None:
        taken_back = self.bench.undo(self.by, own=True)
        key = taken_back.decision.example_id
        self.answers.pop(key, None)
        if key not in self._ids:
            self._ids.insert(self._at, key)
        self._at = self._ids.index(key)
        self._load()
        self.view.message = f"Taken back: {DONE[taken_back.decision.answer].lower()}."

    def turn_blind(self) -> None:
        """A verdict once seen stays seen: the decision on this one will not count as blind."""
        self.view.blind = not self.view.blind
        self._unseen = False
        self.view.message = ""

    def forward(self) -> None:
        self._move(1)

    def back(self) -> None:
        self._move(-1)

    def quit(self) -> None:
        self.over = True

    def _explain(self, rejected: Waiting, digit: int) -> None:
        """The rejection stands already; it is said again, with its reason."""
        if not 1 <= digit <= len(REASONS):
            return
        reason = REASONS[digit - 1]
        self.bench.explain(rejected.example_id, reason, self.by)
        self.view.message = f"Rejected: {reason}."
        self._make_offer(rejected, reason)

    def _make_offer(self, item: Waiting, reason: str) -> None:
        """All like this: the others that wait with the same defect."""
        if (found := self.bench.offer(item)) is not None:
            self._offered = found, reason
            wait = "other waits" if found.others == 1 else "others wait"
            self.view.message += f" {found.others} {wait} with {found.defect}: l rejects all such."

    def _reject_alike(self, offer: Offer, reason: str) -> None:
        done = self.bench.reject_alike(offer.defect, reason, self.by)
        self.answers.update(dict.fromkeys(done.ids, "reject"))
        if self.current is not None and self.current.example_id in done.ids:
            self._advance()
        self.view.message = f"{len(done.ids)} more rejected for {offer.defect}. u takes one back."

    def _decide(self, answer: Answer, edited: Example | None = None) -> Waiting | None:
        item = self.current
        if item is None:
            self.view.message = "Nothing is left to decide. u takes the last one back, q leaves."
            return None
        decision = Decision(
            example_id=item.example_id, answer=answer, by=self.by, blind=self._unseen
        )
        self.bench.decide(decision, edited, shown="escalated")
        self.answers[item.example_id] = answer
        blind = decision.blind and answer != "ignore"
        self._told = f" {one_line(critic_said(item)).rstrip('.')}." if blind else ""
        self._advance()
        self.view.message = f"{DONE[answer]}.{self._told} u takes it back."
        return item

    def _advance(self) -> None:
        """To the next one that nobody has answered, from here on and then from the start."""
        order = [*range(self._at + 1, len(self._ids)), *range(self._at)]
        after = next((n for n in order if self._ids[n] not in self.answers), None)
        if after is None:
            known = len(self._ids)
            self._ids += [key for key in self.bench.waiting() if key not in self._ids]
            after = known
        self._at = after
        self._load()

    def _move(self, step: int) -> None:
        """Over the ones still waiting; skipped ones are looked at again this way."""
        open_ = [n for n, key in enumerate(self._ids) if self.answers.get(key) in (None, "ignore")]
        beyond = [n for n in open_ if (n > self._at if step > 0 else n < self._at)]
        if not beyond:
            self.view.message = "That was the last one." if step > 0 else "This is the first one."
            return
        self._at = beyond[0] if step > 0 else beyond[-1]
        self.view.message = ""
        self._load()

    def _load(self) -> None:
        """Show the item here, or the next one if somebody else has decided this meanwhile."""
        self.view.scroll, self.view.diff = 0, False
        self._unseen = self.view.blind
        while self._at < len(self._ids):
            self.current = self.bench.item(self._ids[self._at])
            if self.current is not None:
                return
            del self._ids[self._at]
        self.current = None


Action = Callable[[Session], None]


def _switch(name: Literal["help", "diff"]) -> Action:
    def action(session: Session) -> None:
        setattr(session.view, name, not getattr(session.view, name))
        session.view.message = ""

    return action


def _scroll(lines: int) -> Action:
    def action(session: Session) -> None:
        session.view.scroll = max(0, session.view.scroll + lines)

    return action


ACTIONS: dict[str, Action] = {
    "a": Session.accept,
    "x": Session.reject,
    "e": Session.start_edit,
    "space": Session.skip,
    "u": Session.undo,
    "undo": Session.undo,
    "j": Session.forward,
    "right": Session.forward,
    "k": Session.back,
    "left": Session.back,
    "q": Session.quit,
    "interrupt": Session.quit,
    "?": _switch("help"),
    "h": _switch("help"),
    "b": Session.turn_blind,
    "d": _switch("diff"),
    "down": _scroll(2),
    "up": _scroll(-2),
    "page-down": _scroll(15),
    "page-up": _scroll(-15),
    "enter": _scroll(15),
    "home": _scroll(-(10**6)),
    "end": _scroll(10**6),
}
