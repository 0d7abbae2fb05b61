"""The rehearsal model: the right shape for every template, never twice the same, never real."""

import json
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from agents.critic import Critic, Policy
from agents.models.base import Message, Purpose, Request
from agents.models.rehearsal import BANK, Rehearsal
from dataset.example import Example, from_interchange
from inscape.errors import ModelRefusedCall
from prompts.library import Library, Template

LIBRARY = Library.load()
KINDS = [kind.id for kind in LIBRARY.phenomena]


def facts(template: Template, passage: str, kind: str = "dread") -> dict[str, str]:
    needs = template.requirements
    given = {
        "template": template.id,
        "form": template.form,
        "passage_id": passage,
        "phenomenon": kind,
        "thinking": needs.thinking,
        "literal": str(needs.literal).lower(),
        "state": ",".join(needs.state),
    }
    for name, span in (("words", needs.words), ("turns", needs.turns)):
        if span:
            given[name] = f"{span[0]}-{span[1]}"
    return given


async def reply(told: dict[str, str], purpose: Purpose = "teach", nonce: int = 0) -> str:
    said = (Message("user", "Write."),)
    asked = Request(purpose, "", said, facts=told, nonce=nonce)
    return (await Rehearsal().ask(asked)).text


async def examples(template: Template, number: int) -> list[Example]:
    made = []
    for at in range(number):
        told = facts(template, f"passage {at}", KINDS[at % len(KINDS)])
        made.append(from_interchange(_stateless(json.loads(await reply(told)))))
    return made


def _stateless(answer: dict[str, Any]) -> dict[str, Any]:
    for message in answer.get("conversations", ()):
        message.pop("state", None)
    return answer


async def test_the_same_facts_give_the_same_text_and_others_another() -> None:
    told = facts(LIBRARY.template("1"), "p")
    first = await reply(told)
    assert await reply(dict(reversed(told.items()))) == first
    others = [
        await reply(told, nonce=1),
        await reply(told, "revise"),
        await reply(told | {"passage_id": "q"}),
        await reply(told | {"phenomenon": "joy"}),
        await reply(told | {"variant": "1"}),
    ]
    assert len({first, *others}) == 6


async def test_it_costs_nothing_and_says_what_it_is() -> None:
    model = Rehearsal()
    answer = await model.ask(Request("teach", "", (), facts=facts(LIBRARY.template("1"), "p")))
    assert (model.spec, model.is_rehearsal) == ("rehearsal", True)
    assert (answer.usd, answer.model, answer.stop_reason) == (0.0, "rehearsal", "end_turn")
    assert answer.usage == (0, 0, 0)


@pytest.mark.parametrize("purpose", ["judge", "scout", "draft", "probe"])
async def test_it_only_stands_in_for_a_teacher(purpose: Purpose) -> None:
    with pytest.raises(ModelRefusedCall, match=f"cannot {purpose}") as caught:
        await reply({}, purpose)
    assert "anthropic:MODEL" in caught.value.hint


async def test_a_doctor_is_answered_in_json() -> None:
    assert json.loads(await reply({}, "doctor")) == {"ok": True}


async def test_monologues_have_the_words_wanted_and_stand_in_paragraphs() -> None:
    for example in await examples(LIBRARY.template("1"), 60):
        assert example.form == "monologue" and example.input == ""
        answer = example.turns[1]
        assert 150 <= len(answer.content.split()) <= 300 and answer.thinking is None
        assert answer.content.count("\n\n") == 2
        assert 3 < len(example.turns[0].content.split()) < 25


@pytest.mark.parametrize("words", ["20-60", "5-5", "400-500", "900-1000"])
async def test_other_lengths_are_kept_as_well(words: str) -> None:
    told = facts(LIBRARY.template("1"), "p") | {"words": words}
    least, most = map(int, words.split("-"))
    count = len(json.loads(await reply(told))["output"].split())
    assert count <= max(most, 30) + 2
    assert count >= min(least, most)


@pytest.mark.parametrize("ref", ["2", "3", "4", "6", "7"])
async def test_conversations_have_the_turns_wanted_and_sides_that_alternate(ref: str) -> None:
    template = LIBRARY.template(ref)
    span = template.requirements.turns
    assert span is not None
    lengths = set()
    for example in await examples(template, 60):
        assert example.form == "conversation"
        lengths.add(len(example.turns))
        assert [turn.role for turn in example.turns[:2]] == ["user", "assistant"]
        assert {turn.role for turn in example.turns[::2]} == {"user"}
    assert lengths == set(range(span[0], span[1] + 1, 2))


async def test_thinking_comes_before_every_answer_and_differs_from_it() -> None:
    for example in await examples(LIBRARY.template("2"), 60):
        for turn in example.answers:
            assert turn.thinking and turn.content
            assert not set(_sentences(turn.thinking)) & set(_sentences(turn.content))


async def test_the_fourth_message_goes_back_to_the_feeling_of_the_second() -> None:
    bank = yaml.safe_load(BANK.read_text(encoding="utf-8"))
    feelings = [word for kind in bank["phenomena"].values() for word in kind["feelings"]]
    for template in (LIBRARY.template("2"), LIBRARY.template("3")):
        for example in await examples(template, 60):
            first, second = example.answers[:2]
            said = f"{first.thinking} {first.content}".casefold()
            felt = [word for word in feelings if word.casefold() in said]
            assert any(word.casefold() in second.content.casefold() for word in felt)


async def test_literal_reports_come_in_both_forms_and_end_uncertain() -> None:
    made = await examples(LIBRARY.template("5"), 60)
    assert {example.form for example in made} == {"conversation", "monologue"}
    verdicts = yaml.safe_load(BANK.read_text(encoding="utf-8"))["verdicts"]
    for example in made:
        assert any(example.answers[-1].content.endswith(verdict) for verdict in verdicts)


async def test_a_state_is_given_with_every_answer_that_needs_one() -> None:
    for ref, fields in (
        ("6", {"mood", "certainty"}),
        ("7", {"emotion", "thoughts", "uncertainty"}),
    ):
        answer = json.loads(await reply(facts(LIBRARY.template(ref), "p")))
        for message in answer["conversations"][1::2]:
            assert set(message["state"]) == fields and all(message["state"].values())


async def test_a_template_of_ones_own_is_given_its_shape() -> None:
    own = {"template": "lullaby", "passage_id": "p", "phenomenon": "no such"}
    told = own | {"form": "monologue", "words": "60-90", "thinking": "required"}
    assert json.loads(await reply(told))["output"].startswith("<thinking>")
    told = own | {"form": "conversation", "turns": "14-16", "thinking": "required"}
    turns = from_interchange(json.loads(await reply(told))).turns
    assert 14 <= len(turns) <= 16 and all(turn.thinking for turn in turns[1::2])
    assert from_interchange(json.loads(await reply({}))).answers


async def test_the_checks_of_the_critic_find_nothing_in_any_piece() -> None:
    critic = Critic([], LIBRARY, Policy())
    for template in LIBRARY.default_templates:
        for example in await examples(template, 30):
            found = critic.check(example, template, None)
            assert not found, (found, example.spoken)


async def test_no_slot_is_left_open_and_no_sentence_comes_twice() -> None:
    for template in LIBRARY.templates:
        for example in await examples(template, 40):
            everything = " ".join(turn.content for turn in example.turns) + example.spoken
            assert not re.search(r"[{}\[\]]|  ", everything)
            counts = Counter(s for s in _sentences(example.spoken) if len(s.split()) > 4)
            assert all(count == 1 for count in counts.values()), counts.most_common(1)


async def test_many_pieces_do_not_begin_alike() -> None:
    for template in LIBRARY.default_templates:
        made = await examples(template, 100)
        openings = Counter(" ".join(one.spoken.split()[:5]) for one in made)
        assert openings.most_common(1)[0][1] <= 10, template.id
        assert len(openings) >= 30, template.id


async def test_a_reply_takes_less_than_five_milliseconds() -> None:
    await reply(facts(LIBRARY.template("1"), "warm"))
    start = time.process_time()
    for at in range(100):
        await reply(facts(LIBRARY.templates[at % 7], str(at)))
    assert (time.process_time() - start) / 100 < 0.005


def test_the_bank_is_large_enough() -> None:
    bank = yaml.safe_load(BANK.read_text(encoding="utf-8"))
    assert set(bank["phenomena"]) == set(KINDS)
    for kind in bank["phenomena"].values():
        assert len(set(kind["lines"])) >= 14
    said = {line for talk in bank["talks"] for line in talk["says"]}
    said |= {errand["human"] for errand in bank["errands"]} | set(bank["inquiries"])
    assert len(said) >= 60
    lines = [line for kind in bank["phenomena"].values() for line in kind["lines"]]
    assert len(lines) == len(set(lines))


def test_no_sentence_of_the_bank_is_taken_from_a_book(shared: Path) -> None:
    ours = {run for line in BANK.read_text(encoding="utf-8").splitlines() for run in _runs(line)}
    for book in sorted((shared / "corpus").glob("*.txt")):
        taken = ours.intersection(_runs(book.read_text(encoding="utf-8", errors="replace")))
        assert not taken, book.name


def _runs(text: str) -> list[tuple[str, ...]]:
    said = re.findall(r"[\w'’]+", text.lower())
    return [tuple(said[at : at + 7]) for at in range(len(said) - 6)]


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[.?!])\s+", text) if part.strip()]
