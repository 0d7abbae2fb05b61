"""An example, its passage and its verdict as lines of coloured text, for review and `why`.

Everything that came from a book or a model passes through `visible`.
"""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from dataset.example import Example, Turn
from dataset.records import Verdict
from desk.comparing import changes, evidence, pattern
from desk.ranking import where
from desk.shown import one_line, visible
from memory.records import Draft, Waiting

COLUMN = 88  # longer lines are hard to read
RULINGS = {"accept": "green", "revise": "yellow", "escalate": "yellow", "reject": "red"}


class Painter:
    """Paints for one console and one width."""

    def __init__(self, console: Console, width: int) -> None:
        self._console = console
        self.width = min(width, COLUMN)

    def wrapped(self, text: str | Text, bar: str = "", style: str = "") -> list[Text]:
        """Lines that fit, each behind its bar."""
        whole = Text(visible(text), style=style) if isinstance(text, str) else text
        lines = whole.wrap(self._console, max(20, self.width - len(bar)))
        return [Text.assemble((bar, "dim"), line) for line in lines]

    def title(self, name: str, rest: str = "") -> Text:
        line = Text.assemble((name.upper(), "bold"), "  ", (one_line(rest), "dim"))
        line.truncate(self.width, overflow="ellipsis")
        return line

    def example(self, example: Example, verdict: Verdict | None = None) -> list[Text]:
        """As a reader sees it: who speaks, and thinking set apart behind a dotted bar."""
        quotes = evidence(verdict)
        lines: list[Text] = []
        if example.system:
            lines += [*self.wrapped(example.system, "≡ ", "dim"), Text()]
        for number, turn in enumerate(example.turns):
            lines += self._turn(turn, quotes)
            if number == 0 and example.input:
                lines += [Text(), *self.wrapped(example.input, "  + ", "cyan")]
            lines.append(Text())
        return lines[:-1]

    def _turn(self, turn: Turn, quotes: Sequence[str]) -> list[Text]:
        if turn.role == "user":
            return self.wrapped(turn.content, "› ", "cyan")
        lines = []
        if turn.thinking:
            thought = Text(visible(turn.thinking), style="italic")
            lines += [*self.wrapped(marked(thought, quotes), "┊ "), Text()]
        lines += self.wrapped(marked(Text(visible(turn.content)), quotes), "  ")
        if turn.state:
            state = ", ".join(f"{key}: {value}" for key, value in turn.state.items())
            lines += self.wrapped(state, "  = ", "magenta")
        return lines

    def passage(self, item: Waiting) -> list[Text]:
        passage = item.passage
        place = ", ".join(filter(None, (passage.title, passage.chapter, where(passage))))
        return [self.title("passage", place), *self.wrapped(passage.text, "▏ ")]

    def ruling(self, verdict: Verdict | None, reasons: Iterable[str] = ()) -> list[Text]:
        """The verdict in a line or two, and what was found wrong."""
        if verdict is None:
            return self.wrapped("not judged: " + ", ".join(reasons), style="yellow")
        said = Text.assemble(
            (verdict.ruling.upper(), f"bold {RULINGS[verdict.ruling]}"),
            "  ",
            visible(verdict.reason or ", ".join(reasons)),
        )
        return [*self.wrapped(said), *self._defects(verdict)]

    def _defects(self, verdict: Verdict) -> list[Text]:
        lines = []
        for defect in verdict.defects:
            said = Text.assemble(
                (defect.code, "bold red"), f": {visible(defect.message)} ", _quoted(defect.evidence)
            )
            lines += self.wrapped(said, "! ")
        return lines

    def verdict(self, verdict: Verdict) -> list[Text]:
        """Scores with their evidence, the nearest neighbour, and the advice to the teacher."""
        lines = [self.title("verdict", ", ".join(verdict.judges) or "checks only")]
        for score in verdict.scores:
            bar = "█" * round(2 * score.score)
            line = Text.assemble(
                f"  {one_line(score.question, 22):<23}",
                (f"{bar:<10}", "green" if score.score >= 4 else "yellow"),
                f" {score.score:.1f}  ",
                (_quoted(score.evidence), "dim"),
            )
            line.truncate(self.width, overflow="ellipsis")
            lines.append(line)
        if verdict.nearest:
            near = f"nearest accepted: {verdict.nearest.id}, cosine {verdict.nearest.cosine:.2f}"
            lines += self.wrapped(near, "  ≈ ")
        if verdict.advice:
            lines += self.wrapped(verdict.advice, "  → ")
        return lines

    def diff(self, drafts: Sequence[Draft]) -> list[Text]:
        """What the last revision changed, word by word."""
        if len(drafts) < 2:
            return self.wrapped("There is only one draft of this.", style="dim")
        before, after = drafts[-2], drafts[-1]
        title = self.title("revision", f"{before.example_id} to {after.example_id}")
        return [title, *self.wrapped(word_diff(before.example.spoken, after.example.spoken), "  ")]


def marked(text: Text, quotes: Iterable[str]) -> Text:
    """Underline what the critic quoted, whatever its line breaks."""
    for quote in quotes:
        if wanted := pattern(quote):
            text.highlight_regex(wanted, "underline")
    return text


def word_diff(before: str, after: str) -> Text:
    text = Text()
    for change in changes(before, after):
        if change.same:
            text.append(change.before)
            continue
        text.append(change.before, style="red strike")
        text.append(change.after, style="green bold")
    return text


def _quoted(quote: str) -> str:
    return f"“{one_line(quote, 120)}”" if quote.strip() else ""
