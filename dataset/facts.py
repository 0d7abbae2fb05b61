"""What is seen while the rows of an export stream by: all that a card says of its content."""

from collections import Counter
from dataclasses import dataclass, field

import py3langid

from dataset.row import Call, Row
from dataset.verbatim import Longest

_ALL_UP_TO, _THEN_EVERY = 1_000, 50  # rows whose language is looked at
_SPOKEN = 0.05  # a language with a smaller share is more likely a wrong guess
_BIN = 25  # words


@dataclass
class Facts:
    """Everything is counted; nothing that grows with the dataset is kept but the passages' ids."""

    sides: Counter[str] = field(default_factory=Counter)
    templates: Counter[str] = field(default_factory=Counter)
    phenomena: Counter[str] = field(default_factory=Counter)
    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    books: Counter[str] = field(default_factory=Counter)
    teachers: Counter[str] = field(default_factory=Counter)
    judges: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    tongues: Counter[str] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    pairs_left_out: Counter[str] = field(default_factory=Counter)
    passages: set[str] = field(default_factory=set)
    longest: Longest = field(default_factory=Longest)
    examples: int = 0
    rehearsal: int = 0
    decided: int = 0
    edited: int = 0
    systems: int = 0
    thoughts_lost: int = 0
    states_lost: int = 0
    states: int = 0
    borrowed: int = 0

    def add_line(self, side: str, *, system: bool) -> None:
        """One line of a file."""
        self.sides[side] += 1
        self.systems += system

    def add(self, row: Row) -> None:
        """One example, however many lines it takes."""
        phenomenon = row.phenomenon or "unnamed"
        spoken = row.example.spoken
        self.examples += 1
        self.templates[row.template_id] += 1
        self.phenomena[phenomenon] += 1
        self.cells[row.template_id, phenomenon] += 1
        self.books[row.passage.book] += 1
        self.teachers[row.model or "unknown"] += 1
        self.judges.update(row.verdict.judges if row.verdict else ())
        self.asked.update({_parameters(call) for call in row.calls})
        self.lengths[len(spoken.split())] += 1
        self.passages.add(row.passage.id)
        self.rehearsal += row.rehearsal
        self.decided += row.decision is not None
        self.edited += row.origin == "person"
        self.states += any(turn.state for turn in row.example.turns)
        self.longest.look(row.id, spoken, row.passage.text)
        if self.examples <= _ALL_UP_TO or self.examples % _THEN_EVERY == 0:
            self.tongues[py3langid.classify(spoken)[0]] += 1

    @property
    def lines(self) -> int:
        return sum(self.sides.values())

    @property
    def languages(self) -> list[str]:
        """ISO 639-1, commonest first."""
        least = _SPOKEN * sum(self.tongues.values())
        return [code for code, n in sorted(self.tongues.items(), key=most_first) if n >= least]

    def length_bins(self) -> list[tuple[int, int]]:
        """How many examples have from so many words on, up to the next one's; no gaps."""
        binned = Counter[int]()
        for words, n in self.lengths.items():
            binned[words // _BIN * _BIN] += n
        return [(low, binned[low]) for low in range(min(binned), max(binned) + 1, _BIN)]


def _parameters(call: Call) -> str:
    given = {"max_tokens": call.max_tokens, "temperature": call.temperature}
    said = ", ".join(f"{name} {value}" for name, value in given.items() if value is not None)
    return f"{call.purpose}: {call.spec}" + (f" ({said})" if said else "")


def most_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
