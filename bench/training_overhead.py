"""How much slower is training through Inscape than a bare Unsloth and TRL script?

Both train the same model on the same rows with the same arguments, each in a process of its own, in
turn, several times. What is compared is the time of the training steps themselves, the time from
start to end, and the CPU time of the whole, which other work on the machine disturbs least. On a
machine with a GPU, `--gpu` makes the model larger and in bf16.

    python bench/training_overhead.py --repeats 3
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

BARE = """\
import json, sys, time
began = time.monotonic()
from unsloth import FastLanguageModel, is_bfloat16_supported
from unsloth import DEVICE_TYPE
from datasets import Dataset
from transformers import TrainerCallback
from trl import SFTConfig, SFTTrainer

place, recipe, gpu = sys.argv[1], json.loads(sys.argv[2]), DEVICE_TYPE != "cpu"
model, tokenizer = FastLanguageModel.from_pretrained(
    recipe["base"], max_seq_length=recipe["max_length"], load_in_4bit=False
)
model = FastLanguageModel.get_peft_model(
    model, r=recipe["r"], lora_alpha=recipe["alpha"], lora_dropout=0, bias="none",
    target_modules=recipe["targets"], random_state=recipe["seed"],
    use_gradient_checkpointing="unsloth" if gpu else False,
)
rows = [json.loads(line) for line in open(recipe["rows"], encoding="utf-8")]
class Clock(TrainerCallback):
    spent, began = 0.0, None
    def on_step_begin(self, args, state, control, **kwargs):
        self.began = time.monotonic()
    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step > 1:
            self.spent += time.monotonic() - self.began
clock = Clock()
trainer = SFTTrainer(
    model=model, processing_class=tokenizer, train_dataset=Dataset.from_list(rows),
    callbacks=[clock],
    args=SFTConfig(
        output_dir=place, max_length=recipe["max_length"], packing=recipe["packing"],
        per_device_train_batch_size=recipe["batch"], save_strategy="no", logging_steps=1,
        gradient_accumulation_steps=recipe["accumulate"], max_steps=recipe["max_steps"],
        learning_rate=recipe["rate"], bf16=is_bfloat16_supported(), report_to="none",
        seed=recipe["seed"], data_seed=recipe["seed"], disable_tqdm=True, warmup_steps=0,
        weight_decay=recipe["weight_decay"],
    ),
)
ended = trainer.train()
model.save_pretrained(place)
print(json.dumps({
    "steps": clock.spent, "loss": trainer.state.log_history[-2]["loss"],
    "whole": time.monotonic() - began,
}))
"""


def main() -> None:
    said = arguments()
    with tempfile.TemporaryDirectory(prefix="inscape-bench-") as place:
        data, recipe = prepare(Path(place), said)
        found: dict[str, list[dict[str, float]]] = {"bare": [], "inscape": []}
        for number in range(said.repeats):
            pair = [("bare", bare), ("inscape", inscape)]
            for name, run in pair if number % 2 else reversed(pair):
                before = cpu_seconds()
                one = run(Path(place) / f"{name}-{number}", data, recipe)
                found[name].append({**one, "cpu": cpu_seconds() - before})
                print(name, json.dumps(found[name][-1]), flush=True)
    for what in ("steps", "whole", "cpu"):
        one, other = (statistics.median(run[what] for run in found[n]) for n in found)
        print(f"{what}: bare {one:.2f} s, inscape {other:.2f} s, {other / one - 1:+.1%}")


def cpu_seconds() -> float:
    """Of all processes that have ended: what a busy neighbour changes least."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--gpu", action="store_true", help="1024 wide and 16 layers, 200 steps")
    said = parser.parse_args()
    if said.gpu:
        said.hidden, said.layers, said.steps = 1024, 16, 200
    return said


def prepare(place: Path, said: argparse.Namespace) -> tuple[Path, dict[str, object]]:
    """A random Llama, rows for Inscape, and the same rows as tokens for the bare script."""
    from agents.training.masking import Encoder
    from inscape.recipe import Recipe
    from tests.tiny import make_model, make_tokenizer

    base = make_model(place / "base", hidden=said.hidden, layers=said.layers)
    text = (Path(__file__).parent.parent / "examples/lamp-and-scale.txt").read_text("utf-8")
    paragraphs = [one for one in text.split("\n\n") if len(one) > 400][:60]
    talks = [
        [{"role": "user", "content": "Go on."}, {"role": "assistant", "content": one}]
        for one in paragraphs
    ]
    data = place / "data"
    data.mkdir()
    lines = "".join(json.dumps({"messages": talk}) + "\n" for talk in talks)
    (data / "train.jsonl").write_text(lines, encoding="utf-8")
    encoder = Encoder(make_tokenizer())
    with (place / "rows.jsonl").open("w", encoding="utf-8") as file:
        for talk in talks:
            ids, mask = encoder.encode(talk)
            file.write(json.dumps({"input_ids": ids, "assistant_masks": mask}) + "\n")
    recipe = Recipe(
        base=str(base), max_steps=said.steps, rate=1e-3, warmup=0, max_length=512, four_bit=False
    )
    return data, {**recipe.model_dump(mode="json"), "rows": str(place / "rows.jsonl")}


def bare(place: Path, data: Path, recipe: dict[str, object]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", BARE, str(place), json.dumps(recipe)],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def inscape(place: Path, data: Path, recipe: dict[str, object]) -> dict[str, float]:
    """As a person runs it; the steps' time is the trainer's own, without the first step too."""
    said = {name: value for name, value in recipe.items() if name not in ("rows", "base")}
    file = place.with_suffix(".toml")
    file.write_text("".join(f"{k} = {json.dumps(v)}\n" for k, v in said.items()), "utf-8")
    began = time.monotonic()
    command = ["train", "--base", str(recipe["base"]), "--data", str(data), "--out", str(place)]
    done = subprocess.run(
        [sys.executable, "-m", "inscape", *command, "--config", str(file), "--json"],
        capture_output=True,
        text=True,
        env=environment(),
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    report = json.loads(done.stdout)
    return {
        "steps": report["step_seconds"],
        "loss": report["train_loss"],
        "whole": time.monotonic() - began,
    }


def environment() -> dict[str, str]:
    """Both under the same conditions: no spinning on a shared machine, no network."""
    return {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1"}


if __name__ == "__main__":
    main()
