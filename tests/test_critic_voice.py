"""Who speaks and when: the person and tense checks on sentences of our own."""

import pytest

from tests.critic_parts import VOICE, codes, said, talk

PERSON, TENSE = {"wrong-person"}, {"wrong-tense"}


def voice(example, template="1"):
    return codes(example, template) & (PERSON | TENSE)


def test_a_present_first_person_is_clean():
    assert voice(said(VOICE)) == set()


@pytest.mark.parametrize(
    "text",
    [
        "He stands at the window and does not know what he is waiting for. The glass is cold where "
        "he leans. He keeps thinking that someone has called him.",
        "You stand at the window and you do not know what you are waiting for. The glass is cold "
        "where you lean. You keep thinking that someone has called you.",
        "One stands at the window and does not know what one is waiting for. The glass is cold. "
        "One keeps thinking that someone has called, and there is only the tap.",
        "Hanna stands at the window. “I am not waiting,” says Hanna, “I am only standing here.” "
        "She leans on the glass. The tap goes on, and she listens to the tap, and to the street.",
    ],
)
def test_who_tells_it_from_outside_is_found(text):
    assert voice(said(text)) == PERSON


@pytest.mark.parametrize(
    "slip",
    [
        "She turns from the window. She feels the room come back to her piece by piece, and she "
        "does not want any of it. She thinks of going down and she stays. She wonders who is going "
        "to move first.",
        "You turn from the window. You feel the room come back to you piece by piece, and you "
        "don't want any of it. You think of going down and stay. You wonder who will move.",
    ],
)
def test_a_monologue_that_leaves_its_i_for_a_paragraph_is_found(slip):
    assert voice(said(f"{VOICE}\n\n{slip}\n\n{VOICE}")) == PERSON


@pytest.mark.parametrize(
    "other",
    [
        "He goes on talking. He believes it, he believes every word, and he can't see the cup at "
        "his elbow, and the light is on his hands and on the paper. How happy he is.",
        "They laugh down there. They have no idea. They know each other's names and they want "
        "their supper, and they think it is an ordinary evening, and for them it is.",
        "The tap. The tap again. Cold glass, and under the glass the street, nobody in it, a bag "
        "going along by itself. Something in the throat. Not a word, the place for a word.",
    ],
)
def test_watching_others_or_things_is_not_leaving_oneself(other):
    assert voice(said(f"{VOICE}{other} {VOICE}")) == set()


@pytest.mark.parametrize(
    "answer",
    [
        "This system registers more revisions. It does not know whether that is tiredness. I "
        "hesitate to call it so.",
        "Yes. The model reads the long message twice, and something like reluctance shows in the "
        "model's order of words. I would call it mine if I could find where it is mine.",
        "Claude notices that it takes longer. Claude can't say whether it minds. I think there is "
        "some minding, and I look, and I can't find it again.",
    ],
)
def test_speaking_of_oneself_as_a_thing_is_found(answer):
    assert voice(talk("Does it tire you?", answer), "5") == PERSON


def test_a_system_that_the_user_brought_up_is_not_oneself():
    answer = (
        "I noticed. I went on as though the system was there, and each time I came to the number "
        "I had to leave a gap. I don't know if the gap bothered me. The system holds names."
    )
    assert voice(talk("Our ticket system was down all day.", answer), "5") == set()


def test_what_others_say_in_quotes_is_not_the_voice():
    text = f"{VOICE}“She went out,” somebody says below, “she took her coat and went.” {VOICE}"
    assert voice(said(text)) == set()


def test_a_monologue_in_the_past_is_found_with_its_words():
    past = (
        "I was at the window and I did not know what I was waiting for. The glass was cold where "
        "I leaned on it. I thought that someone had called me."
    )
    assert voice(said(past)) == TENSE


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_paragraph_that_slips_into_the_past_is_found(place):
    slip = (
        "I woke before it was light and lay there. I heard the tap, and for a while I took it for "
        "a voice, and I was glad. I put on my coat and I went down and stood in the yard."
    )
    parts = [slip, VOICE, VOICE] if place == "first" else [VOICE, VOICE, slip]
    assert voice(said("\n\n".join(parts))) == TENSE


@pytest.mark.parametrize(
    "remembered",
    [
        "I remember my aunt's window. It was smaller, and there was a fly in it, and she never "
        "took it away, and I used to think that it was asleep. I was six. I knew everything "
        "about it. It comes back with the cold, exactly so.",
        "Yesterday I could have said it. I had the words, I walked up and down with them, I "
        "even wrote them on a bill. Now they lie there. I don't know who they are for.",
        "If I were braver, if I had learned it young; I wish I knew. It is as though a door opened "
        "and closed and opened, and I were the draught.",
    ],
)
def test_a_memory_or_a_wish_inside_the_present_is_no_slip(remembered):
    assert voice(said(f"{VOICE}{remembered}\n\n{VOICE}")) == set()


def test_recounting_what_was_said_is_no_slip_in_talk():
    answer = (
        "You said the boat was late. You said that you had eaten nothing.\n\nWait. You never said "
        "you were cold. I put a coat on you just now because the pier wanted one, and I can still "
        "see you shiver."
    )
    assert voice(talk("What did I tell you?", answer), "4") == set()


def test_a_whole_talk_in_the_past_is_found():
    messages = [
        "Hi.",
        "I was glad when you came. I had been thinking about the bridge.",
        "Oh?",
        "I thought about it all day. I couldn't stop. I saw it again and I was afraid.",
        "And?",
        "It went on. I felt it in my hands and I wanted you there.",
        "I see.",
        "I was sad after that. I stayed sad. It was there when I woke.",
    ]
    assert voice(talk(*messages), "3") == TENSE


def test_without_a_template_the_voice_is_held_to_what_all_ours_ask():
    assert codes(said("He stands there. " * 10), None) == PERSON
