"""A base model with a LoRA adapter on it, by Unsloth: on a GPU, or on the CPU where there is none.

Unsloth patches what is imported after it, so this module is only imported in a process of its own
and before anything that imports transformers.
"""

import importlib.util
from typing import Any, NamedTuple

import unsloth  # isort: skip
import torch
from unsloth import FastLanguageModel

from inscape.recipe import Recipe

__all__ = ["Device", "load", "unsloth"]


class Device(NamedTuple):
    name: str
    four_bit: bool
    on_gpu: bool

    def peak_memory(self) -> int:
        """Bytes of the GPU; 0 on the CPU."""
        return int(torch.cuda.max_memory_allocated()) if self.on_gpu else 0


def load(recipe: Recipe, *, start: str = "") -> tuple[Any, Any, Device]:
    """Model, tokenizer and where they are; `start` is an adapter to train on, not a new one."""
    device = _device(recipe)
    if device.on_gpu:
        torch.cuda.reset_peak_memory_stats()
    model, tokenizer = FastLanguageModel.from_pretrained(
        model_name=start or recipe.base,
        max_seq_length=recipe.max_length,
        load_in_4bit=device.four_bit,
        dtype=None,
    )
    tokenizer = getattr(tokenizer, "tokenizer", tokenizer)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if start:
        return model, tokenizer, device
    adapted = FastLanguageModel.get_peft_model(
        model,
        r=recipe.r,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=list(recipe.targets),
        bias="none",
        random_state=recipe.seed,
        use_gradient_checkpointing="unsloth" if device.on_gpu else False,
    )
    return adapted, tokenizer, device


def _device(recipe: Recipe) -> Device:
    on_gpu = torch.cuda.is_available() and recipe.device != "cpu"
    can_quantize = on_gpu and importlib.util.find_spec("bitsandbytes") is not None
    four_bit = can_quantize if recipe.four_bit is None else recipe.four_bit
    name = torch.cuda.get_device_name() if on_gpu else f"CPU, {torch.get_num_threads()} threads"
    return Device(name, four_bit, on_gpu)
