"""When the loop goes on and when it stops."""

import pytest

from graph.steering import Standing, next_stop, round_size
from inscape.progress import Counts
from inscape.settings import Limits

LIMITS = Limits(queue=50, collapse_after=20, collapse_rate=0.1)


def standing(
    target: int = 10,
    *,
    exhausted: bool = False,
    halted: str | None = None,
    before: Counts | None = None,
    **counts: int,
) -> Standing:
    return Standing(
        target=target,
        counts=Counts(**counts),
        before=before or Counts(),
        exhausted=exhausted,
        halted=halted,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("now", "stop"),
    [
        (standing(accepted=10), "target"),
        (standing(accepted=9), ""),
        (standing(accepted=4, escalated=6), "review"),
        (standing(accepted=4, escalated=5), ""),
        (standing(target=500, escalated=50), "review"),
        (standing(accepted=3, exhausted=True), "corpus"),
        (standing(accepted=3, escalated=1, exhausted=True), "review"),
        (standing(accepted=3, halted="budget"), "budget"),
        (standing(accepted=3, escalated=7, halted="budget"), "review"),
        (standing(accepted=3, escalated=7, halted="interrupted"), "interrupted"),
        (standing(accepted=10, halted="interrupted"), "target"),
        (standing(accepted=1, rejected=19), "collapse"),
        (standing(accepted=1, rejected=18), ""),
        (standing(accepted=2, rejected=18), ""),
        (standing(rejected=10, failed=10), "collapse"),
    ],
)
def test_each_standing_has_one_next_step(now: Standing, stop: str) -> None:
    assert next_stop(now, LIMITS) == stop


def test_a_collapse_of_an_earlier_run_does_not_stop_the_next_one() -> None:
    now = standing(rejected=40, before=Counts(rejected=40))
    assert next_stop(now, LIMITS) == ""


def test_a_round_asks_for_what_is_missing_over_the_share_that_is_kept() -> None:
    assert round_size(standing(target=15), 8) == 19
    assert round_size(standing(target=15, accepted=14), 8) == 2
    half = standing(target=100, accepted=46, rejected=49)
    assert round_size(half, 8) == 108


def test_a_round_is_capped_at_many_times_the_concurrency() -> None:
    assert round_size(standing(target=5000), 16) == 512
    assert round_size(standing(target=5000), 1) == 64
