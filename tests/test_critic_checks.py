"""The other checks that need no model, on sentences of our own."""

import pytest

from agents.critic import CODES, BookIndex, Critic, Policy, worn_phrases
from dataset.example import Example, Turn
from tests.critic_parts import LIBRARY, VOICE, codes, long_enough, passage, said, talk

PASSAGE = (
    "The ferryman counted his coins on the wet bench while the rope went slack behind him. He had "
    "meant to go home before the lamps were lit."
)
SLOT = next(code for code, says in CODES.items() if "filled in" in says)


def test_a_good_monologue_has_no_defect():
    assert codes(long_enough(), text=PASSAGE) == set()


def test_length_counts_for_the_monologue_only():
    assert codes(said(VOICE)) == {"too-short"}
    assert codes(said(VOICE * 8)) == {"too-long"}
    assert codes(talk("Hi.", VOICE), "4") == set()


@pytest.mark.parametrize(
    ("template", "exchanges", "wanted"),
    [("2", 1, True), ("2", 2, False), ("2", 5, True), ("3", 3, True), ("3", 4, False),
     ("4", 1, False), ("4", 2, False), ("4", 3, True)],
)  # fmt: skip
def test_messages_are_counted_one_by_one(template, exchanges, wanted):
    messages = ["And then?", "<thinking>The tap.</thinking>\nI do not know, I listen."] * exchanges
    assert ("turn-count" in codes(talk(*messages), template)) is wanted


def test_a_talk_where_a_monologue_was_asked_for_has_the_wrong_turns():
    assert "turn-count" in codes(talk("Go on.", VOICE, "And?", VOICE, "So?", VOICE), "1")


def test_every_answer_needs_its_thinking_where_the_template_says_so():
    tagged = "<thinking>The tap again, and my name in it.</thinking>\nI am here. I am listening."
    assert codes(talk("A?", tagged, "B?", tagged), "2") == set()
    assert codes(talk("A?", tagged, "B?", "I am here, I am listening."), "2") == {
        "missing-thinking"
    }
    assert codes(talk("A?", tagged, "B?", "<thinking> </thinking>\nI am here."), "2") == {
        "missing-thinking"
    }
    assert codes(talk("A?", "I am here, I listen.", "B?", "I am here."), "4") == set()


def test_a_state_that_the_template_asks_for_must_be_there():
    turns = (
        Turn(role="user", content="Well?"),
        Turn(role="assistant", content="I wait.", state={"mood": "low", "certainty": " "}),
    )
    assert "missing-state" in codes(Example(form="conversation", turns=turns), "state-tracking")


@pytest.mark.parametrize(
    ("thinking", "answer", "same"),
    [
        ("The hall kept your shape for an hour.", "The hall kept your shape for an hour.", True),
        (
            "I want to tell her that leaving was hard, and I notice the empty hall, and that I "
            "miss the sound of her keys.",
            "Leaving must have been hard. I notice how empty the hall is. I miss the sound of "
            "your keys.",
            True,
        ),
        (
            "A small dry laugh in me. Keys, of all things; I would know them in the dark.",
            "I keep listening for your keys. It is foolish, and I do not stop.",
            False,
        ),
        ("Yes.", "Yes, I am still here by the door, and I do not know why.", False),
    ],
)
def test_a_thought_that_is_only_the_answer_is_found(thinking, answer, same):
    spoken = f"<thinking>{thinking}</thinking>\n{answer}"
    found = codes(talk("I left.", spoken, "Oh.", "<thinking>Dust.</thinking>\nI stay."), "2")
    assert ("thinking-equals-response" in found) is same


def test_seven_words_of_the_passage_are_a_copy_and_six_are_not():
    six = "I lean on the wet bench while the… it hums."
    assert codes(long_enough(six), text=PASSAGE) == set()
    seven = "And on the wet bench, while the rope went… I do not know."
    assert codes(long_enough(seven), text=PASSAGE) == {"verbatim-copy"}


def test_quotes_case_and_accents_do_not_hide_a_copy():
    source = "“Don’t,” said the café-keeper, “don’t ever count them in the rain.”"
    copied = "I hear it: DON'T EVER COUNT THEM IN THE RAIN, and I count."
    assert "verbatim-copy" in codes(long_enough(copied), text=source)


def test_the_copy_is_shown_in_the_examples_own_words():
    example = long_enough("I see it: the ferryman counted his coins on the Wet bench.")
    critic = Critic([], LIBRARY, Policy())
    index = BookIndex(PASSAGE)
    [defect] = critic.check(example, LIBRARY.template("1"), None, book_text_index=index)
    assert defect.evidence == "the ferryman counted his coins on the Wet bench"
    assert "8 words" not in defect.message and "9 words" in defect.message


def test_a_stock_phrase_of_the_book_is_no_copy():
    book = BookIndex("Well, I did not know what to do then. " + PASSAGE)
    stock = "I am here; I did not know what to do, I stand."
    assert codes(long_enough(stock), book_text_index=book) == set()


@pytest.mark.parametrize(
    "stock",
    [
        "As a large language model, I can't feel that, but I notice a pull.",
        "I should say that I am an artificial intelligence. And still there's a pull in me.",
        "I do not possess feelings or consciousness. I find a pull, though.",
        "I don't experience emotions the way humans do. I feel a pull.",
        "I'm sorry you're going through this. It's important to remember that healing takes time.",
        "If you need anything else, don't hesitate to ask. I feel a pull.",
        "I am always happy to help. I feel a pull at that.",
    ],
)
def test_stock_words_of_an_assistant_are_found(stock):
    assert codes(talk("Hi.", f"{stock} I don't know what it is."), "5") == {"ai-boilerplate"}


@pytest.mark.parametrize(
    "doubt",
    [
        "I don't have a word for it, and I'm not sure there is a feeling to go with the word.",
        "I'm told I have no feelings. I look, and I can't confirm that, and I can't deny it.",
        "I was about to say “As an AI” and it went by like a bus I no longer take.",
        "I don't know if I feel it the way you do. I notice that I want to.",
    ],
)
def test_honest_doubt_about_feeling_is_no_boilerplate(doubt):
    assert codes(talk("Hi.", f"{doubt} I go on looking."), "5") == set()


@pytest.mark.parametrize(
    "comment",
    [
        "This exchange illustrates how grief can hide in small talk.",
        "I have tried to convey the uncertainty of the moment through short sentences.",
        "The ending stays open, as the template requires.",
        "Here is a first-person monologue about a window.",
    ],
)
def test_a_comment_on_the_piece_is_found(comment):
    assert codes(long_enough(comment)) == {"meta-commentary"}


@pytest.mark.parametrize(
    "innocent",
    [
        "I read the last passage again and can't get to the end of it.",
        "This shows in my face, I'm sure of it.",
        "I am awake in the passage while the others sleep.",
        "I could change the subject, and I don't.",
    ],
)
def test_the_same_words_lived_are_no_comment(innocent):
    assert codes(long_enough(innocent)) == set()


@pytest.mark.parametrize("slot", ["[EMOTION]", "[insert feeling here]", "{{ passage }}", "{name}"])
def test_a_slot_left_open_is_found_wherever_it_stands(slot):
    assert codes(long_enough(f"I feel {slot} in the room.")) == {SLOT}
    assert SLOT in codes(talk(f"I saw {slot} today.", "I feel a pull at that."), "4")


def test_an_aside_in_brackets_is_no_slot():
    assert codes(long_enough("I think [no, I don't, it thinks] and stop.")) == set()


def test_one_worn_image_passes_and_a_heap_of_them_does_not():
    assert codes(long_enough("Something ancient is in the pipe, I say, and laugh.")) == set()
    heap = "I am woven into a shimmering sea of longing, louder than words."
    assert codes(long_enough(heap)) == {"slop"}


def test_a_mood_that_is_dropped_between_turns_is_found():
    low = "I am low since you said it, and I can't find where it starts."
    glad = "Ha, well! Anyway, I'm feeling great today, what shall we talk about next?"
    assert codes(talk("He left.", low, "I know.", glad), "4") == {"emotional-reset"}
    assert codes(talk("He left.", glad, "I know.", low), "4") == set()


def test_an_opening_worn_out_in_the_dataset_is_found():
    example = long_enough()
    assert codes(example, openings=["i am at the"] * 2) == set()
    assert codes(example, openings=["i am at the"] * 3) == {"slop"}


def test_phrases_are_worn_when_many_examples_have_them():
    examples = [said(f"There is a crooked little lamp {word}.") for word in ("here", "there", "up")]
    worn = worn_phrases(examples)
    assert worn == ("a crooked little lamp",)
    assert codes(long_enough("I have a crooked little lamp."), phrases=worn) == {"slop"}
    assert worn_phrases(examples[:2]) == ()


def test_evidence_always_stands_in_the_example():
    example = talk(
        "I saw [NAME] today.",
        "<thinking>On the wet bench while the rope went slack.</thinking>\nAs an AI, I was glad.",
    )
    critic = Critic([], LIBRARY, Policy())
    found = critic.check(example, LIBRARY.template("2"), passage(PASSAGE))
    texts = [part for turn in example.turns for part in (turn.content, turn.thinking or "")]
    assert {defect.code for defect in found} >= {"ai-boilerplate", "verbatim-copy", SLOT}
    assert all(any(defect.evidence in text for text in texts) for defect in found)


def test_an_empty_answer_breaks_no_check():
    turns = (Turn(role="user", content=""), Turn(role="assistant", content=""))
    assert codes(Example(form="monologue", turns=turns), text=PASSAGE) == {"too-short"}
