"""From findings and opinions to one ruling."""

import pytest

from agents.critic import Policy
from agents.critic.verdict import Opinion, decide
from dataset.records import Defect, Score

POLICY = Policy(accept=4.0, reject=2.5, near_duplicate=0.93, max_revisions=2)


def opinion(mean, *codes):
    defects = tuple(Defect(code=code, message="") for code in codes)
    return Opinion("j", (Score(question="q", score=mean),), defects, "Because.", "")


def found(*codes):
    return [Defect(code=code, message="") for code in codes]


@pytest.mark.parametrize(
    ("findings", "opinions", "attempt", "ruling"),
    [
        ((), (), 0, "accept"),
        (("too-short",), (), 0, "revise"),
        (("too-short",), (), 1, "revise"),
        (("too-short",), (), 2, "reject"),
        (("slop",), (), 0, "revise"),
        (("slop",), (), 2, "reject"),
        (("near-duplicate",), (), 0, "reject"),
        (("too-short", "near-duplicate"), (), 0, "reject"),
        ((), (opinion(4.0),), 0, "accept"),
        ((), (opinion(3.9),), 0, "escalate"),
        ((), (opinion(2.5),), 0, "escalate"),
        ((), (opinion(2.4),), 0, "revise"),
        ((), (opinion(2.4),), 2, "reject"),
        ((), (opinion(4.5, "explains"),), 0, "revise"),
        ((), (opinion(4.5, "explains"),), 2, "escalate"),
        ((), (opinion(2.0, "explains"),), 2, "reject"),
        (("slop",), (opinion(4.5),), 0, "revise"),
        (("slop",), (opinion(4.5),), 2, "escalate"),
        ((), (None,), 0, "escalate"),
        ((), (opinion(4.5), None), 0, "escalate"),
        ((), (opinion(4.5), opinion(4.1)), 0, "accept"),
        ((), (opinion(4.5), opinion(3.0)), 0, "escalate"),
        ((), (opinion(4.5), opinion(1.0)), 2, "escalate"),
        ((), (opinion(1.5), opinion(1.0)), 2, "reject"),
    ],
)
def test_the_policy(findings, opinions, attempt, ruling):
    assert decide(POLICY, found(*findings), opinions, attempt=attempt).ruling == ruling


def test_no_revision_is_offered_where_none_is_allowed():
    strict = Policy(max_revisions=0)
    assert decide(strict, found("too-long"), ()).ruling == "reject"
    assert decide(strict, (), (opinion(4.5, "explains"),)).ruling == "escalate"


def test_the_reason_names_what_decided():
    assert decide(POLICY, found("too-long", "slop", "too-long"), ()).reason == "too-long, slop"
    assert decide(POLICY, (), (opinion(4.5),)).reason == "4.5: Because."
    assert decide(POLICY, (), (None,)).reason == "judge-unreadable"
