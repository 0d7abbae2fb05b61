"""A process that speaks with a base model and the adapter on it: `python -m … DIR`, JSON lines.

The adapter is read by PEFT on plain transformers, as anybody would use it. With the adapter
switched off the same weights are the base model, so one copy serves both voices.
"""

import contextlib
import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from agents.training.channel import Channel
from agents.training.place import Place
from agents.training.troubles import explain
from inscape import settings
from inscape.errors import InscapeError


def main(root: Path) -> int:
    place = Place(root)
    channel = Channel(root / "speaking.log")
    try:
        settings.for_training(offline=Path(place.recipe().base).exists())
        speaker = Speaker(place)
        channel.say("ready")
        for line in sys.stdin:
            channel.say(**speaker.do(json.loads(line)))
    except (InscapeError, RuntimeError, ValueError, OSError, MemoryError, SafetensorError) as error:
        traceback.print_exc()
        told = explain(error)
        channel.say("failed", message=str(told), hint=told.hint)
        return told.exit_code
    return 0


class Speaker:
    def __init__(self, place: Place) -> None:
        import torch
        from peft import PeftModel
        from transformers import AutoModelForCausalLM, AutoTokenizer

        from agents.training.masking import Encoder

        self._torch = torch
        self._on = "cuda" if torch.cuda.is_available() else "cpu"
        base = AutoModelForCausalLM.from_pretrained(place.recipe().base, dtype="auto")
        self._model: Any = PeftModel.from_pretrained(base, str(place.root)).to(self._on).eval()
        self._tokenizer: Any = AutoTokenizer.from_pretrained(str(place.root), padding_side="left")
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        self._encoder = Encoder(self._tokenizer)
        self._longest = place.recipe().max_length

    def do(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """`answers`: texts for several talks, by one voice. `loss`: of what is said in them."""
        with self._voice(asked["voice"]), self._torch.inference_mode():
            if asked["do"] == "loss":
                return {"event": "loss", **self._loss(asked["talks"])}
            return {"event": "answers", "texts": self._answers(asked["talks"], asked)}

    def _voice(self, voice: str) -> contextlib.AbstractContextManager[Any]:
        base: contextlib.AbstractContextManager[Any] = self._model.disable_adapter()
        return base if voice == "base" else contextlib.nullcontext()

    def _answers(self, talks: Sequence[Any], sampling: Mapping[str, Any]) -> list[str]:
        """The seed is set anew for each batch: both voices draw the same numbers."""
        prompts = [self._encoder.prompt(talk) for talk in talks]
        made = self._tokenizer(
            prompts, return_tensors="pt", padding=True, add_special_tokens=False
        ).to(self._on)
        made.pop("token_type_ids", None)
        self._torch.manual_seed(sampling["seed"])
        warm = sampling["temperature"] > 0
        drawn = {"temperature": sampling["temperature"], "top_p": sampling["top_p"], "top_k": 0}
        written = self._model.generate(
            **made,
            max_new_tokens=sampling["max_tokens"],
            do_sample=warm,
            pad_token_id=self._tokenizer.pad_token_id,
            eos_token_id=self._enders,
            **(drawn if warm else {}),
        )
        cut = written[:, made["input_ids"].shape[1] :]
        return [self._read(ids) for ids in cut.tolist()]

    @property
    def _enders(self) -> list[int]:
        """Every token that may close a turn: chat templates often close it with another than the
        tokenizer's end of text."""
        told = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
        encoded = self._encoder.encode(told)
        last = max(n for n, trained in enumerate(encoded.mask) if trained)
        return sorted({encoded.input_ids[last], self._tokenizer.eos_token_id} - {None})

    def _read(self, ids: list[int]) -> str:
        enders = set(self._enders)
        end = next((n for n, token in enumerate(ids) if token in enders), len(ids))
        return str(self._tokenizer.decode(ids[:end], skip_special_tokens=True)).strip()

    def _loss(self, talks: Sequence[Any]) -> dict[str, Any]:
        """The mean over all tokens the assistant says, as in training."""
        total, tokens = 0.0, 0
        for talk in talks:
            encoded = self._encoder.encode(talk)
            ids = self._torch.tensor([encoded.input_ids[: self._longest]]).to(self._on)
            mask = self._torch.tensor(encoded.mask[: self._longest][1:]).to(self._on)
            logits = self._model(input_ids=ids).logits[0, :-1].float()
            losses = self._torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")
            total += float((losses * mask).sum())
            tokens += int(mask.sum())
        return {"loss": total / tokens if tokens else None, "tokens": tokens}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
