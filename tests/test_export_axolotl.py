"""The Axolotl file is whole and current; where Axolotl is installed, its own schema says so.

Axolotl wants a GPU's packages; its schema alone does not. To try it, beside this project's own:

    pip install --no-deps --target THERE axolotl==0.19.0 pillow peft
    PYTHONPATH=THERE python -m pytest tests/test_export_axolotl.py
"""

import pytest
import yaml

from dataset.card import Made
from dataset.export import Options, export
from dataset.formats import Style
from tests.exports import written
from tests.projects import Listed, accepted, speech, talk

WAYS = [(thinking, held, 1) for thinking in ("tags", "field", "strip") for held in (0.2, 0)]
WAYS += [("tags", 0.2, gpus) for gpus in (2, 4, 8, 16)]


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(map(str, way)))
def config(request, tmp_path):
    thinking, held, gpus = request.param
    rows = Listed(accepted(n, speech(n) if n % 2 else talk(n)) for n in range(12))
    options = Options(
        "axolotl", Style(thinking), validation=held, base="ours/tiny", seed=4, gpus=gpus
    )
    export(rows, options, Made(), tmp_path / "out")
    text = (tmp_path / "out" / "axolotl.yaml").read_text("utf-8")
    said = {"_rows": written(tmp_path / "out"), "_thinking": thinking}
    return {**yaml.safe_load(text), **said, "_gpus": gpus, "_text": text}


def test_it_names_the_data_beside_it_and_what_to_train(config):
    (data,) = config["datasets"]
    assert config["base_model"] == "ours/tiny" and config["seed"] == 4
    assert (data["path"], data["ds_type"], data["type"]) == ("train.jsonl", "json", "chat_template")
    assert data["roles_to_train"] == ["assistant"]
    mapped = data["message_property_mappings"]
    for row in config["_rows"]["train"]:
        for message in row[data["field_messages"]]:
            assert {mapped["role"], mapped["content"]} <= message.keys()
            if config["_thinking"] == "field" and message["role"] == "assistant":
                assert data["field_thinking"] in message


def test_it_holds_back_the_same_rows_as_the_split(config):
    if config["_rows"]["validation"]:
        assert config["val_set_size"] == 0
        assert [one["path"] for one in config["test_datasets"]] == ["validation.jsonl"]
    else:
        assert config["val_set_size"] > 0 and "test_datasets" not in config


def test_it_trains_an_adapter(config):
    assert config["adapter"] == "lora" and config["lora_r"] > 0
    assert "q_proj" in config["lora_target_modules"]


def test_several_gpus_divide_the_model_and_make_the_batch_of_one(config):
    gpus = config["_gpus"]
    assert ("fsdp_config" in config) == ("fsdp_version" in config) == (gpus > 1)
    assert (f"accelerate launch --num_processes {gpus} " in config["_text"]) == (gpus > 1)
    if gpus > 1:
        assert config["fsdp_version"] == 2
        # One of the two recomputes activations: both is what Axolotl and Accelerate warn of.
        assert config["fsdp_config"]["activation_checkpointing"]
        assert not config["gradient_checkpointing"]
    batch = gpus * config["micro_batch_size"] * config["gradient_accumulation_steps"]
    assert batch == (8 if gpus <= 8 else gpus)


@pytest.mark.filterwarnings("ignore")
def test_axolotls_own_schema_takes_it_and_knows_every_key(config):
    why = "needs Axolotl's schema: see the head of this file"
    schemas = pytest.importorskip("axolotl.utils.schemas.config", reason=why)
    from axolotl.utils.schemas.datasets import SFTDataset

    given = {key: value for key, value in config.items() if not key.startswith("_")}
    read = schemas.AxolotlInputConfig(**given)
    if config["_gpus"] > 1:
        from axolotl.utils.schemas.fsdp import FSDPConfig

        assert set(given["fsdp_config"]) <= set(FSDPConfig.model_fields)
    assert all(isinstance(one, SFTDataset) for one in read.datasets)
    assert set(given) <= set(schemas.AxolotlInputConfig.model_fields)
    for data in (*given["datasets"], *given.get("test_datasets", ())):
        assert set(data) <= set(SFTDataset.model_fields)
