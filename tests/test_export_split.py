"""The split leaks nothing, treats every kind alike, and stays as it was when a project grows."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.card import Made
from dataset.export import Options, export
from dataset.split import BETWEEN, Planned, Splitter
from dataset.twins import Twins
from tests.projects import Listed, accepted, passage, planned, speech

TEMPLATES = ("monologue", "conversation", "continuity")
PHENOMENA = ("dread", "grief", "joy", "doubt")
SHARES = (0.1, 0.2, 0.5)

WORKS = st.lists(
    st.tuples(
        st.integers(0, 30), st.sampled_from(TEMPLATES), st.sampled_from(PHENOMENA), st.booleans()
    ),
    min_size=1,
    max_size=60,
)
"""Passage (by number), template, phenomenon, and whether the example was accepted."""


def work(number: int, template="monologue", phenomenon="dread", is_in=True, text="") -> Planned:
    one = passage(number, text=text)
    return Planned(one.id, one.text, template, phenomenon, is_in)


def cut(number: int, share: float) -> str:
    """The passage without its beginning: what another edition's page break makes of it."""
    words = passage(number).text.split()
    return " ".join(words[int(share * len(words)) :])


def sides(works: list[Planned], **options) -> dict[str, str]:
    splitter = Splitter(works, **options)
    return {one.passage_id: splitter.side(one.passage_id) for one in works}


@settings(max_examples=200, deadline=None)
@given(WORKS, st.sampled_from(SHARES), st.integers(0, 5), st.floats(0, 0.3))
def test_no_passage_nor_its_near_duplicate_is_ever_on_both_sides(some, share, seed, missing):
    twins = [(500 + number, t, p, ok, cut(number, missing)) for number, t, p, ok in some[::3]]
    works = [work(*one) for one in some] + [work(*one) for one in twins]
    found = sides(works, share=share, seed=seed)
    for number, *_ in some[::3]:
        first = found[passage(number).id]
        assert found[passage(500 + number, text=cut(number, missing)).id] == first != "between"


@settings(max_examples=200, deadline=None)
@given(WORKS, st.sampled_from(SHARES), st.integers(0, 5))
def test_what_is_accepted_is_on_both_sides_as_soon_as_it_can_be(some, share, seed):
    works = [work(*one) for one in some]
    found = sides(works, share=share, seed=seed)
    used = {one.passage_id for one in works if one.accepted}
    assert len({found[key] for key in used}) == min(2, len(used))


@settings(max_examples=100, deadline=None)
@given(WORKS, WORKS, st.integers(0, 5))
def test_a_passage_stays_where_it_was_when_the_dataset_grows(some, more, seed):
    """Whatever is planned, accepted or rejected later."""
    before = [work(*one[:3]) for one in some]
    after = [one._replace(accepted=True) for one in before] + [work(*one) for one in more]
    small, large = sides(before, seed=seed), sides(after, seed=seed)
    assert all(large[key] == side for key, side in small.items())


def test_a_word_of_a_person_moves_no_passage():
    """Rejecting or taking back changes what is in, and not where the rest is."""
    works = [work(number, TEMPLATES[number % 3]) for number in range(120)]
    fewer = [one._replace(accepted=number % 4 < 3) for number, one in enumerate(works)]
    assert sides(works, seed=3) == sides(fewer, seed=3)


def test_every_template_and_phenomenon_has_its_share():
    works = [work(n, TEMPLATES[n % 3], PHENOMENA[n * 7 % 4]) for n in range(900)]
    found = sides(works, share=0.1)
    held = [one for one in works if found[one.passage_id] == "validation"]
    assert 85 <= len(held) <= 95
    assert all(28 <= n <= 32 for n in Counter(one.template_id for one in held).values())
    assert all(20 <= n <= 25 for n in Counter(one.phenomenon for one in held).values())


def test_a_small_dataset_has_its_share_as_well():
    for seed in range(5):
        found = sides([work(n, is_in=False) for n in range(30)], share=0.1, seed=seed)
        assert Counter(found.values()) == {"train": 27, "validation": 3}


def test_a_kind_that_comes_late_has_its_share_too():
    works = [work(n, "monologue", "dread") for n in range(300)]
    works += [work(300 + n, "conversation", "joy") for n in range(60)]
    found = sides(works, share=0.2, seed=1)
    held = [one for one in works[300:] if found[one.passage_id] == "validation"]
    assert 10 <= len(held) <= 14


def test_a_passage_asked_for_often_takes_no_share_from_others():
    """A hundred rows of a few passages come first; those after them have their share too."""
    works = [work(n % 5, "monologue") for n in range(100)]
    works += [work(5 + n, TEMPLATES[1 + n % 2], PHENOMENA[1 + n % 3]) for n in range(300)]
    found = sides(works, share=0.1)
    held = [one for one in works[100:] if found[one.passage_id] == "validation"]
    kinds = Counter((one.template_id, one.phenomenon) for one in held)
    assert len(kinds) == 6
    assert all(4 <= n <= 6 for n in kinds.values())


def test_another_seed_is_another_split():
    works = [work(number) for number in range(60)]
    assert sides(works, seed=1) == sides(works, seed=1) != sides(works, seed=2)


def test_a_passage_much_like_two_on_different_sides_is_in_neither_file(tmp_path):
    one, other = passage(1), passage(2)
    most = len(one.text.split()) * 7 // 10
    both = " ".join(one.text.split()[:most] + other.text.split()[:most])
    rows = [accepted(n, speech(n), of=p) for n, p in enumerate((one, other, passage(3, text=both)))]
    report = export(Listed(rows), Options("messages"), Made(), tmp_path / "out")
    assert (report.train, report.validation, report.left_out) == (1, 1, {BETWEEN: 1})
    assert "1 example left out" in (tmp_path / "out/README.md").read_text("utf-8")


def test_twins_are_found_whatever_the_case_and_what_stands_around_them():
    twins = Twins()
    for number in range(40):
        twins.add(passage(number).text)
    for number in range(40):
        twins.add("Another beginning. " + passage(number).text[30:].upper() + " And an end.")
    found = twins.earlier()
    assert {later: first for later, (first,) in found.items()} == {40 + n: n for n in range(40)}


def test_a_phrase_that_every_passage_has_ties_none_together():
    twins = Twins()
    for number in range(200):
        twins.add("It was the same as every evening of that winter. " + passage(number).text)
    assert twins.earlier() == {}


def test_without_a_share_all_is_for_training():
    rows = [planned(accepted(n, speech(n))) for n in range(20)]
    assert set(sides(rows, share=0).values()) == {"train"}
