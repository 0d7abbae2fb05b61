"""The dataset card: what it is, how it was made, from what, and how far it may be trusted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from dataset.columns import Column
from dataset.facts import Facts, most_first
from dataset.files import SIDES, ending
from dataset.formats import PREFERENCE
from inscape import __version__
from inscape.sizes import SIZES

NAME = "Inner experience, drawn from books"
LENGTHS, COVERAGE = "lengths.svg", "coverage.svg"
_MANY = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_COPIED = 7  # so many words in a row are taken over, not met by chance
_OPENAI_LEAST = 10


@dataclass(frozen=True)
class Book:
    """A source by its hash; `file` is the bare name, since paths say more than they should."""

    sha256: str
    title: str
    author: str = ""
    file: str = ""


@dataclass(frozen=True)
class Made:
    """How the whole project came to where it stands. `requested` counts settled assignments.

    `commands` are the runs, oldest first, and `settings` those of the last one.
    """

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
    commands: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    """`options` as the manifest has them, `command` as one would type them."""

    options: Mapping[str, Any]
    command: str
    columns: Sequence[Column]
    made: Made
    facts: Facts

    def text(self) -> str:
        """The whole README.md; the same facts give the same text, so no date stands in it."""
        parts = [
            self._front_matter(),
            f"# {NAME}\n",
            self._rehearsal(),
            self._what(),
            self._left_out(),
            self._how(),
            self._trust(),
            self._coverage(),
            self._sources(),
            self._limits(),
        ]
        return "\n".join(part for part in parts if part)

    def _front_matter(self) -> str:
        facts, options = self.facts, self.options
        pairs = options["format"] == PREFERENCE
        head: dict[str, Any] = {"license": options["license"]} if options["license"] else {}
        if facts.languages:
            head["language"] = facts.languages
        kind = "preference" if pairs else "sft"
        head |= {
            "pretty_name": NAME,
            "annotations_creators": [
                "machine-generated",
                *(["expert-generated"] if facts.decided else []),
            ],
            "language_creators": ["machine-generated"],
            "task_categories": ["text-generation"],
            "tags": [
                *("synthetic", "inscape", kind),
                *(["dpo"] if pairs else []),
                *(["rehearsal"] if facts.rehearsal else []),
            ],
            "size_categories": [next((n for most, n in _MANY if facts.lines < most), "n>1M")],
            "configs": [{"config_name": "default", "data_files": self._data_files()}],
            "dataset_info": {"config_name": "default", "features": list(self.columns)},
        }
        return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n"

    def _data_files(self) -> list[dict[str, str]]:
        end = ending(self.options["format"])
        return [{"split": s, "path": f"{s}.{end}"} for s in SIDES if self.facts.sides[s]]

    def _rehearsal(self) -> str:
        n, total = self.facts.rehearsal, self.facts.examples
        if not n:
            return ""
        return (
            f"**{n} of {total} examples ({_share(n, total)}) are rehearsal: composed from a small "
            "bank of stock sentences to try the machinery, by no language model. Do not train on "
            "them and do not publish them.**\n"
        )

    def _what(self) -> str:
        facts, options = self.facts, self.options
        end = ending(options["format"])
        sides = ", ".join(f"{facts.sides[side]:,} in `{side}.{end}`" for side in SIDES)
        what = "pairs of answers" if options["format"] == PREFERENCE else "examples"
        lines = [
            "Examples of inner experience in the first person and the present tense: monologues,",
            "and conversations in which the inner process shows. Each was written by a teacher",
            "from one passage of a book, by one template, and weighed by a critic.\n",
            f"- **{facts.lines:,} {what}** from {len(facts.passages):,} passages: {sides}.",
            "- No passage, and no near-duplicate of it, is on both sides of the split; templates "
            "and phenomena have their share on both.",
            f"- Format `{options['format']}`, {_thinking(options)}.",
            "- `manifest.json` says of every line where it came from: book, pages, template, "
            "models, scores, decisions, cost.",
        ]
        if facts.languages:
            looked = sum(facts.tongues.values())
            spoken = ", ".join(f"`{code}`" for code in facts.languages)
            lines.append(f"- Language: {spoken}, as found in {looked:,} of the examples.")
        if facts.systems:
            lines.append(
                f"- A system prompt stands before {facts.systems:,} of the lines; the same prompt "
                "calls the pattern up in a model tuned on them."
            )
        lines += self._pairs() if options["format"] == PREFERENCE else []
        return "\n".join(lines) + "\n"

    def _pairs(self) -> list[str]:
        words = {
            "edit": "a person's edit over what it was",
            "revision": "a revision over the draft that was turned down",
            "ruling": "an accepted example over a rejected one of the same passage and template",
        }
        facts = self.facts
        kinds = [f"{n:,} {words[kind]}" for kind, n in sorted(facts.kinds.items(), key=most_first)]
        lines = [f"- What was preferred: {'; '.join(kinds)}."]
        if facts.borrowed:
            lines.append(
                f"- In {facts.borrowed:,} of them the rejected answer was written to another "
                "wording of the prompt; the wording of the preferred one stands."
            )
        return lines

    def _left_out(self) -> str:
        facts, lines = self.facts, []
        for what, counted in (("example", facts.left_out), ("pair", facts.pairs_left_out)):
            lines += [
                f"- {_count(n, what)} left out, because {reason}."
                for reason, n in sorted(counted.items())
            ]
        for n, what in ((facts.thoughts_lost, "thought"), (facts.states_lost, "state of a turn")):
            if n:
                lines.append(f"- {_count(n, what)} missing: the format has no place for it.")
        if self.options["format"] == "openai" and facts.sides["train"] < _OPENAI_LEAST:
            lines.append(f"- OpenAI takes no fewer than {_OPENAI_LEAST} examples to train on.")
        return "\n".join(["## What is not in it\n", *lines, ""]) if lines else ""

    def _how(self) -> str:
        made, facts = self.made, self.facts
        rows = [
            ("requested", made.requested),
            ("accepted", made.accepted),
            ("waiting for a person", made.escalated),
            ("rejected", made.rejected),
            ("failed", made.failed),
        ]
        reasons = [f"- {code}: {n:,}" for code, n in sorted(made.reasons.items(), key=most_first)]
        cost = "cost unknown" if made.usd is None else f"{made.usd:.2f} US dollars"
        asked = [f"- {_plain(said)}: {n:,} examples" for said, n in sorted(facts.asked.items())]
        return "\n".join(
            [
                "## How it was made\n",
                f"By Inscape {__version__}; teacher {_names(facts.teachers)}; "
                f"critic {_names(facts.judges) or 'checks only, no judging model'}.",
                f"{made.calls:,} model calls, {cost}.\n",
                *_commands([*made.commands, self.command]),
                *(["Models, and how they were asked:\n", *asked, ""] if asked else []),
                *(["Settings: " + _settings(made.settings) + ".\n"] if made.settings else []),
                "| assignments | n |\n|---|--:|",
                *(f"| {name} | {n:,} |" for name, n in rows),
                *(["\nWhy some are not in:\n", *reasons] if reasons else []),
                "",
            ]
        )

    def _trust(self) -> str:
        facts = self.facts
        decided, edited, total = facts.decided, facts.edited, facts.examples
        return "\n".join(
            [
                "## How far to trust it\n",
                f"- A person decided on {decided:,} of {total:,} examples "
                f"({_share(decided, total)}) and edited {edited:,} ({_share(edited, total)}).",
                f"- Critic against people: {_agreement(self.made.agreement)}.",
                f"- {self._copied()}",
                "",
                "| to tune a model of | minimum | recommended | these are |",
                "|---|--:|--:|---|",
                *(
                    f"| {name.upper()} | {size.minimum:,} | {size.recommended:,} "
                    f"| {size.standing(total)} |"
                    for name, size in SIZES.items()
                ),
                "",
            ]
        )

    def _copied(self) -> str:
        run = self.facts.longest.found
        said = f"The longest run of words shared with its passage: {run.words:,}"
        if run.words < _COPIED:
            return f"{said}. Runs below {_COPIED} are met by chance."
        return f"{said}, in `{run.example}`: “{_plain(run.text)}”."

    def _coverage(self) -> str:
        facts = self.facts
        words = sorted(facts.lengths.elements())
        middle = f"{words[len(words) // 2]:,} (from {words[0]:,} to {words[-1]:,})"
        return "\n".join(
            [
                "## What is in it\n",
                *_table("template", facts.templates),
                "",
                *_table("phenomenon", facts.phenomena),
                f"\n![Templates and phenomena]({COVERAGE})\n",
                f"Words an example, in the middle: {middle}.\n",
                f"![How long the examples are]({LENGTHS})\n",
            ]
        )

    def _sources(self) -> str:
        known = {book.sha256: book for book in self.made.books}
        lines = ["## Sources\n"]
        for sha256, n in sorted(self.facts.books.items(), key=most_first):
            book = known.get(sha256) or Book(sha256, "a book no longer on record")
            by = f" by {_plain(book.author)}" if book.author else ""
            file = f", `{_plain(book.file)}`" if book.file else ""
            lines.append(f"- {_plain(book.title)}{by}{file}: {n:,} examples, SHA-256 `{sha256}`")
        return "\n".join(lines) + "\n"

    def _limits(self) -> str:
        license = (
            f"Licence: `{self.options['license']}`, as stated by whoever made this export."
            if self.options["license"]
            else "**No licence has been stated.** Whether this may be shared depends on the rights "
            "in the books and on the teacher's terms; export again with `--license ID` once that "
            "is clear."
        )
        return (
            "## Limits\n\n"
            "The inner life shown here is written, not observed. A model tuned on it talks as if "
            "it had experiences; that is no evidence that it has any. Templates, critic and books "
            f"bring each their own slant.\n\n{license}\n"
        )


def _thinking(options: Mapping[str, Any]) -> str:
    match options["thinking"]:
        case "tags":
            return f"thinking inside `<{options['tag']}>` tags"
        case "field":
            return f"thinking under the key `{options['key']}`"
        case _:
            return "thinking taken out"


def _commands(commands: Sequence[str]) -> list[str]:
    """Indented, since a fence could be closed by what stands in it."""
    return [*(f"    {' '.join(command.split())}" for command in commands), ""]


def _settings(settings: Mapping[str, Any], within: str = "") -> str:
    said = []
    for name, value in settings.items():
        if isinstance(value, Mapping):
            said.append(_settings(value, f"{name}."))
        elif value not in (None, "", [], ()):
            shown = ",".join(map(str, value)) if isinstance(value, list | tuple) else value
            said.append(f"`{within}{name}={_plain(str(shown))}`")
    return ", ".join(one for one in said if one)


def _agreement(found: Mapping[str, Any]) -> str:
    """From `n`, `raw`, `kappa` and its `interval`, those of them that are known."""
    if not found.get("n"):
        return "not known, since no decision can be compared yet"
    said = f"{found['n']:,} decisions, raw agreement {found['raw']:.0%}"
    if found.get("kappa") is None or not found.get("interval"):
        return said
    low, high = found["interval"]
    return f"{said}, Cohen's kappa {found['kappa']:.2f} (95 % interval {low:.2f} to {high:.2f})"


def _table(name: str, counted: Counter[str]) -> list[str]:
    rows = [f"| {key} | {n:,} |" for key, n in sorted(counted.items(), key=most_first)]
    return [f"| {name} | examples |\n|---|--:|", *rows]


def _names(counted: Counter[str]) -> str:
    return ", ".join(f"`{_plain(name)}`" for name in sorted(counted))


def _count(n: int, what: str) -> str:
    head, _, rest = what.partition(" ")
    return f"{n:,} {what}" if n == 1 else f"{n:,} {head}s{' ' + rest if rest else ''}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "0 %"


def _plain(text: str) -> str:
    """A title is data: on one line, and without the marks that Markdown and HTML would follow."""
    line = " ".join(text.split())
    return "".join(f"\\{mark}" if mark in "\\`*_[]<>|#" else mark for mark in line)
