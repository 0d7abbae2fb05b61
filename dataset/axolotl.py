"""The Axolotl file of an export: a LoRA run on the data beside it, ready to start."""

from typing import Any

import yaml

from dataset.formats import Style

FILE = "axolotl.yaml"
_HEAD = """\
# A LoRA run on this dataset, for Axolotl. Start it in this directory, since the paths are relative:
#   {start}
# Change `base_model` to what you tune. Everything below it is a beginning, not a rule.
"""


def write_axolotl(base: str, style: Style, *, validation: bool, seed: int, gpus: int = 1) -> str:
    """The text of the file. With `validation`, our own split is used: no passage is on both sides.

    Without it Axolotl holds back a share by itself. Several `gpus` divide model and batch.
    """
    data = _dataset("train.jsonl", style)
    config: dict[str, Any] = {
        "base_model": base,
        "chat_template": "tokenizer_default",
        "datasets": [data],
        **(_held_out(style) if validation else {"val_set_size": 0.05}),
        "dataset_prepared_path": "prepared",
        "output_dir": "adapter",
        **_LORA,
        **(_divided(gpus) if gpus > 1 else {}),
        "seed": seed,
    }
    start = "axolotl train axolotl.yaml"
    if gpus > 1:
        start = f"accelerate launch --num_processes {gpus} -m axolotl.cli.train axolotl.yaml"
    return _HEAD.format(start=start) + yaml.safe_dump(config, sort_keys=False, allow_unicode=True)


def _divided(gpus: int) -> dict[str, Any]:
    """Fully sharded data parallel (FSDP2), and the same batch as one GPU makes, up to 8 of them.

    The layers to wrap are those the model itself says must not be split.
    """
    micro, steps = _LORA["micro_batch_size"], _LORA["gradient_accumulation_steps"]
    rows = max(1, micro * steps // gpus)
    return {
        "micro_batch_size": min(micro, rows),
        "gradient_accumulation_steps": max(1, rows // micro),
        "gradient_checkpointing": False,  # FSDP does it itself
        "fsdp_version": 2,
        "fsdp_config": {
            "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
            "reshard_after_forward": True,
            "activation_checkpointing": True,
            "cpu_ram_efficient_loading": True,
            "offload_params": False,
            "state_dict_type": "SHARDED_STATE_DICT",
            "final_state_dict_type": "FULL_STATE_DICT",
        },
    }


def _held_out(style: Style) -> dict[str, Any]:
    return {
        "test_datasets": [{**_dataset("validation.jsonl", style), "split": "train"}],
        "val_set_size": 0.0,
    }


def _dataset(path: str, style: Style) -> dict[str, Any]:
    data: dict[str, Any] = {
        "path": path,
        "ds_type": "json",
        "type": "chat_template",
        "field_messages": "messages",
        "message_property_mappings": {"role": "role", "content": "content"},
        "roles_to_train": ["assistant"],
        "train_on_eos": "turn",
    }
    if style.thinking == "field":
        data |= {"field_thinking": style.key, "template_thinking_key": "reasoning_content"}
    return data


_LORA: dict[str, Any] = {
    "adapter": "lora",
    "lora_r": 16,
    "lora_alpha": 32,
    "lora_dropout": 0.05,
    "lora_target_modules": [
        *("q_proj", "k_proj", "v_proj", "o_proj"),
        *("gate_proj", "up_proj", "down_proj"),
    ],
    "sequence_len": 4096,
    "sample_packing": False,
    "gradient_accumulation_steps": 4,
    "micro_batch_size": 2,
    "num_epochs": 3,
    "optimizer": "adamw_torch",
    "lr_scheduler": "cosine",
    "learning_rate": 0.0002,
    "warmup_ratio": 0.05,
    "bf16": "auto",
    "tf32": False,
    "gradient_checkpointing": True,
    "attn_implementation": "sdpa",
    "logging_steps": 1,
    "evals_per_epoch": 1,
    "saves_per_epoch": 1,
}
