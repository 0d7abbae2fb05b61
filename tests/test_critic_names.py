"""The names of a book's people: who they are, and where an example has them."""

import pytest

from agents.critic import people
from agents.critic.names import character_leak
from tests.critic_parts import codes, long_enough, talk

LEAK = {"character-leak"}
PASSAGE = (
    "Osgood looked at the ceiling. He had not slept. “Where is Miss Thérèse?” he asked. Snow fell "
    "on Marlow Sands. Hanneke’s hands were cold, and in Fenwick nobody knew."
)
BOOK = (
    "Osgood went down. Nobody had told Osgood. “It is late,” said Hanneke, and Osgood knew it. In "
    "Fenwick they say so; he had been in Fenwick once. On Tuesday Hanneke rode to Fenwick, and the "
    "rose in the window, which she called Rose, was dead. God knows, said Hanneke’s brother. "
)


def test_people_are_told_from_places_days_and_sentence_starts():
    assert people(BOOK) == {"osgood", "hanneke"}


def test_nobody_is_found_where_nobody_is_named():
    assert people("Nothing came. Perhaps it was Sunday. Everything went on. Silence went on.") == (
        frozenset()
    )


@pytest.mark.parametrize(
    "leak",
    [
        "Osgood stands in the door.",
        "It is Hanneke's laugh, exactly.",
        "I hear Hanneke on the stairs.",
        "I hear Miss Therese on the stairs.",
        "I can hear Countess Ottoline on the stairs.",
        "I had hoped that Bertolt would be late.",
    ],
)
def test_a_name_of_the_passage_or_a_stranger_is_a_leak(leak):
    assert codes(long_enough(leak), text=PASSAGE) == LEAK


@pytest.mark.parametrize(
    "innocent",
    [
        "Snow falls past it. Nothing else. Perhaps Sunday. God knows who it is for.",
        "It is like a Bach prelude through a wall in November, or like Paris in an old film.",
        "I think of how far Lisbon is, of Lisbon's hills; Lisbon was never mine.",
        "Nobody knew. Silence went on and on, and I with it.",
        "In Fenwick it would be dark by now, I think.",
    ],
)
def test_days_composers_and_places_are_nobodys_names(innocent):
    assert codes(long_enough(innocent), text=PASSAGE) == set()


def test_a_name_from_elsewhere_in_the_book_needs_the_books_names():
    text = "The rope went slack."
    leaking = long_enough("I think of it as Hanneke would, perhaps.")
    assert codes(leaking, text=text, names=people(BOOK)) == LEAK


def test_a_name_that_the_user_brought_is_the_users():
    example = talk("My sister Dana rang.", "Dana rang. I feel a pull at Dana's voice in that hall.")
    assert codes(example, "4", PASSAGE, names={"dana"}) == set()


def test_a_passage_name_is_a_leak_on_the_users_side_too():
    example = talk("I saw Hanneke today.", "I feel a pull at that. I don't know what it is.")
    assert codes(example, "4", PASSAGE) == LEAK


def test_a_word_that_is_also_written_small_is_no_name():
    text = "They called Rose, and Rose came. " + PASSAGE
    assert codes(long_enough("Rose is the colour. I see rose on the wall."), text=text) == set()


def test_the_evidence_is_the_name_as_it_is_written():
    [defect] = character_leak(long_enough("I hear Miss Therese there."), PASSAGE)
    assert defect.evidence == "Therese"
