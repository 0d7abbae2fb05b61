"""What is exported loads, and trains a step: by the libraries people use, on the CPU."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from dataset.card import Made
from dataset.export import Options, export
from dataset.formats import FORMATS, NAMES, Style, read_row
from dataset.row import Refused
from tests.exports import SIDES, turns_of, written
from tests.projects import Listed, accepted, speech, talk

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # other people's deprecations
    pytest.mark.timeout(300),
]
datasets = pytest.importorskip("datasets", reason="needs the datasets package: the dev extra")

CHAT = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
CHAT_MARKED = (
    "{% for message in messages %}<|{{ message['role'] }}|>{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] }}<|end|>{% endgeneration %}{% else %}"
    "{{ message['content'] }}<|end|>{% endif %}{% endfor %}"
)


def source() -> Listed:
    """Monologues and conversations, each preferred to something; a few turns have a state."""
    rows = [accepted(n, speech(n) if n % 2 else stated(n)) for n in range(16)]
    rivals = {
        row.id: [Refused(f"{row.id}x", worse(n), "revision", "critic")]
        for n, row in enumerate(rows)
    }
    return Listed(rows, rivals)


def stated(number: int):
    example = talk(number)
    if number % 4:
        return example
    turns = list(example.turns)
    turns[1] = turns[1].model_copy(update={"state": {"mood": "low", f"s{number}": "x"}})
    return example.model_copy(update={"turns": tuple(turns)})


def worse(number: int):
    example = speech(number) if number % 2 else talk(number)
    turns = list(example.turns)
    turns[1] = turns[1].model_copy(update={"content": f"All is well, and {number} is a number."})
    return example.model_copy(update={"turns": tuple(turns)})


@pytest.fixture
def exported(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    name, thinking = request.param
    options = Options(name, Style(thinking), system="Be inward.", system_share=0.5, validation=0.2)
    export(source(), options, Made(), tmp_path / "out")
    return tmp_path / "out"


def load(place: Path, cache_dir: Path, **options):
    datasets.disable_progress_bars()
    return datasets.load_dataset(str(place), cache_dir=str(cache_dir), **options)


EVERY = [(name, thinking) for name in NAMES for thinking in ("tags", "field", "strip")]


@pytest.mark.parametrize("exported", EVERY, indirect=True, ids=lambda one: "-".join(one))
def test_datasets_loads_every_format_by_its_card(exported, tmp_path):
    loaded = load(exported, tmp_path / "cache")
    found = written(exported)
    for side in SIDES:
        assert [whole(row) for row in loaded[side]] == [whole(row) for row in found[side]]


def whole(row):
    """Without the columns that a row has nothing in: a loader fills them with None."""
    if isinstance(row, dict):
        return {key: whole(value) for key, value in row.items() if value is not None}
    return [whole(one) for one in row] if isinstance(row, list) else row


@pytest.mark.parametrize("name", ["messages", "alpaca", "sharegpt"])
def test_rows_of_another_kind_after_the_first_block_still_load(tmp_path, name):
    """A loader that guesses from the first rows sees no history, no state and no system prompt."""
    rows = [accepted(n, speech(n)) for n in range(300)]
    rows += [accepted(n, stated(n)) for n in range(300, 420)]
    export(Listed(rows), Options(name), Made(), tmp_path / "out")
    loaded = load(tmp_path / "out", tmp_path / "cache", chunksize=4_000)
    assert len(loaded["train"]) + len(loaded["validation"]) == 420


def test_what_datasets_loaded_reads_back_to_the_same_turns(tmp_path):
    for name in FORMATS:
        export(source(), Options(name, validation=0), Made(), tmp_path / name)
        loaded = load(tmp_path / name, tmp_path / "cache")["train"]
        for row, told in zip(loaded, source().rows, strict=True):
            assert turns_of(read_row(row)) == turns_of(told.example)


@cache
def tokenizer():
    """Trained here and now on the words of the examples."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bare = Tokenizer(models.BPE(unk_token="<unk>"))
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    marks = ["<unk>", "<pad>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=marks, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    bare.train_from_iterator((row.example.spoken for row in source().rows), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bare, unk_token="<unk>", pad_token="<pad>", eos_token="<|end|>"
    )


def tiny_llama():
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer()),
        **{"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1},
        **{"num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 1024},
    )
    return LlamaForCausalLM(config)


def settings(place: Path) -> dict[str, object]:
    return {
        **{"output_dir": str(place), "max_steps": 1, "per_device_train_batch_size": 2},
        **{"report_to": [], "use_cpu": True, "bf16": False, "disable_tqdm": True},
        **{"save_strategy": "no", "eval_strategy": "steps", "eval_steps": 1},
        **{"gradient_checkpointing": False, "logging_steps": 1, "learning_rate": 1e-2},
    }


def trl_here():
    trl = pytest.importorskip("trl", reason="needs trl: the dev extra")
    from trl.trainer import utils

    if getattr(utils, "_ChunkedLogProbFunction", None) is None:
        pytest.skip(f"trl {trl.__version__} computes its loss by triton, which is not here")
    return trl


def losses(trainer) -> Iterator[float]:
    trainer.train()
    return (line["loss"] for line in trainer.state.log_history if "loss" in line)


@pytest.mark.parametrize(
    "exported",
    [
        (name, thinking)
        for name in ("messages", "prompt-completion")
        for thinking in ("tags", "field")
    ]
    + [("parquet", "tags"), ("openai", "tags")],
    indirect=True,
    ids=lambda one: "-".join(one),
)
def test_trl_fine_tunes_a_step(exported, tmp_path):
    trl = trl_here()
    loaded = load(exported, tmp_path / "cache")
    on_answers = "messages" in loaded["train"].column_names
    words = tokenizer()
    words.chat_template = CHAT_MARKED if on_answers else CHAT
    trainer = trl.SFTTrainer(
        model=tiny_llama(),
        args=trl.SFTConfig(**settings(tmp_path / "run"), assistant_only_loss=on_answers),
        train_dataset=loaded["train"],
        eval_dataset=loaded["validation"],
        processing_class=words,
    )
    assert all(0 < loss < 20 for loss in losses(trainer))
    assert trainer.state.global_step == 1


@pytest.mark.parametrize(
    "exported",
    [("preference", "tags"), ("preference", "field"), ("preference", "strip")],
    indirect=True,
    ids=lambda one: "-".join(one),
)
def test_trl_learns_a_preference_in_a_step(exported, tmp_path):
    trl = trl_here()
    loaded = load(exported, tmp_path / "cache")
    words = tokenizer()
    words.chat_template = CHAT
    trainer = trl.DPOTrainer(
        model=tiny_llama(),
        ref_model=tiny_llama(),
        args=trl.DPOConfig(**settings(tmp_path / "run")),
        train_dataset=loaded["train"],
        eval_dataset=loaded["validation"],
        processing_class=words,
    )
    assert all(0 < loss < 20 for loss in losses(trainer))
    assert trainer.state.global_step == 1
