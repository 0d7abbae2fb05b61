"""What the scout takes: the richest, but spread over chapters, books, phenomena and templates."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from agents import taste
from agents.choice import Candidate, Choice, Rating, Taken, Wish, choose

TEMPLATES = ("monologue", "conversation", "continuity", "meta-awareness", "computational")
KINDS = ("dread", "grief", "joy", "doubt", "shame", "longing")
WISH = Wish(n=25, templates=TEMPLATES, cap_per_passage=3, floor=0.35)


def shelf(
    count: int = 300, chapters: int = 14, books: int = 1, seed: int = 0, **fixed: object
) -> list[Candidate]:
    """Passages in reading order, richer in some chapters than in others."""
    draw = np.random.default_rng(seed)
    found = []
    for number in range(count):
        vector = draw.normal(size=32).astype(np.float32)
        chapter = number * chapters // count
        richness = float(draw.beta(1.2 + 2 * (chapter % 3 == 0), 3))
        kinds = tuple(KINDS[at] for at in draw.permutation(len(KINDS))[:2])
        one = Candidate(
            f"p{number}",
            f"book{number % books}",
            f"chapter {chapter}",
            Rating(richness, kinds, TEMPLATES[:3]),
            vector / np.linalg.norm(vector),
        )
        found.append(one._replace(**fixed))
    return found


def take(
    candidates: list[Candidate], wish: Wish = WISH, taken: tuple[Taken, ...] = ()
) -> list[Choice]:
    worth = np.array([one.rating.richness for one in candidates])
    return choose(candidates, worth, taken, wish)


def test_twenty_five_of_three_hundred_touch_most_chapters_and_are_rich():
    candidates = shelf()
    picks = take(candidates)
    at = {one.passage_id: one for one in candidates}
    assert len(picks) == len({pick.passage_id for pick in picks}) == 25
    assert len({at[pick.passage_id].chapter for pick in picks}) >= 12
    richness = [at[pick.passage_id].rating.richness for pick in picks]
    assert min(richness) >= 0.35 and np.mean(richness) > 0.55


def test_the_richest_of_all_comes_first():
    candidates = shelf()
    best = max(candidates, key=lambda one: one.rating.richness)
    assert take(candidates, replace(WISH, n=1))[0].passage_id == best.passage_id


def test_the_same_shelf_gives_the_same_choice():
    assert take(shelf()) == take(shelf())


def test_every_book_has_its_part():
    candidates = shelf(books=3)
    for at, one in enumerate(candidates):
        if one.book == "book0":
            better = one.rating._replace(richness=min(1.0, one.rating.richness + 0.4))
            candidates[at] = one._replace(rating=better)
    books = Counter(
        next(c.book for c in candidates if c.passage_id == p.passage_id) for p in take(candidates)
    )
    assert len(books) == 3 and min(books.values()) >= 5


def test_a_short_book_beside_a_long_one_has_more_than_one_chapters_part():
    candidates = [
        one._replace(book="short", chapter="I")
        if n < 20
        else one._replace(book="long", chapter=f"{n // 2}")
        for n, one in enumerate(shelf(seed=4))
    ]
    short = {one.passage_id for one in candidates if one.book == "short"}
    assert 3 <= sum(pick.passage_id in short for pick in take(candidates)) <= 10


def test_a_template_is_not_repeated_on_a_passage_to_even_out_the_whole():
    taken = [Taken(f"x{n}", name, "accepted") for name in TEMPLATES[1:] for n in range(20)]
    candidates = shelf(1, chapters=1, rating=Rating(0.9))
    again = take(candidates, WISH, (*taken, Taken("p0", "monologue", "accepted")))
    assert [pick.variant for pick in again] == [0, 0]


def test_templates_come_out_even_though_only_three_fit_best():
    used = Counter(pick.template_id for pick in take(shelf(), replace(WISH, n=50)))
    assert set(used) == set(TEMPLATES) and max(used.values()) <= 2 * min(used.values())


def test_phenomena_come_out_even():
    """Where each passage shows one kind, and most show the same."""
    candidates = [
        one._replace(rating=one.rating._replace(phenomena=(KINDS[n % 12 % 6 * (n % 12 < 6)],)))
        for n, one in enumerate(shelf())
    ]
    used = Counter(pick.phenomenon for pick in take(candidates, replace(WISH, n=40)))
    assert set(used) == set(KINDS) and used["dread"] <= 14


def test_a_gap_is_filled_first():
    plain = Counter(pick.phenomenon for pick in take(shelf()))
    asked = Counter(pick.phenomenon for pick in take(shelf(), replace(WISH, gaps={"shame": 1.0})))
    assert asked["shame"] > plain["shame"] + 2


def test_what_is_there_already_counts_for_the_balance():
    taken = tuple(Taken(f"x{n}", "monologue", "accepted", ("dread",)) for n in range(20))
    picks = take(shelf(), replace(WISH, n=20), taken)
    assert not [pick for pick in picks if pick.template_id == "monologue"]
    assert not [pick for pick in picks if pick.phenomenon == "dread"]


def test_nothing_below_the_floor_is_taken_even_when_more_is_wanted():
    candidates = [
        one._replace(rating=Rating(0.1 + 0.3 * (n < 4))) for n, one in enumerate(shelf(40))
    ]
    picks = take(candidates)
    assert {pick.passage_id for pick in picks} == {"p0", "p1", "p2", "p3"}
    assert max(Counter(pick.passage_id for pick in picks).values()) == 3 and len(picks) == 12
    assert take([one._replace(rating=Rating(0.2)) for one in candidates]) == []


def test_a_passage_over_its_cap_is_left_alone_and_no_pair_is_asked_for_twice():
    candidates = shelf(2, chapters=1, rating=Rating(0.9))
    first = take(candidates)
    assert len(first) == 6 and len({(p.passage_id, p.template_id) for p in first}) == 6
    taken = tuple(Taken(p.passage_id, p.template_id, "accepted") for p in first)
    assert take(candidates, WISH, taken) == []
    assert take(candidates, WISH, taken[:-1])[0].template_id not in {
        one.template_id for one in taken[:-1] if one.passage_id == taken[-1].passage_id
    }


def test_a_passage_that_only_fails_is_given_up():
    candidates = shelf(1, chapters=1, rating=Rating(0.9))
    failed = tuple(Taken("p0", name, "rejected") for name in TEMPLATES)
    assert len(take(candidates, WISH, failed)) == 1
    assert take(candidates, WISH, (*failed, Taken("p0", "monologue", "failed"))) == []


def test_with_one_template_the_variants_are_counted():
    candidates = shelf(1, chapters=1, rating=Rating(0.9))
    wish = replace(WISH, templates=("conversation",))
    assert [pick.variant for pick in take(candidates, wish)] == [0, 1, 2]
    assert [
        pick.variant for pick in take(candidates, wish, (Taken("p0", "conversation", "accepted"),))
    ] == [1, 2]


def test_a_persons_own_passages_go_first_with_the_templates_they_named():
    candidates = shelf()
    mine = Rating(0.02, ("grief",), ("computational", "meta-awareness"))
    candidates[250] = candidates[250]._replace(rating=mine, own=True)
    picks = take(candidates, replace(WISH, cap_per_passage=2))
    assert [pick.passage_id for pick in picks[:3]].count("p250") == 2
    own = [pick.template_id for pick in picks if pick.passage_id == "p250"]
    assert sorted(own) == ["computational", "meta-awareness"]


def test_two_passages_alike_are_not_taken_side_by_side():
    candidates = shelf(rating=Rating(0.6, ("dread",)))
    best = candidates[10]._replace(rating=Rating(0.9, ("dread",)))
    twin = candidates[11]._replace(rating=Rating(0.85, ("dread",)), vector=best.vector)
    candidates[10:12] = [best, twin]
    taken = [pick.passage_id for pick in take(candidates)]
    assert "p10" in taken and "p11" not in taken


@pytest.mark.parametrize("candidates", [[], shelf(5)])
def test_nothing_to_choose_from_is_nothing_chosen(candidates):
    assert take(candidates, replace(WISH, templates=())) == []
    assert take(candidates, replace(WISH, n=0)) == []


def outcomes(kind: str, outcome: str, count: int, person: bool) -> list[Taken]:
    return [Taken(f"y{kind}{n}", "monologue", outcome, (kind,), person) for n in range(count)]


def test_what_people_reject_is_worth_less_and_shows_as_a_number():
    taken = [*outcomes("joy", "rejected", 6, True), *outcomes("doubt", "accepted", 6, True)]
    learned = taste.learn(taken)
    assert learned.phenomena["joy"] < -0.1 and learned.phenomena["doubt"] > 0.1
    assert learned.liked == 0.5 and learned.weight == 12
    pair = [
        one._replace(rating=Rating(0.5, (kind,)))
        for one, kind in zip(shelf(2), ("joy", "doubt"), strict=True)
    ]
    low, high = taste.worth(pair, taken, learned)
    assert low < 0.42 and high > 0.58


def test_a_persons_word_weighs_more_than_the_critics():
    by_critic = taste.learn(
        [*outcomes("joy", "rejected", 3, False), *outcomes("doubt", "accepted", 3, False)]
    )
    by_person = taste.learn(
        [*outcomes("joy", "rejected", 3, True), *outcomes("doubt", "accepted", 3, True)]
    )
    assert by_person.phenomena["joy"] < 2 * by_critic.phenomena["joy"] < 0


def test_passages_like_a_rejected_one_are_worth_less():
    near, far = shelf(2, rating=Rating(0.6))
    judged = near._replace(passage_id="judged")
    liked = [one._replace(passage_id=f"liked{n}") for n, one in enumerate(shelf(30, seed=9))]
    taken = [Taken("judged", t, "rejected", (), True) for t in TEMPLATES]
    taken += [Taken(one.passage_id, "monologue", "accepted", (), True) for one in liked]
    worth = taste.worth([near, far, judged, *liked], taken, taste.learn(taken))
    assert worth[0] < 0.45 and abs(worth[1] - 0.6) < 0.05


def test_without_any_outcome_richness_is_all():
    candidates = shelf(10)
    learned = taste.learn([Taken("p1", "monologue", "pending", ("joy",))])
    assert learned.phenomena == {} and learned.weight == 0
    assert np.allclose(
        taste.worth(candidates, [], learned), [one.rating.richness for one in candidates]
    )
