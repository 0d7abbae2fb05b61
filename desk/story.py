"""The story of one example, as `why` tells it: in the order in which it happened."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from dataset.example import from_interchange
from dataset.records import Verdict
from desk.pace import money
from desk.paint import Painter
from desk.shown import count, one_line

Told = Mapping[str, Any]


def tell(console: Console, story: Told) -> None:
    painter = Painter(console, console.width)
    lines = [*_head(painter, story), *_passage(painter, story["passage"])]
    for draft in story["drafts"]:
        lines += _draft(painter, draft)
    lines += _calls(painter, story)
    lines += _decisions(painter, story)
    for line in lines:
        console.print(line)


def _head(painter: Painter, story: Told) -> list[Text]:
    assignment = story["assignment"]
    status = f"{assignment['status']} ({assignment['reason']})"
    kind = ", ".join(filter(None, (assignment["template_id"], assignment["phenomenon"])))
    lines = [Text.assemble((story["id"], "bold"), f"  {status}"), Text(kind, style="dim")]
    if any(draft["rehearsal"] for draft in story["drafts"]):
        lines.append(Text("REHEARSAL: not written by a language model", style="bold yellow"))
    return lines


def _passage(painter: Painter, passage: Told) -> list[Text]:
    book, page = passage["book"] or {}, passage["page_start"]
    place = [book.get("title"), passage["chapter"], f"page {page}" if page else ""]
    richness = "" if passage["richness"] is None else f"richness {passage['richness']:.2f}"
    title = painter.title("passage", ", ".join(filter(None, (*place, richness))))
    return [Text(), title, *painter.wrapped(passage["text"], "▏ ")]


def _draft(painter: Painter, draft: Told) -> list[Text]:
    verdicts = [verdict_of(said) for said in draft["verdicts"]]
    last = verdicts[-1] if verdicts else None
    lines = [
        Text(),
        painter.title("draft", f"{draft['id']}, by the {draft['origin']}, {draft['at']}"),
    ]
    lines += painter.example(from_interchange(draft["example"]), last)
    for verdict in verdicts:
        lines += [Text(), *painter.ruling(verdict), *painter.verdict(verdict)]
    return lines


def verdict_of(said: Told) -> Verdict:
    """A verdict as `why` tells it, read again."""
    plain = {name: value for name, value in said.items() if name in Verdict.model_fields}
    near = said["nearest"]
    return Verdict.model_validate({**plain, "nearest": tuple(near.values()) if near else None})


def _calls(painter: Painter, story: Told) -> list[Text]:
    cost = story["cost"]
    total = f"{count(cost['calls'], 'call')}, {money(cost['usd'])}"
    lines = [Text(), painter.title("calls", total)]
    for call in story["calls"]:
        tokens = f"{call['input_tokens']:,} in, {call['output_tokens']:,} out"
        error = f": {one_line(call['error'])}" if call["error"] else ""
        said = f"{call['purpose']} by {call['spec']}, {call['status']}{error}, {tokens}, "
        lines += painter.wrapped(said + f"{money(call['usd'])}, {call['sent_at']}", "  ")
    return lines


def _decisions(painter: Painter, story: Told) -> list[Text]:
    if not story["decisions"]:
        return []
    lines = [Text(), painter.title("decisions")]
    for one in story["decisions"]:
        reason = f" ({one['reason']})" if one["reason"] else ""
        undone = f", taken back by {one['undone']['by']}" if one["undone"] else ""
        said = f"{one['answer']} of {one['example_id']} by {one['by']}{reason}, {one['at']}{undone}"
        lines += painter.wrapped(said, "  ")
    return lines
