"""The check finds what was broken by hand, and the repair mends what the store itself can tell."""

import pytest

from dataset.records import Decision
from memory.ledger import Recorded
from tests.memory_parts import escalated, vector
from tests.stores import Place

HARM = {
    "standing": "UPDATE assignments SET status = 'failed', reason = 'x' WHERE status = 'accepted'",
    "admission": "DELETE FROM admissions",
    "openings": "UPDATE openings SET count = count + 1",
    "spending": "UPDATE spending SET usd = usd + 1",
}


@pytest.fixture
def lived(place: Place) -> Place:
    with place.open() as store:
        drafts = escalated(store, 5)
        store.decide(Decision(example_id=drafts[0], answer="accept"))
        store.decide(Decision(example_id=drafts[1], answer="accept"))
        store.decide(Decision(example_id=drafts[2], answer="reject"))
        store.undo()
        store.ledger.sent("k", spec="m", purpose="teach", request={})
        store.ledger.answered("k", Recorded("x", usd=0.1))
        store.nearest(vector(0))
        assert store.check() == []
    return place


def harm(place: Place, statement: str) -> None:
    with place.raw() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("code", HARM)
def test_what_the_store_can_tell_itself_is_mended(lived: Place, code: str) -> None:
    harm(lived, HARM[code])
    with lived.open() as store:
        found = store.check()
        assert code in {finding.code for finding in found}
        assert all(finding.repairable for finding in found)
        assert store.repair() == []
        assert store.counts().accepted == 2
        near = store.nearest(vector(1))
        assert near is not None and near.cosine == 1.0


AS_BEFORE = (
    "UPDATE examples SET opening = 'slowly i am 0' WHERE opening <> ''",
    "DELETE FROM openings",
    "INSERT INTO openings VALUES ('slowly i am 0', 2)",
)


@pytest.mark.parametrize("old", [True, False], ids=["an-old-store", "repair"])
def test_openings_are_read_from_the_drafts_again(lived: Place, old: bool) -> None:
    for statement in AS_BEFORE:
        harm(lived, statement)
    if old:
        harm(lived, "DELETE FROM migrations WHERE name = '0005-openings'")
    with lived.open() as store:
        if not old:
            assert store.repair() == []
        assert store.openings(at_least=1) == {"slowly 0": 1, "slowly 1": 1}
        assert store.check() == []


def test_a_lost_row_is_found_and_not_glossed_over(lived: Place) -> None:
    harm(lived, "DELETE FROM passages WHERE page_start = 4")
    with lived.open() as store:
        (finding,) = store.check()
        assert (finding.code, finding.repairable) == ("reference", False)
        assert "'assignments'" in finding.message
        assert store.repair() == [finding]


def test_an_example_of_another_assignment_is_found(lived: Place) -> None:
    harm(
        lived,
        "UPDATE assignments SET example_id = (SELECT max(id) FROM examples),"
        " run_example = (SELECT max(id) FROM examples) WHERE status = 'escalated'",
    )
    with lived.open() as store:
        assert "reference" in {finding.code for finding in store.check()}
