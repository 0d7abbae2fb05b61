"""The two stages: supervised on the accepted examples, then on pairs of better and worse."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from agents.training.loading import unsloth  # isort: skip  # before transformers and trl
from datasets import Dataset
from transformers import EarlyStoppingCallback
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

from agents.training.masking import Encoder, Untrainable
from agents.training.place import Place
from agents.training.rows import Row, read_data
from agents.training.watch import Reporter
from inscape.errors import TrainingError
from inscape.recipe import Recipe


@dataclass
class Prepared:
    """What became of the rows. `truncated` were longer than `max_length`; `left_out` said nothing
    that could be trained on; `tokens` counts one epoch, `trained_tokens` those in the loss."""

    train: int = 0
    validation: int = 0
    truncated: int = 0
    left_out: int = 0
    tokens: int = 0
    trained_tokens: int = 0
    packed: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def build(
    recipe: Recipe, model: Any, tokenizer: Any, place: Place, reporter: Reporter
) -> tuple[Any, Prepared]:
    data = read_data(place.data, recipe.stage)
    make = _supervised if recipe.stage == "sft" else _preferring
    train, validation, prepared = make(recipe, Encoder(tokenizer), data.train, data.validation)
    _see_some(prepared)
    shared = _shared(recipe, place, prepared)
    stopping = [EarlyStoppingCallback(recipe.patience)] if _stops(recipe, prepared) else []
    given = {
        "model": model,
        "processing_class": tokenizer,
        "train_dataset": train,
        "eval_dataset": validation,
        "callbacks": [reporter, *stopping],
    }
    if recipe.stage == "sft":
        config = SFTConfig(**shared, packing=recipe.packing, eval_packing=False)
        trainer = SFTTrainer(**given, args=config)
        prepared.packed = bool(trainer.args.packing)
    else:
        if unsloth.DEVICE_TYPE != "cpu":
            unsloth.PatchDPOTrainer()
        trainer = DPOTrainer(**given, ref_model=None, args=DPOConfig(**shared, beta=recipe.beta))
        _count(prepared, trainer, recipe.max_length)
        _see_some(prepared)
    trainer.inscape_reporter = reporter
    return trainer, prepared


def _see_some(prepared: Prepared) -> None:
    if not prepared.train:
        raise TrainingError(
            "None of the examples can be trained on",
            hint=f"{prepared.left_out} were left out; raise max_length or look at the base model's "
            "chat template",
        )


def _stops(recipe: Recipe, prepared: Prepared) -> bool:
    return bool(recipe.patience and prepared.validation)


def _supervised(
    recipe: Recipe, encoder: Encoder, train: Sequence[Row], validation: Sequence[Row]
) -> tuple[Dataset, Dataset | None, Prepared]:
    """Our own tokens and mask; TRL makes the labels of them, and packs them."""
    prepared = Prepared()

    def tokens(rows: Sequence[Row]) -> list[dict[str, list[int]]]:
        made = []
        for row in rows:
            try:
                encoded = encoder.encode(row["messages"])
            except Untrainable:
                prepared.left_out += 1
                continue
            prepared.truncated += len(encoded.input_ids) > recipe.max_length
            ids, mask = (part[: recipe.max_length] for part in encoded)
            if any(mask):
                made.append({"input_ids": ids, "assistant_masks": mask})
            else:
                prepared.left_out += 1
        return made

    first, second = tokens(train), tokens(validation)
    prepared.tokens = sum(len(one["input_ids"]) for one in first)
    prepared.trained_tokens = sum(sum(one["assistant_masks"]) for one in first)
    return _datasets(prepared, first, second)


def _preferring(
    recipe: Recipe, encoder: Encoder, train: Sequence[Row], validation: Sequence[Row]
) -> tuple[Dataset, Dataset | None, Prepared]:
    def pairs(rows: Sequence[Row]) -> list[dict[str, Any]]:
        keys = ("chosen", "rejected")
        return [
            {"prompt": encoder.told(row["prompt"]), **{key: row[key] for key in keys}}
            for row in rows
        ]

    return _datasets(Prepared(), pairs(train), pairs(validation))


def _count(prepared: Prepared, trainer: Any, longest: int) -> None:
    """What TRL made of the pairs, two texts each; a prompt that is too long is left out."""
    train = list(trainer.train_dataset)
    kept = [*train, *(trainer.eval_dataset or ())]
    prepared.left_out = prepared.train + prepared.validation - len(kept)
    prepared.train, prepared.validation = len(train), len(kept) - len(train)
    prepared.truncated = sum(max(_lengths(pair)) > longest for pair in kept)
    prepared.tokens = sum(min(n, longest) for pair in train for n in _lengths(pair))
    prepared.trained_tokens = prepared.tokens - sum(2 * len(pair["prompt_ids"]) for pair in train)


def _lengths(pair: Row) -> tuple[int, int]:
    """Of the prompt with the better answer, and with the worse."""
    prompt = len(pair["prompt_ids"])
    return prompt + len(pair["chosen_ids"]), prompt + len(pair["rejected_ids"])


def _datasets(
    prepared: Prepared, train: list[dict[str, Any]], validation: list[dict[str, Any]]
) -> tuple[Dataset, Dataset | None, Prepared]:
    prepared.train, prepared.validation = len(train), len(validation)
    make: Callable[[list[dict[str, Any]]], Dataset] = Dataset.from_list
    return make(train), make(validation) if validation else None, prepared


def _shared(recipe: Recipe, place: Place, prepared: Prepared) -> dict[str, Any]:
    """Both stages' arguments. Checkpoints go with evaluations, so that the best can be kept."""
    an_epoch = math.ceil(prepared.train / (recipe.batch * recipe.accumulate))
    every = max(1, an_epoch // recipe.evaluations)
    checked = prepared.validation > 0
    on_gpu = unsloth.DEVICE_TYPE != "cpu"
    bf16 = bool(unsloth.is_bfloat16_supported())
    return {
        "output_dir": str(place.checkpoints),
        "max_length": recipe.max_length,
        "per_device_train_batch_size": recipe.batch,
        "per_device_eval_batch_size": recipe.batch,
        "gradient_accumulation_steps": recipe.accumulate,
        "num_train_epochs": recipe.epochs,
        "max_steps": recipe.max_steps or -1,
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": recipe.schedule,
        "warmup_steps": recipe.warmup,
        "weight_decay": recipe.weight_decay,
        "bf16": bf16,
        "fp16": on_gpu and not bf16,
        "logging_steps": 1,
        "eval_strategy": "steps" if checked else "no",
        "eval_steps": every,
        "save_strategy": "steps",
        "save_steps": every,
        "save_total_limit": 2,
        "load_best_model_at_end": checked,
        "metric_for_best_model": "eval_loss" if checked else None,
        "greater_is_better": False if checked else None,
        "restore_callback_states_from_checkpoint": True,
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "disable_tqdm": True,
        "report_to": "none",
    }
