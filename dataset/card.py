"""The dataset card: what it is, how it was made, from what, and how far it may be trusted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from dataset.row import Row
from inscape import __version__

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
NEEDS = {"7B": (100, 500), "30B": (200, 800), "70B": (300, 1000), "405B": (500, 1500)}


@dataclass(frozen=True)
class Book:
    """A source by its hash; `file` is the bare name, since paths say more than they should."""

    sha256: str
    title: str
    author: str = ""
    file: str = ""


@dataclass(frozen=True)
class Made:
    """How the whole project came to where it stands. `requested` counts settled assignments."""

    requested: int = 0
    accepted: int = 0
    escalated: int = 0
    rejected: int = 0
    failed: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    calls: int = 0
    usd: float | None = None
    agreement: Mapping[str, Any] = field(default_factory=dict)
    books: tuple[Book, ...] = ()


@dataclass
class Facts:
    """What was seen while the rows streamed by."""

    sides: Counter[str] = field(default_factory=Counter)
    templates: Counter[str] = field(default_factory=Counter)
    phenomena: Counter[str] = field(default_factory=Counter)
    books: Counter[str] = field(default_factory=Counter)
    teachers: Counter[str] = field(default_factory=Counter)
    judges: Counter[str] = field(default_factory=Counter)
    words: Counter[int] = field(default_factory=Counter)
    passages: set[str] = field(default_factory=set)
    rehearsal: int = 0
    decided: int = 0
    edited: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    thoughts_lost: int = 0

    def add(self, row: Row, side: str) -> None:
        self.sides[side] += 1
        self.templates[row.template_id] += 1
        self.phenomena[row.phenomenon or "unnamed"] += 1
        self.books[row.passage.book] += 1
        self.teachers[row.model or "unknown"] += 1
        self.judges.update(row.verdict.judges if row.verdict else ())
        self.words[len(row.example.spoken.split())] += 1
        self.passages.add(row.passage.id)
        self.rehearsal += row.rehearsal
        self.decided += row.decision is not None
        self.edited += row.origin == "person"

    @property
    def total(self) -> int:
        return sum(self.sides.values())


def write_card(options: Mapping[str, Any], made: Made, facts: Facts) -> str:
    """The whole README.md; the same facts give the same text, so no date stands in it."""
    parts = [
        _front_matter(options, made, facts),
        "# Inner experience, drawn from books\n",
        _rehearsal(facts),
        _what(options, made, facts),
        _how(options, made, facts),
        _trust(made, facts),
        _coverage(facts),
        _sources(made, facts),
        _limits(options),
    ]
    return "\n".join(part for part in parts if part)


def _front_matter(options: Mapping[str, Any], made: Made, facts: Facts) -> str:
    head: dict[str, Any] = {"license": options["license"]} if options["license"] else {}
    reviewed = ["expert-generated"] if facts.decided else []
    files = [
        {"split": side, "path": f"{side}.jsonl"}
        for side in ("train", "validation")
        if facts.sides[side]
    ]
    head |= {
        "pretty_name": "Inner experience, drawn from books",
        "annotations_creators": ["machine-generated", *reviewed],
        "language_creators": ["machine-generated"],
        "task_categories": ["text-generation"],
        "tags": ["synthetic", "inscape", "sft", *(["rehearsal"] if facts.rehearsal else [])],
        "size_categories": [next((n for most, n in SIZES if facts.total < most), "n>1M")],
        "configs": [{"config_name": "default", "data_files": files}],
    }
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n"


def _rehearsal(facts: Facts) -> str:
    if not facts.rehearsal:
        return ""
    return (
        f"**{facts.rehearsal} of {facts.total} examples ({_share(facts.rehearsal, facts.total)}) "
        "are rehearsal: composed from a small bank of stock sentences to try the machinery, by no "
        "language model. Do not train on them and do not publish them.**\n"
    )


def _what(options: Mapping[str, Any], made: Made, facts: Facts) -> str:
    sides = ", ".join(
        f"{facts.sides[side]:,} in `{side}.jsonl`" for side in ("train", "validation")
    )
    lines = [
        "Examples of inner experience in the first person and the present tense: monologues, and",
        "conversations in which the inner process shows. Each was written by a teacher from one",
        "passage of a book, by one template, and weighed by a critic.\n",
        f"- **{facts.total:,} examples** from {len(facts.passages):,} passages: {sides}.",
        "- No passage, and no near-duplicate of it, is on both sides of the split.",
        f"- Format `{options['format']}`, {_thinking(options)}.",
        "- `manifest.json` says of every line where it came from: book, pages, template, models, "
        "scores, decisions, cost.",
    ]
    if facts.left_out:
        why = "; ".join(f"{n:,} because {reason}" for reason, n in sorted(facts.left_out.items()))
        lines.append(f"- Left out, because this format cannot say them: {why}.")
    if facts.thoughts_lost:
        lines.append(
            f"- {facts.thoughts_lost:,} thoughts are missing: the format has no place for them."
        )
    return "\n".join(lines) + "\n"


def _thinking(options: Mapping[str, Any]) -> str:
    match options["thinking"]:
        case "tags":
            return f"thinking inside `<{options['tag']}>` tags"
        case "field":
            return f"thinking under the key `{options['key']}`"
        case _:
            return "thinking taken out"


def _how(options: Mapping[str, Any], made: Made, facts: Facts) -> str:
    shown = {name: value for name, value in options.items() if value is not None}
    rows = [
        ("requested", made.requested),
        ("accepted", made.accepted),
        ("waiting for a person", made.escalated),
        ("rejected", made.rejected),
        ("failed", made.failed),
    ]
    reasons = [f"- {code}: {n:,}" for code, n in sorted(made.reasons.items(), key=_most_first)]
    return "\n".join(
        [
            "## How it was made\n",
            f"By Inscape {__version__}; teacher {_names(facts.teachers)}; "
            f"critic {_names(facts.judges) or 'checks only, no judging model'}.",
            f"{made.calls:,} model calls, {_cost(made.usd)}.\n",
            "| assignments | n |\n|---|--:|",
            *(f"| {name} | {n:,} |" for name, n in rows),
            *(["\nWhy some are not in:\n", *reasons] if reasons else []),
            "\nExport options: " + ", ".join(f"`{k}={v}`" for k, v in shown.items()) + ".\n",
        ]
    )


def _cost(usd: float | None) -> str:
    return "cost unknown" if usd is None else f"{usd:.2f} US dollars"


def _trust(made: Made, facts: Facts) -> str:
    lines = [
        "## How far to trust it\n",
        f"- A person decided on {facts.decided:,} of {facts.total:,} examples "
        f"({_share(facts.decided, facts.total)}) and edited {facts.edited:,} "
        f"({_share(facts.edited, facts.total)}).",
        f"- Critic against people: {_agreement(made.agreement)}.",
        "- Fine-tuning by size of model: " + _needs(facts.total) + ".",
    ]
    return "\n".join(lines) + "\n"


def _agreement(found: Mapping[str, Any]) -> str:
    """From `n`, `raw`, `kappa` and its `interval`, those of them that are known."""
    if not found.get("n"):
        return "not known, since no decision can be compared yet"
    said = f"{found['n']:,} decisions, raw agreement {found['raw']:.0%}"
    if found.get("kappa") is None or not found.get("interval"):
        return said
    low, high = found["interval"]
    return f"{said}, Cohen's kappa {found['kappa']:.2f} (95 % interval {low:.2f} to {high:.2f})"


def _needs(total: int) -> str:
    def standing(least: int, good: int) -> str:
        if total >= good:
            return "enough"
        return "above the minimum" if total >= least else "too few"

    return "; ".join(
        f"{size} {standing(least, good)} (minimum {least:,}, recommended {good:,})"
        for size, (least, good) in NEEDS.items()
    )


def _coverage(facts: Facts) -> str:
    words = sorted(facts.words.elements())
    middle = f"{words[len(words) // 2]} (from {words[0]} to {words[-1]})"
    return "\n".join(
        [
            "## What is in it\n",
            *_table("template", facts.templates),
            "",
            *_table("phenomenon", facts.phenomena),
            f"\nWords an example, in the middle: {middle}.\n",
        ]
    )


def _table(name: str, counted: Counter[str]) -> list[str]:
    rows = [f"| {key} | {n:,} |" for key, n in sorted(counted.items(), key=_most_first)]
    return [f"| {name} | examples |\n|---|--:|", *rows]


def _sources(made: Made, facts: Facts) -> str:
    known = {book.sha256: book for book in made.books}
    lines = ["## Sources\n"]
    for sha256, n in sorted(facts.books.items(), key=_most_first):
        book = known.get(sha256) or Book(sha256, "a book no longer on record")
        by = f" by {_plain(book.author)}" if book.author else ""
        file = f", `{_plain(book.file)}`" if book.file else ""
        lines.append(f"- {_plain(book.title)}{by}{file}: {n:,} examples, SHA-256 `{sha256}`")
    return "\n".join(lines) + "\n"


def _limits(options: Mapping[str, Any]) -> str:
    license = (
        f"Licence: `{options['license']}`, as stated by whoever made this export."
        if options["license"]
        else "**No licence has been stated.** Whether this may be shared depends on the rights in "
        "the books and on the teacher's terms; export again with `--license ID` once that is clear."
    )
    return (
        "## Limits\n\n"
        "The inner life shown here is written, not observed. A model tuned on it talks as if it "
        "had experiences; that is no evidence that it has any. Templates, critic and books bring "
        f"each their own slant.\n\n{license}\n"
    )


def _names(counted: Counter[str]) -> str:
    return ", ".join(f"`{_plain(name)}`" for name in sorted(counted))


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "0 %"


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _plain(text: str) -> str:
    """A title is data: on one line, and without the marks that Markdown and HTML would follow."""
    line = " ".join(text.split())
    return "".join(f"\\{mark}" if mark in "\\`*_[]<>|#" else mark for mark in line)
