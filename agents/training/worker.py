"""The training process: `python -m agents.training.worker DIR` does what DIR's recipe says."""

import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from agents.training.channel import Channel
from agents.training.place import Place, write_json
from agents.training.troubles import explain
from inscape import settings
from inscape.errors import InscapeError, TrainingStopped


def main(root: Path) -> int:
    place = Place(root)
    channel = Channel(place.log)
    try:
        _work(place, channel)
    except TrainingStopped as stopped:
        channel.say("stopped", message=str(stopped), hint=stopped.hint)
        return stopped.exit_code
    except (InscapeError, RuntimeError, ValueError, OSError, MemoryError, SafetensorError) as error:
        return _fail(channel, error)
    return 0


def _fail(channel: Channel, error: Exception) -> int:
    """The traceback goes into the log, a line of it to whoever started this."""
    traceback.print_exc()
    told = explain(error)
    channel.say("failed", message=str(told), hint=told.hint)
    return told.exit_code


def _work(place: Place, channel: Channel) -> None:
    recipe, plan = place.recipe(), place.plan()
    settings.for_training(offline=Path(recipe.base).exists())
    from agents.training.loading import load
    from agents.training.stages import build
    from agents.training.watch import Reporter

    began = time.monotonic()
    model, tokenizer, device = load(recipe, start=plan["start"])
    reporter = Reporter(channel)
    signal.signal(signal.SIGTERM, reporter.ask_to_stop)
    threading.Thread(target=_until_left_alone, args=(reporter,), daemon=True).start()
    trainer, prepared = build(recipe, model, tokenizer, place, reporter)
    channel.say("prepared", device=device.name, four_bit=device.four_bit, **prepared.as_json())
    before = trainer.evaluate()["eval_loss"] if prepared.validation else None
    last = place.last_checkpoint if plan["resume"] else None
    ended = trainer.train(resume_from_checkpoint=str(last) if last else None)
    if reporter.stopping:
        raise TrainingStopped(
            f"Training was stopped at step {trainer.state.global_step}",
            hint="Go on with: inscape train --resume",
        )
    _save(trainer.model, tokenizer, place)
    extra = _extras(recipe, trainer.model, tokenizer, place)
    result = {
        **_measured(trainer, ended, before),
        **prepared.as_json(),
        **extra,
        "device": device.name,
        "four_bit": device.four_bit,
        "peak_memory_bytes": device.peak_memory(),
        "resumed_from": last.name if last else "",
        "seconds": round(time.monotonic() - began, 2),
    }
    write_json(place.result_file, result)
    channel.say("done", **result)


def _until_left_alone(reporter: Any) -> None:
    """Whoever started this holds our standard input open; when it closes, they have died."""
    while os.read(0, 4096):  # not sys.stdin, whose lock a thread must not hold at the end
        continue
    reporter.ask_to_stop()


def _save(model: Any, tokenizer: Any, place: Place) -> None:
    """Only the adapter that was trained: preference training keeps a second one to compare with."""
    model.save_pretrained(str(place.root), selected_adapters=["default"])
    tokenizer.save_pretrained(str(place.root))


def _extras(recipe: Any, model: Any, tokenizer: Any, place: Place) -> dict[str, str]:
    made = {"merged": "", "gguf": ""}
    if recipe.merge:
        model.save_pretrained_merged(str(place.merged), tokenizer, save_method="merged_16bit")
        made["merged"] = str(place.merged)
    if recipe.gguf:
        model.save_pretrained_gguf(str(place.gguf), tokenizer, quantization_method=recipe.gguf)
        made["gguf"] = str(place.gguf)
    return made


def _measured(trainer: Any, ended: Any, before: float | None) -> dict[str, Any]:
    """Losses by step; validation starts with the untrained model's at step 0."""
    log = trainer.state.log_history  # begun anew by train()
    losses = [[one["step"], one["loss"]] for one in log if "loss" in one]
    checked = [[one["step"], one["eval_loss"]] for one in log if "eval_loss" in one]
    checked = [[0, before], *checked] if before is not None else checked
    best = trainer.state.best_metric
    return {
        "steps": trainer.state.global_step,
        "planned_steps": trainer.state.max_steps,
        "stopped_early": trainer.state.global_step < trainer.state.max_steps,
        "epochs": round(trainer.state.epoch or 0.0, 3),
        "train_loss": losses[-1][1] if losses else ended.training_loss,
        "eval_loss": best if best is not None else (checked[-1][1] if checked else None),
        "base_eval_loss": before,
        "tokens_per_second": round(trainer.inscape_reporter.tokens_per_second, 1),
        "step_seconds": round(trainer.inscape_reporter.step_seconds, 3),
        "losses": {"train": losses, "validation": checked},
    }


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
