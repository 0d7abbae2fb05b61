"""What so many assignments take of every model: calls, tokens and dollars."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from agents.close_reading import BATCH
from agents.models.base import Usage
from agents.models.prices import usd_of
from graph.asked import Checked
from graph.costs import round_price
from graph.scouting import CLOSELY
from graph.steering import Standing, breadth, round_size
from graph.typical import Typical
from inscape.progress import Counts

_KEPT_AT_WORST = 0.5


class Estimate(NamedTuple):
    """One way the run may go. `usd` is None when a price is unknown."""

    assignments: int
    calls: int
    input_tokens: int
    output_tokens: int
    usd: float | None


class Bill(NamedTuple):
    """What one model is asked, `calls` times."""

    spec: str
    calls: int
    each: Usage


class Work(NamedTuple):
    """`wanted` examples of those that are missing can be had; `unread`: the passages that a model
    which scouts has yet to read."""

    wanted: int
    unread: int
    before: Counts


async def least(checked: Checked, typical: Typical, work: Work) -> Estimate:
    """Every first draft is kept."""
    drafts = work.wanted
    judged = await typical.judged(late=False)
    bills = [
        Bill(checked.teacher, drafts, await typical.taught(late=False)),
        *(Bill(judge, drafts, judged) for judge in _judges(checked)),
        *await _scouted(checked, typical, work, kept=1),
    ]
    return _estimate(checked, drafts, bills)


async def most(checked: Checked, typical: Typical, work: Work) -> Estimate:
    """Half are kept, after all the revisions allowed."""
    assignments = math.ceil(work.wanted / _KEPT_AT_WORST)
    revisions = assignments * checked.asked.settings.verdicts.max_revisions
    judged = await typical.judged(late=True)
    bills = [
        Bill(checked.teacher, assignments, await typical.taught(late=True)),
        Bill(checked.teacher, revisions, await typical.revised(late=True)),
        *(Bill(judge, assignments + revisions, judged) for judge in _judges(checked)),
        *await _scouted(checked, typical, work, kept=_KEPT_AT_WORST),
    ]
    return _estimate(checked, assignments, bills)


def _judges(checked: Checked) -> list[str]:
    return [spec for spec in checked.critics if spec != "rehearsal"]


async def _scouted(checked: Checked, typical: Typical, work: Work, *, kept: float) -> list[Bill]:
    if checked.scout is None:
        return []
    calls = sum(math.ceil(read / BATCH) for read in _rounds(checked, work, kept))
    return [Bill(checked.scout, calls, await typical.scouted())]


def _rounds(checked: Checked, work: Work, kept: float) -> list[int]:
    """How many passages are read closely in each round, when so many of its drafts are kept."""
    rounds: list[int] = []
    counts, unread = work.before, work.unread if work.wanted else 0
    while unread and (now := Standing(checked.target, counts, work.before)).missing > 0:
        size = round_size(now, breadth(checked.asked.settings))
        rounds.append(min(CLOSELY * size, unread))
        unread -= rounds[-1]
        good = max(1, int(kept * size))
        bad = counts.rejected + size - good
        counts = replace(counts, accepted=counts.accepted + good, rejected=bad)
    return rounds


def _estimate(checked: Checked, assignments: int, bills: Sequence[Bill]) -> Estimate:
    return Estimate(
        assignments=assignments,
        calls=sum(bill.calls for bill in bills),
        input_tokens=sum(bill.calls * bill.each.input for bill in bills),
        output_tokens=sum(bill.calls * bill.each.output for bill in bills),
        usd=_sum([_usd(checked, bill) for bill in bills]),
    )


def _usd(checked: Checked, bill: Bill) -> float | None:
    usd = usd_of(round_price(bill.spec, checked.asked.settings), bill.each)
    return None if usd is None else bill.calls * usd


def _sum(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return round(sum(known), 4) if len(known) == len(parts) else None
