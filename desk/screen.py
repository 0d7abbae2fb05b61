"""The review on a terminal: a header, the item, and what the keys do, redrawn after each key."""

from collections.abc import Sequence
from itertools import zip_longest

from rich.console import Console, Group
from rich.control import Control
from rich.text import Text

from desk.editing import in_editor, to_page
from desk.keys import Once, TerminalKeys
from desk.paint import Painter
from desk.session import Editing, Session
from inscape.settings import editor
from memory.records import Waiting

KEYS = "a accept  x reject  e edit  space skip  u undo  j/k move  ? help  q quit"
HELP = """\
a      accept                            u    undo the last decision
x      reject; a digit right after it    j k  next, previous
       says why, if you like             ↑ ↓  scroll, as do Page Up and Down
e      edit in $EDITOR: what you save    b    blind: hide the verdict
       is accepted in its place          d    what the last revision changed
space  skip: it comes back later         q    quit; the rest keeps waiting

l      after a reason or an edit: reject all that wait with the same defect

›  what is asked    ┊  thinking    underlined: quoted by the critic

Every decision is kept at once, and u takes back as many as you like.
Any key goes back to the example.
"""
WIDE = 130


def show(console: Console, session: Session, width: int, height: int) -> Group:
    """The whole screen; the session's scroll is held within what there is."""
    painter = Painter(console, width)
    head = [*_head(session, width), Text("─" * width, style="dim")]
    message = painter.wrapped(session.view.message)[: max(1, height // 4)]
    room = max(1, height - len(head) - len(message) - 2)
    lines = _body(console, session, width)
    session.view.scroll = max(0, min(session.view.scroll, len(lines) - room))
    top = session.view.scroll
    shown = lines[top : top + room]
    below = len(lines) - top - len(shown)
    more = f" {below} more lines ↓ " if below else ""
    rule = Text("─" * max(0, width - len(more) - 2) + more + "──", style="dim")
    foot = [rule, *message, Text(KEYS[:width], style="dim")]
    return Group(*head, *shown, *[Text()] * (room - len(shown)), *foot)


def _head(session: Session, width: int) -> list[Text]:
    item = session.current
    if item is None:
        return [Text(f"{len(session.answers)} decided", style="bold")]
    at, total = session.place
    left = Text.assemble(
        (f"{at} of {total}", "bold"), f"  {item.template_id}  ", (item.phenomenon, "dim")
    )
    if item.rehearsal:
        left.append("  REHEARSAL", style="bold yellow")
    if session.answers.get(item.example_id) == "ignore":
        left.append("  skipped", style="dim")
    gap = width - left.cell_len - len(item.example_id)
    return [left + Text(" " * max(2, gap) + item.example_id, style="dim")]


def _body(console: Console, session: Session, width: int) -> list[Text]:
    item = session.current
    if session.view.help:
        return [Text(line) for line in HELP.splitlines()]
    if item is None:
        return [Text(), Text("Nothing more waits for you.", style="bold"), *_farewell(session)]
    if session.view.diff:
        return Painter(console, width).diff(session.bench.drafts(item.example_id))
    if width >= WIDE:
        return _side_by_side(console, session, item, width)
    painter = Painter(console, width)
    about = _about(painter, session, item)
    return [*_ruling(painter, session, item), *_example(painter, session, item), Text(), *about]


def _side_by_side(console: Console, session: Session, item: Waiting, width: int) -> list[Text]:
    painter = Painter(console, width // 2 - 2)
    left = _example(painter, session, item)
    right = [*_ruling(painter, session, item), *_about(painter, session, item)]
    column = painter.width
    pairs = zip_longest(left, right, fillvalue=Text())
    return [_padded(one, column) + Text(" │ ", style="dim") + other for one, other in pairs]


def _padded(line: Text, width: int) -> Text:
    return line + Text(" " * max(0, width - line.cell_len))


def _ruling(painter: Painter, session: Session, item: Waiting) -> list[Text]:
    if session.view.blind:
        return [Text("blind: the verdict is hidden, b shows it", style="dim"), Text()]
    return [*painter.ruling(item.verdict, item.reasons), Text()]


def _example(painter: Painter, session: Session, item: Waiting) -> list[Text]:
    verdict = None if session.view.blind else item.verdict
    return painter.example(item.example, verdict)


def _about(painter: Painter, session: Session, item: Waiting) -> list[Text]:
    lines = painter.passage(item)
    if item.verdict is not None and not session.view.blind:
        lines += [Text(), *painter.verdict(item.verdict)]
    return lines


def _farewell(session: Session) -> list[Text]:
    skipped = sum(answer == "ignore" for answer in session.answers.values())
    lines = [f"{skipped} skipped: k goes back to them."] if skipped else []
    return [Text(), *(Text(line) for line in [*lines, "u takes the last one back, q leaves."])]


def editor_of(console: Console, keys: TerminalKeys) -> Editing:
    """Editing with the screen given over to the editor, and taken back after it."""

    def edit(item: Waiting, page: str, complaint: str) -> str:
        title = f"Example {item.example_id}, template {item.template_id}"
        console.set_alt_screen(False)
        console.show_cursor(True)
        try:
            with keys.cooked():
                return in_editor(page or to_page(item.example), editor(), title, complaint)
        finally:
            console.set_alt_screen(True)
            console.show_cursor(False)

    return edit


def review(console: Console, session: Session, keys: TerminalKeys) -> None:
    """Draw, wait for a key, press it, until it is over."""
    once = Once(keys)
    with console.screen(hide_cursor=True) as screen, keys.raw():
        while not session.over:
            console.control(Control.home())
            screen.update(show(console, session, console.width, console.height))
            session.press(once.next())


def farewell(answers: Sequence[str]) -> str:
    """One line for after the screen has gone."""
    names = {"accept": "accepted", "edit": "edited", "reject": "rejected", "ignore": "skipped"}
    said = [f"{n} {word}" for key, word in names.items() if (n := list(answers).count(key))]
    return ", ".join(said) or "Nothing was decided"
