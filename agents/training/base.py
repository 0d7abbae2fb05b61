"""Where a base model is: a directory here, or a name on the Hugging Face hub."""

import json
from pathlib import Path

from inscape.errors import TrainingError

_WEIGHTS = ("*.safetensors", "*.bin")


def find_base(name: str) -> str:
    """The absolute path of a local model, or the hub's name as it is, known to exist.

    Raises TrainingError for what is neither.
    """
    if not name:
        raise TrainingError(
            "Which base model?", hint="Say --base MODEL: a directory or a name on the hub"
        )
    here = Path(name).expanduser()
    if here.exists():
        return _local(here)
    _on_hub(name)
    return name


def weight_bytes(base: str) -> int:
    """The size of a local model's weights; 0 for one that is not here yet."""
    place = Path(base)
    if not place.is_dir():
        return 0
    return sum(file.stat().st_size for kind in _WEIGHTS for file in place.glob(kind))


def _local(place: Path) -> str:
    config = place / "config.json"
    try:
        json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{str(place)!r} is no model: there is no config.json that can be read",
            hint="Name the directory that save_pretrained wrote, with config.json and weights",
        ) from error
    if not any(any(place.glob(kind)) for kind in _WEIGHTS):
        raise TrainingError(
            f"{str(place)!r} has no weights", hint="Look for *.safetensors: a download broke off?"
        )
    return str(place.resolve())


def _on_hub(name: str) -> None:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    try:
        hf_hub_download(name, "config.json")
    except (HFValidationError, RepositoryNotFoundError) as error:
        raise TrainingError(
            f"There is no base model {name!r}, neither here nor on the hub",
            hint="Check the spelling; a gated model needs: hf auth login",
        ) from error
    except OSError as error:
        raise TrainingError(
            f"The base model {name!r} is not here and the hub cannot be reached",
            hint="Name a directory with the model, or connect to the network",
        ) from error
