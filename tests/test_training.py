"""From accepted examples to an adapter: whole commands on a tiny random model, on the CPU."""

import asyncio
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from agents.trainer import Job, Trainer
from agents.training.place import Place
from inscape.errors import TrainingStopped
from inscape.recipe import Recipe
from tests.docs import told_keys
from tests.runs import ROOT, Inscape
from tests.training import needs_training, project_with_examples

pytestmark = [needs_training, pytest.mark.timeout(300)]

LOADS = """\
import json, sys, torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer
base, adapter = sys.argv[1:]
model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), adapter).eval()
tokenizer = AutoTokenizer.from_pretrained(adapter)
def loss():
    total = 0.0
    for line in open(adapter + "/dataset/validation.jsonl", encoding="utf-8"):
        text = tokenizer.apply_chat_template(json.loads(line)["messages"], tokenize=False)
        ids = tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
        total += model(input_ids=ids, labels=ids).loss.item()
    return total
with torch.inference_mode():
    tuned = loss()
    with model.disable_adapter():
        base = loss()
print(json.dumps({"tuned": tuned, "base": base}))
"""


def adapter_of(inscape: Inscape) -> Place:
    return Place(inscape.project / "adapters/tiny-1")


def child_of(pid: int) -> int:
    """The training process of a running command."""
    while True:
        for task in Path(f"/proc/{pid}/task").iterdir():
            children = (task / "children").read_text().split()
            if children:
                return int(children[0])
        time.sleep(0.05)


def test_the_adapter_loads_with_peft_in_a_fresh_process_and_knows_more_than_its_base(
    tuned: Inscape, tiny_model: Path
) -> None:
    place = adapter_of(tuned)
    done = subprocess.run(
        [sys.executable, "-c", LOADS, str(tiny_model), str(place.root)],
        capture_output=True,
        text=True,
        check=True,
    )
    losses = json.loads(done.stdout)
    assert losses["tuned"] < losses["base"] - 0.1
    result = place.result()
    assert result["eval_loss"] < result["base_eval_loss"] - 0.1
    assert result["losses"]["validation"][0] == [0, result["base_eval_loss"]]
    assert result["trained_tokens"] < result["tokens"]


def test_everything_that_belongs_to_an_adapter_lies_beside_it(
    tuned: Inscape, tiny_model: Path
) -> None:
    place = adapter_of(tuned)
    plan = place.plan()
    assert plan["recipe"]["base"] == str(tiny_model)
    assert plan["recipe"]["rate"] == 0.01
    assert plan["versions"]["unsloth"]
    assert place.system() == "You speak from inside."
    card = place.card.read_text(encoding="utf-8")
    assert plan["dataset_sha256"] in card
    assert "You speak from inside." in card
    assert "rehearsal" not in card.casefold()
    assert place.losses.read_text(encoding="utf-8").count("<polyline") == 2
    assert (place.data / "manifest.json").exists()
    assert not place.checkpoints.exists()


def test_a_training_that_is_killed_goes_on_and_ends_where_the_undisturbed_one_did(
    trained: Path, tmp_path: Path, tiny_model: Path
) -> None:
    inscape = project_with_examples(tmp_path / "project")
    asked = ("train", "--base", tiny_model, "--json")
    place = adapter_of(inscape)
    running = inscape.start(*asked)
    worker = child_of(running.pid)
    while place.last_checkpoint is None:
        assert running.poll() is None, running.communicate()
        time.sleep(0.02)
    os.kill(worker, signal.SIGKILL)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "killed" in err and "Traceback" not in err
    assert out == ""

    again = inscape.apart(*asked, "--resume")
    assert again.code == 0, again.err
    assert again.json["resumed_from"].startswith("checkpoint-")
    undisturbed = Place(trained / "adapters/tiny-1").result()
    assert again.json["steps"] == undisturbed["steps"]
    assert again.json["eval_loss"] == pytest.approx(undisturbed["eval_loss"], abs=0.02)
    resumed = adapter_of(inscape).result()["losses"]["train"]
    assert [step for step, _ in resumed] == [step for step, _ in undisturbed["losses"]["train"]]

    once_more = inscape(*asked, "--resume")
    assert once_more.code == 0, once_more.err
    assert once_more.json["adapter"] == again.json["adapter"]
    assert set(once_more.json) == told_keys("inscape train --base MODEL --json")


@pytest.mark.parametrize("seconds", [0, 3])
async def test_a_training_stopped_while_its_model_loads_is_no_crash_and_goes_on(
    tuned: Inscape, tmp_path: Path, tiny_model: Path, seconds: float
) -> None:
    out = Place(tmp_path / "adapter")
    shutil.copytree(adapter_of(tuned).data, out.data)
    job = Job(Recipe(base=str(tiny_model), max_steps=1), out)
    halted = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, halted.set)
    with pytest.raises(TrainingStopped, match="before its first step"):
        await Trainer().train(job, halted=halted)
    assert not out.progress() and not out.is_trained
    await Trainer().train(replace(job, resume=True))
    assert out.result()["steps"] == 1


def test_rehearsal_data_is_refused_unless_allowed_and_the_card_says_it(
    tuned: Inscape, tmp_path: Path, tiny_model: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(adapter_of(tuned).data, data)
    manifest = json.loads((data / "manifest.json").read_text(encoding="utf-8"))
    manifest["rows"][0]["rehearsal"] = True
    (data / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    out = tmp_path / "adapter"
    asked = ("train", "--base", tiny_model, "--data", data, "--out", out)
    refused = tuned(*asked)
    assert refused.code == 1
    assert "--allow-rehearsal" in refused.err
    assert not out.exists()

    recipe = tmp_path / "short.toml"
    recipe.write_text("max_steps = 1\n", encoding="utf-8")
    done = tuned.apart(*asked, "--allow-rehearsal", "--merge", "--config", recipe, "--json")
    assert done.code == 0, done.err
    assert done.json["rehearsal"] is True
    assert done.json["steps"] == 1
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "This was a rehearsal" in card
    assert (Path(done.json["merged"]) / "model.safetensors").exists()


def test_preference_pairs_are_a_second_stage_on_the_first_adapter(
    tuned: Inscape, tmp_path: Path
) -> None:
    pairs = tuned.project / "exports/preference"
    pairs.mkdir(parents=True)
    rows = [
        {
            "prompt": [{"role": "user", "content": f"What is it like, number {n}?"}],
            "chosen": [{"role": "assistant", "content": f"I wait and I count to {n}."}],
            "rejected": [{"role": "assistant", "content": f"As a model I have no {n} feelings."}],
        }
        for n in range(9)
    ]
    cut, unfit = json.loads(json.dumps(rows[:2]))
    cut["chosen"][0]["content"] *= 400
    unfit["prompt"][0]["content"] *= 400
    for side, part in (("train", [*rows[:8], cut, unfit]), ("validation", rows[8:])):
        text = "".join(json.dumps(row) + "\n" for row in part)
        (pairs / f"{side}.jsonl").write_text(text, encoding="utf-8")
    first = adapter_of(tuned).root
    base = adapter_of(tuned).recipe().base
    asked = ("train", "--stage", "dpo", "--base", base, "--adapter", "adapters/tiny-1", "--json")
    done = tuned.apart(*asked)
    assert done.code == 0, done.err
    assert done.json["stage"] == "dpo"
    assert done.json["eval_loss"] < 0.6931
    facts = done.json
    assert [facts[one] for one in ("train", "validation", "left_out", "truncated")] == [9, 1, 1, 1]
    assert 0 < facts["trained_tokens"] < facts["tokens"]
    assert "1 cut, 1 left out) on" in done.err
    card = (Path(facts["adapter"]) / "README.md").read_text(encoding="utf-8")
    assert f"{facts['trained_tokens']:,} in the loss of {facts['tokens']:,} an epoch" in card
    before = (first / "adapter_model.safetensors").read_bytes()
    after = (Path(done.json["adapter"]) / "adapter_model.safetensors").read_bytes()
    assert before != after


@pytest.mark.parametrize(
    ("base", "recipe", "says"),
    [
        ("no/where", "", "no/where"),
        ("{tmp}", "", "no config.json"),
        ("{model}", "four_bit = true", "needs a GPU"),
        ("{model}", 'device = "gpu"', "there is none here"),
        ("{model}", "speed = 3", "'speed'"),
    ],
)
def test_what_cannot_be_trained_is_said_in_one_line(
    tuned: Inscape, tmp_path: Path, tiny_model: Path, base: str, recipe: str, says: str
) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text(recipe, encoding="utf-8")
    name = base.format(tmp=tmp_path, model=tiny_model)
    done = tuned("train", "--base", name, "--config", file)
    assert done.code == 1
    assert says in done.err
    assert len(done.err.strip().splitlines()) <= 2
    assert "Traceback" not in done.err


@pytest.mark.parametrize(("stage", "wanted"), [("sft", "messages"), ("dpo", "preference")])
def test_data_of_another_format_is_refused_with_the_one_that_is_wanted(
    tuned: Inscape, tmp_path: Path, tiny_model: Path, stage: str, wanted: str
) -> None:
    other = tmp_path / "alpaca"
    assert tuned("export", "--format", "alpaca", "--out", other).code == 0
    done = tuned("train", "--base", tiny_model, "--stage", stage, "--data", other)
    assert done.code == 1
    assert "train.jsonl:1" in done.err and f"--format {wanted}" in done.err


def limited(place: Place, limit: int, most: int) -> dict[str, str]:
    """The training process itself, where the system gives it less than it needs."""

    def less() -> None:
        resource.setrlimit(limit, (most, most))

    done = subprocess.run(
        [sys.executable, "-m", "agents.training.worker", str(place.root)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        capture_output=True,
        text=True,
        preexec_fn=less,
    )
    assert done.returncode == 1
    last: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return last


def test_a_full_disk_is_said_in_one_line(tuned: Inscape) -> None:
    told = limited(adapter_of(tuned), resource.RLIMIT_FSIZE, 100_000)
    assert told["event"] == "failed"
    assert "disk is full" in told["message"]
    assert "--resume" in told["hint"]


def test_too_little_memory_is_said_in_one_line(tuned: Inscape) -> None:
    place = adapter_of(tuned)
    plan = place.plan()
    plan["recipe"] |= {"r": 400_000_000}
    place.plan_file.write_text(json.dumps(plan), encoding="utf-8")
    told = limited(place, resource.RLIMIT_DATA, 6 * 2**30)
    assert "does not fit into memory" in told["message"]
    assert "batch" in told["hint"]
