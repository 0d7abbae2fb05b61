"""A person's decisions become two lines, between which they are asked."""

import itertools
import math

import numpy as np
import pytest

from agents.critic import Aim, Trust, Weighed, audited, calibrate
from agents.critic.calibration import Band, Traits, find_band, learn
from agents.critic.verdict import Opinion, Policy, decide
from bench.simulated_reviewer import TASTES, review
from dataset.records import Defect, Score

QUESTIONS = ("a", "b", "c")


def traits(*scores, defects=0.0):
    return Traits(dict(zip(QUESTIONS, scores, strict=True)), defects)


def decisions(count, at=3.5, seed=0):
    """Somebody who takes what has a mean above `at`."""
    random = np.random.default_rng(seed)
    rows = random.integers(1, 6, size=(count, 3)).astype(float)
    return [Weighed(traits(*row), bool(row.mean() > at)) for row in rows]


def opinion(score, *codes):
    scores = tuple(Score(question=name, score=score, judge="j") for name in QUESTIONS)
    named = tuple(Defect(code=code, message="", source="judge") for code in codes)
    return Opinion("j", scores, named, "Because.", "")


def trust_of(decided):
    found = calibrate(decided, [one.traits for one in decided], QUESTIONS, Aim())
    assert found is not None
    return found


def test_nothing_is_learnt_from_fewer_decisions_than_are_enough():
    seen = [one.traits for one in decisions(100)]
    assert calibrate(decisions(29), seen, QUESTIONS, Aim()) is None
    assert calibrate(decisions(30), seen, QUESTIONS, Aim()) is not None


def test_decisions_on_another_rubric_do_not_count():
    decided = [*decisions(29), Weighed(Traits({"a": 5.0, "other": 5.0}, 0.0), True)]
    assert calibrate(decided, [], QUESTIONS, Aim()) is None


def test_a_better_score_never_makes_an_example_less_likely_to_please():
    odd = [Weighed(traits(6 - score, 3, 3), score > 3) for score in (1, 2, 4, 5) for _ in range(10)]
    for decided in (decisions(60), odd):
        taste = learn(decided, QUESTIONS)
        for a, b, c in itertools.product((1, 3, 4), repeat=3):
            low, high = taste.chance(traits(a, b, c)), taste.chance(traits(a + 1, b, c))
            assert high >= low - 1e-9
        assert taste.chance(traits(4, 4, 4, defects=1)) <= taste.chance(traits(4, 4, 4))


def test_the_one_question_that_matters_is_found():
    random = np.random.default_rng(4)
    rows = random.integers(1, 6, size=(80, 3)).astype(float)
    taste = learn([Weighed(traits(*row), bool(row[1] >= 4)) for row in rows], QUESTIONS)
    assert taste.chance(traits(3, 5, 3)) > 0.8 > 0.6 > taste.chance(traits(5, 3, 5))
    others = taste.draws[0, [2, 4]]
    assert taste.draws[0, 3] > 4 * others.max()


def test_between_the_lines_a_person_is_asked_and_beyond_them_nobody_is():
    trust = trust_of(decisions(200))
    assert 0.8 <= trust.band.accept < 1
    assert 0 < trust.band.reject <= 0.5
    policy = Policy(max_revisions=0)
    rulings = {
        score: decide(policy, (), [opinion(score)], trust=trust).ruling for score in (2, 3.5, 5)
    }
    assert rulings == {2: "reject", 3.5: "escalate", 5: "accept"}
    assert "likely to please" in decide(policy, (), [opinion(5)], trust=trust).reason


def test_the_lines_follow_the_person_and_not_the_scores():
    policy = Policy(max_revisions=0)
    lenient, strict = trust_of(decisions(200, at=2.0)), trust_of(decisions(200, at=4.4))
    assert decide(policy, (), [opinion(3.3)], trust=lenient).ruling == "accept"
    assert decide(policy, (), [opinion(3.3)]).ruling == "escalate"
    assert decide(policy, (), [opinion(3.3)], trust=strict).ruling == "reject"


def test_a_named_defect_weighs_what_the_person_gives_on_it():
    random = np.random.default_rng(1)
    decided = []
    for row in random.integers(2, 6, size=(120, 3)).astype(float):
        defects = float(random.integers(0, 2))
        decided.append(Weighed(traits(*row, defects=defects), bool(row.mean() > 3.2)))
    flawed = [opinion(5, "tidy-resolution")]
    assert decide(Policy(), (), flawed).ruling == "revise"
    assert decide(Policy(), (), flawed, trust=trust_of(decided)).ruling == "accept"


def test_judges_who_fall_on_different_sides_of_a_line_are_settled_by_a_person():
    trust = trust_of(decisions(200))
    ruled = decide(Policy(), (), [opinion(5), opinion(2)], trust=trust)
    assert ruled.ruling == "escalate"
    assert "disagree" in ruled.reason


def test_what_the_checks_found_is_not_talked_away():
    trust = trust_of(decisions(200))
    slop = [Defect(code="slop", message="")]
    assert decide(Policy(), slop, [opinion(5)], trust=trust).ruling == "revise"


def test_decisions_that_belie_the_promise_raise_the_line():
    decided = decisions(200)
    taste = learn(decided, QUESTIONS)
    best = traits(5, 5, 5)
    before = find_band(taste, decided, [one.traits for one in decided], Aim())
    belied = [*decided, *[Weighed(best, False)] * 20]
    after = find_band(taste, belied, [one.traits for one in decided], Aim())
    assert before.accept <= taste.chance(best)
    assert after.accept == math.inf


def test_a_trust_without_a_line_accepts_nothing():
    trust = Trust(learn(decisions(40), QUESTIONS), Band(math.inf, 0.0))
    assert decide(Policy(), (), [opinion(5)], trust=trust).ruling == "escalate"


def test_the_audit_is_a_share_drawn_by_the_id_alone():
    drawn = [audited(f"{n:012x}.0", 0.03) for n in range(20_000)]
    assert sum(drawn) / len(drawn) == pytest.approx(0.03, abs=0.004)
    assert drawn[:500] == [audited(f"{n:012x}.0", 0.03) for n in range(500)]
    assert not any(audited(f"{n}", 0.0) for n in range(100))
    assert all(audited(f"{n}", 1.0) for n in range(100))


@pytest.mark.parametrize("taste", [TASTES[0], TASTES[1]], ids=lambda taste: taste.name)
def test_a_simulated_person_gets_what_was_promised(taste):
    outcomes = [review(taste, 6.0, seed, 60) for seed in range(3)]
    assert all(one.precision >= 0.95 for one in outcomes)
    assert sum(one.escalates for one in outcomes) <= sum(one.before for one in outcomes) / 2
