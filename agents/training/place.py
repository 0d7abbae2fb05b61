"""The adapter's directory: where everything that belongs to one training run lies."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inscape.errors import TrainingError
from inscape.files import replace_whole
from inscape.recipe import Recipe


@dataclass(frozen=True)
class Place:
    root: Path

    @property
    def plan_file(self) -> Path:
        """What was asked for: recipe, data, system prompt; written before training begins."""
        return self.root / "recipe.json"

    @property
    def result_file(self) -> Path:
        """How it went; its presence says that training has ended well."""
        return self.root / "training.json"

    @property
    def progress_file(self) -> Path:
        """The last thing the training said, for whoever looks in from elsewhere."""
        return self.root / "progress.json"

    @property
    def log(self) -> Path:
        return self.root / "training.log"

    @property
    def data(self) -> Path:
        return self.root / "dataset"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def losses(self) -> Path:
        return self.root / "losses.svg"

    @property
    def card(self) -> Path:
        return self.root / "README.md"

    @property
    def system_prompt(self) -> Path:
        return self.root / "system_prompt.txt"

    @property
    def merged(self) -> Path:
        return self.root / "merged"

    @property
    def gguf(self) -> Path:
        return self.root / "gguf"

    @property
    def examination(self) -> Path:
        return self.root / "examination.json"

    @property
    def is_started(self) -> bool:
        return self.plan_file.exists()

    @property
    def is_trained(self) -> bool:
        return self.result_file.exists()

    @property
    def last_checkpoint(self) -> Path | None:
        """The newest that was written to its end."""
        whole = [one for one in self.checkpoints.glob("checkpoint-*") if _is_whole(one)]
        return max(whole, key=lambda one: int(one.name.rpartition("-")[2]), default=None)

    def plan(self) -> dict[str, Any]:
        return self._read(self.plan_file)

    def result(self) -> dict[str, Any]:
        return self._read(self.result_file)

    def examined(self) -> dict[str, Any] | None:
        """The examiner's report, where there has been an examination."""
        return self._read(self.examination) if self.examination.exists() else None

    def progress(self) -> dict[str, Any]:
        """What the training said last, `event` and its facts; nothing before its first word."""
        return self._read(self.progress_file) if self.progress_file.exists() else {}

    def recipe(self) -> Recipe:
        return Recipe.model_validate(self.plan()["recipe"])

    def system(self) -> str:
        file = self.system_prompt
        return file.read_text(encoding="utf-8").strip() if file.exists() else ""

    def _read(self, file: Path) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise TrainingError(
                f"There is no trained adapter at {str(self.root)!r}",
                hint="Train one with: inscape train --base MODEL, or name it with --adapter DIR",
            ) from None
        except (OSError, ValueError) as error:
            raise TrainingError(f"Cannot read {str(file)!r}: {error}", hint="Train anew") from error
        return found


def _is_whole(checkpoint: Path) -> bool:
    """The trainer writes its state last."""
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


def write_json(file: Path, data: Any) -> None:
    """All at once or not at all."""
    replace_whole(file, (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode())
