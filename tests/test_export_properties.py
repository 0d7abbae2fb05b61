"""What holds of the exports of any store: nothing vanishes, nothing leaks, nothing is made up."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.card import Made
from dataset.example import Example, Turn, monologue
from dataset.export import Options, Report, export
from dataset.formats import NAMES, PREFERENCE, Style
from dataset.row import Refused
from inscape.errors import ProjectError
from tests.exports import manifest, tree, written
from tests.projects import Listed, accepted, passage

SOME = ("lamp", "rain", "stair", "salt", "wire", "cup", "hour")
WORDS = st.lists(st.sampled_from(SOME), max_size=30)
HOSTILE = st.sampled_from(
    ["", " ", "</thinking>", "<thinking>x</thinking>", "&lt;/thinking&gt;", "\u202eשלום", "👩‍👩‍👧"]
)
TEXT = st.builds(lambda words, end: " ".join(words) + end, WORDS, HOSTILE)
EXCHANGE = st.tuples(TEXT, TEXT, st.none() | TEXT, st.none() | st.just({"mood": "low"}))


def mark(number: int, place: int) -> str:
    """Words that only this answer has."""
    return f"ANSWER-{number}-{place}"


@st.composite
def examples(draw, number: int) -> Example:
    if draw(st.booleans()):
        return monologue(draw(TEXT) or "Say it.", f"{draw(TEXT)} {mark(number, 0)}", draw(TEXT))
    turns = []
    for place, (asked, answered, thought, state) in enumerate(
        draw(st.lists(EXCHANGE, min_size=1, max_size=3))
    ):
        silent = draw(st.integers(0, 9)) == 0
        said = "" if silent else f"{answered} {mark(number, place)}"
        turns += [
            Turn(role="user", content=asked),
            Turn(role="assistant", content=said, thinking=thought, state=state),
        ]
    return Example(form="conversation", turns=tuple(turns))


@st.composite
def stores(draw) -> Listed:
    rows, rivals = [], {}
    for number in range(draw(st.integers(1, 12))):
        of = passage(draw(st.integers(0, 8)))
        row = accepted(number, draw(examples(number)), of=of)
        template = draw(st.sampled_from(["monologue", "conversation", "continuity"]))
        rows.append(row._replace(template_id=template))
        if draw(st.booleans()):
            worse = row.example if draw(st.booleans()) else draw(examples(number + 50))
            rivals[row.id] = [Refused(f"{row.id}r", worse, "revision", "critic")]
    return Listed(rows, rivals)


def exported(source: Listed, options: Options, out: Path) -> Report | None:
    """None when nothing at all could be written, which is said by an error with the counts."""
    try:
        return export(source, options, Made(), out)
    except ProjectError as error:
        assert f"{len(source.rows)}" in str(error) or "because" in str(error)
        return None


@settings(max_examples=200, deadline=None)
@given(stores(), st.sampled_from(NAMES), st.sampled_from(["tags", "field", "strip"]))
def test_each_example_is_in_a_file_or_counted_and_no_passage_is_in_both(source, name, thinking):
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "out"
        report = exported(source, Options(name, Style(thinking), validation=0.3), out)
        if report is None:
            return
        told = manifest(out)
        ids = {row["id"] for row in told["rows"]}
        assert len(ids) == report.examples
        assert report.examples + sum(report.left_out.values()) == len(source.rows)
        assert ids <= {row.id for row in source.rows}
        if name == PREFERENCE:
            pairs = sum(map(len, source.refused.values()))
            assert report.written + sum(report.pairs_left_out.values()) == pairs
        else:
            assert report.written == report.examples
        assert told["left_out"]["examples"] == report.left_out
        sides = {(row["passage"]["id"], row["split"]) for row in told["rows"]}
        assert len(sides) == len({passage_id for passage_id, _ in sides})


@settings(max_examples=200, deadline=None)
@given(stores(), st.sampled_from(["tags", "field", "strip"]))
def test_no_answer_is_in_any_alpaca_input(source, thinking):
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "out"
        if exported(source, Options("alpaca", Style(thinking)), out) is None:
            return
        for row in [row for rows in written(out).values() for row in rows]:
            assert "ANSWER-" not in row["input"] and "ANSWER-" not in row["instruction"]
            assert all("ANSWER-" not in asked for asked, _ in row["history"])
            answers = [row["output"], *(said for _, said in row["history"])]
            spoken = [word for answer in answers for word in answer.split() if "ANSWER-" in word]
            assert len(spoken) == len(set(spoken))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8, deadline=None)
@given(stores())
def test_the_same_store_gives_the_same_bytes(name, source):
    with tempfile.TemporaryDirectory() as place:
        found = []
        for out in (Path(place) / "one", Path(place) / "two"):
            if exported(source, Options(name, system="S", system_share=0.5), out) is None:
                return
            found.append(tree(out))
        assert found[0] == found[1]
