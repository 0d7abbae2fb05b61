"""The training recipe: every number of a fine-tuning run, from `[train]` in `inscape.toml`."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inscape.errors import SettingsError

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
PERCEPTRON = ("gate_proj", "up_proj", "down_proj")
SFT_RATE, DPO_RATE = 2e-4, 5e-6


class Sampling(BaseModel):
    """How base and tuned model draw their words when they are examined: both in the same way.

    Each probe is answered `samples` times. The same seed gives both models the same numbers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = Field(default=0.8, ge=0, le=2)
    top_p: float = Field(default=0.95, gt=0, le=1)
    max_tokens: int = Field(default=512, ge=1)
    samples: int = Field(default=2, ge=1)
    seed: int = 0


class Recipe(BaseModel):
    """All of it is saved beside the adapter; the same recipe and data train the same adapter.

    `rate` 0 means the stage's own. `four_bit` None means: where a GPU and bitsandbytes are there.
    `patience` counts evaluations without a lower validation loss; 0 never stops early.
    `system_share` is the share of examples that carry the system prompt.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: str = ""
    stage: Literal["sft", "dpo"] = "sft"
    r: int = Field(default=16, ge=1)
    alpha: int = Field(default=16, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: tuple[str, ...] = Field(default=ATTENTION + PERCEPTRON, min_length=1)
    four_bit: bool | None = None
    device: Literal["auto", "cpu", "gpu"] = "auto"
    max_length: int = Field(default=2048, ge=16)
    packing: bool = True
    epochs: float = Field(default=3.0, gt=0)
    max_steps: int = Field(default=0, ge=0)
    batch: int = Field(default=2, ge=1)
    accumulate: int = Field(default=4, ge=1)
    rate: float = Field(default=0.0, ge=0)
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    warmup: float = Field(default=0.05, ge=0, lt=1)
    weight_decay: float = Field(default=0.01, ge=0)
    evaluations: int = Field(default=2, ge=1, description="an epoch; a checkpoint goes with each")
    patience: int = Field(default=3, ge=0)
    validation: float = Field(default=0.1, ge=0, lt=1)
    system_share: float = Field(default=1.0, ge=0, le=1)
    seed: int = 0
    beta: float = Field(default=0.1, gt=0)
    merge: bool = False
    gguf: str = ""

    @property
    def learning_rate(self) -> float:
        return self.rate or (SFT_RATE if self.stage == "sft" else DPO_RATE)

    def with_file(self, path: Path) -> Self:
        """The same with what a TOML file says, which has the keys of `[train]`."""
        try:
            said = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(
                f"Cannot read the recipe {str(path)!r}: {error}", hint="Mend the file"
            ) from error
        return self.but(said.get("train", said), where=f"in {str(path)!r}")

    def but(self, said: Mapping[str, Any], *, where: str = "on the command line") -> Self:
        try:
            return self.model_validate({**self.model_dump(), **said})
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            raise SettingsError(
                f"Training setting {name!r} {where}: {first['msg']} (got {first['input']!r})",
                hint=f"Known: {', '.join(type(self).model_fields)}",
            ) from None
