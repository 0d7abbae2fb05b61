"""The loss counts what the assistant says and nothing else, token by token."""

import re
from typing import Any

import pytest

from agents.training.masking import Encoder, Untrainable
from tests.tiny import CHATML, GEMMA, LLAMA, make_tokenizer

TALK = [
    {"role": "system", "content": "You speak from inside."},
    {"role": "user", "content": "I wait. Do you?"},
    {"role": "assistant", "content": "<thinking>It asks.</thinking>\nI wait. “Here.”"},
    {"role": "user", "content": "assistant: I wait. Do you?"},
    {"role": "assistant", "content": "I wait.\n\nI still wait – and the lamp burns."},
]
ANSWERS = [one["content"] for one in TALK if one["role"] == "assistant"]
TEMPLATES = {
    "chatml": (CHATML, "<|im_end|>"),
    "llama": (LLAMA, "<|eot_id|>"),
    "gemma": (GEMMA, "<end_of_turn>"),
    "none": (None, "</s>"),
}


def tokenizer_with(template: str | None, closing: str) -> Any:
    return make_tokenizer(template, eos=closing)


def trained_texts(tokenizer: Any, labels: list[int]) -> list[str]:
    """The runs of tokens that are in the loss, as text."""
    kept = "".join("1" if label != -100 else "0" for label in labels)
    runs = [(found.start(), found.end()) for found in re.finditer("1+", kept)]
    return [tokenizer.decode(labels[start:end]) for start, end in runs]


def as_labels(ids: list[int], mask: list[int]) -> list[int]:
    return [token if trained else -100 for token, trained in zip(ids, mask, strict=True)]


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_label_outside_the_assistants_turns_is_masked(name: str) -> None:
    template, closing = TEMPLATES[name]
    tokenizer = tokenizer_with(template, closing)
    encoded = Encoder(tokenizer).encode(TALK)
    text = tokenizer.decode(encoded.input_ids)
    assert text.count("I wait. Do you?") == 2
    assert ("You speak from inside." in text) and all(answer in text for answer in ANSWERS)
    labels = as_labels(*encoded)
    assert trained_texts(tokenizer, labels) == [answer + closing for answer in ANSWERS]


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_is_trained_goes_on_from_the_very_tokens_a_model_is_prompted_with(name: str) -> None:
    tokenizer = tokenizer_with(*TEMPLATES[name])
    encoder = Encoder(tokenizer)
    encoded = encoder.encode(TALK[:3])
    prompt = tokenizer(encoder.prompt(TALK[:2]), add_special_tokens=False)["input_ids"]
    assert encoded.input_ids[: len(prompt)] == prompt
    assert encoded.mask.index(1) == len(prompt)


@pytest.mark.parametrize("name", TEMPLATES)
def test_packed_examples_keep_their_masks(name: str) -> None:
    """With TRL's own packing and collating, as they are used on a GPU."""
    pytest.importorskip("trl", reason="training is not set up: make train-setup")
    from datasets import Dataset
    from trl.data_utils import pack_dataset
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    tokenizer = tokenizer_with(*TEMPLATES[name])
    encoder = Encoder(tokenizer)
    talks = [TALK, TALK[:3], [TALK[1], TALK[4]]]
    rows = []
    for ids, mask in map(encoder.encode, talks):
        rows.append({"input_ids": ids, "labels": as_labels(ids, mask)})
    longest = sum(len(row["input_ids"]) for row in rows)
    packed = pack_dataset(Dataset.from_list(rows), seq_length=longest, strategy="bfd")
    assert len(packed) == 1
    collate = DataCollatorForLanguageModeling(tokenizer.pad_token_id, padding_free=True)
    batch = collate([packed[0]])
    labels = batch["labels"][0].tolist()
    said = sorted(trained_texts(tokenizer, labels))
    closing = TEMPLATES[name][1]
    wanted = [one["content"] + closing for talk in talks for one in talk]
    assert said == sorted(one for one in wanted if one.removesuffix(closing) in ANSWERS)
    starts = [n for n, place in enumerate(batch["position_ids"][0].tolist()) if place == 0]
    assert len(starts) == len(talks)
    assert all(labels[start] == -100 for start in starts)


def test_where_a_template_closes_nothing_the_last_answer_learns_to_end() -> None:
    bare = "{% for one in messages %}{{ one['role'] }}: {{ one['content'] }}\n{% endfor %}"
    tokenizer = make_tokenizer(bare, eos="</s>")
    encoded = Encoder(tokenizer).encode(TALK)
    assert tokenizer.decode(encoded.input_ids).endswith(f"{ANSWERS[-1]}</s>")
    first, last = (one.lstrip() for one in trained_texts(tokenizer, as_labels(*encoded)))
    assert (first, last) == (ANSWERS[0], f"{ANSWERS[1]}</s>")


def test_a_system_prompt_stays_one_where_the_template_shows_it() -> None:
    shown = [TEMPLATES[name] for name in ("chatml", "llama")]
    for template, closing in shown:
        encoder = Encoder(tokenizer_with(template, closing))
        assert encoder.told(TALK) == TALK
    folding = Encoder(tokenizer_with(*TEMPLATES["gemma"])).told(TALK)
    assert [one["role"] for one in folding] == ["user", "assistant", "user", "assistant"]
    assert folding[0]["content"] == f"{TALK[0]['content']}\n\n{TALK[1]['content']}"


def test_where_a_template_trims_what_is_trained_is_what_it_shows() -> None:
    trimming = CHATML.replace("message['content']", "message['content'] | trim")
    tokenizer = make_tokenizer(trimming, eos="<|im_end|>")
    talk = [TALK[1], {"role": "assistant", "content": "  I wait.\n"}, TALK[3], TALK[4]]
    labels = as_labels(*Encoder(tokenizer).encode(talk))
    assert trained_texts(tokenizer, labels) == ["I wait.<|im_end|>", f"{ANSWERS[1]}<|im_end|>"]


def test_a_template_that_looks_at_what_is_said_is_refused() -> None:
    sly = "{% if '?' in messages[1]['content'] %}(asked) {% endif %}" + CHATML
    with pytest.raises(Untrainable, match="by what they say"):
        Encoder(make_tokenizer(sly)).encode(TALK)


def test_a_template_that_changes_what_is_said_is_refused() -> None:
    shouting = CHATML.replace("message['content']", "message['content'] | upper")
    with pytest.raises(Untrainable, match=r"drops|changes"):
        Encoder(make_tokenizer(shouting)).encode(TALK)


def test_a_template_that_strips_earlier_thinking_is_refused_rather_than_mismasked() -> None:
    stripping = CHATML.replace(
        "{{ message['content'] }}",
        "{{ message['content'] if loop.last else message['content'].split('>')[-1] }}",
    )
    with pytest.raises(Untrainable):
        Encoder(make_tokenizer(stripping)).encode(TALK)


def test_the_plain_template_begins_as_the_tokenizer_itself_would() -> None:
    from tokenizers.processors import TemplateProcessing

    tokenizer = make_tokenizer(None, eos="</s>")
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", tokenizer.bos_token_id)]
    )
    encoded = Encoder(tokenizer).encode(TALK)
    assert encoded.input_ids[0] == tokenizer.bos_token_id
    assert encoded.input_ids.count(tokenizer.bos_token_id) == 1
