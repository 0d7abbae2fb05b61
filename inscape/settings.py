"""Settings: one frozen object from `inscape.toml`, the command line and the environment.

This is the only module that reads the environment, and keys are read nowhere else.
"""

import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_cache_path
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError

from inscape.errors import SettingsError
from inscape.keys import Keys
from inscape.project import Project
from inscape.recipe import Recipe, Sampling


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Verdicts(Section):
    """When the critic may decide alone. Scores are the rubric's mean, 1 to 5."""

    accept: float = Field(default=4.0, ge=1, le=5)
    reject: float = Field(default=2.5, ge=1, le=5)
    near_duplicate: float = Field(default=0.93, gt=0, le=1)
    max_revisions: int = Field(default=2, ge=0)


class Calibration(Section):
    """How people's decisions come to stand in for the scores of `verdicts`."""

    first: int = Field(default=10, ge=0)
    enough: int = Field(default=30, ge=1)
    precision: float = Field(default=0.95, gt=0, lt=1)
    wasted: float = Field(default=0.2, ge=0, lt=1)
    audit: float = Field(default=0.03, ge=0, le=1)


class Limits(Section):
    """How far a run may go before it stops or asks."""

    per_passage: int = Field(default=3, ge=1)
    queue: int = Field(default=200, ge=1)
    collapse_after: int = Field(default=40, ge=10)
    collapse_rate: float = Field(default=0.05, ge=0, le=1)
    richness: float = Field(default=0.35, ge=0, le=1)


class Price(Section):
    """US dollars per million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cache_read: float | None = Field(default=None, ge=0)
    cache_write: float | None = Field(default=None, ge=0)


class Exports(Section):
    """How `export` writes when the command line does not say; a run's own export too."""

    thinking: Literal["tags", "strip", "field"] = "tags"
    tag: str = Field(default="thinking", pattern=r"^[A-Za-z_][\w-]*$")
    key: str = Field(default="reasoning_content", pattern=r"^[A-Za-z_][\w-]*$")
    system: str = ""
    system_share: float = Field(default=1.0, ge=0, le=1)
    validation: float = Field(default=0.1, ge=0, le=0.9)
    seed: int = 0
    license: str = ""
    base: str = "Qwen/Qwen2.5-7B-Instruct"
    gpus: int = Field(default=1, ge=1)


class Settings(Section):
    """Everything a person may want to change; each value has its place in `inscape.toml`."""

    target: int | None = Field(default=None, ge=1)
    teacher: str = ""
    critic: tuple[str, ...] = ()
    scout: str = "none"
    templates: tuple[str, ...] = ()
    concurrency: int = Field(default=8, ge=1, le=512)
    batch: bool = False
    timeout: float = Field(default=180.0, gt=0)
    max_usd: float | None = Field(default=None, ge=0)
    max_calls: int | None = Field(default=None, ge=0)
    review: Literal["ask", "queue"] = "queue"
    resume: Literal["if-possible", "always", "never"] = "if-possible"
    embedder: str = ""
    store: SecretStr = SecretStr("")
    verdicts: Verdicts = Verdicts()
    calibration: Calibration = Calibration()
    limits: Limits = Limits()
    export: Exports = Exports()
    train: Recipe = Recipe()
    examine: Sampling = Sampling()
    prices: dict[str, Price] = Field(default_factory=dict)

    _sources: dict[str, str] = PrivateAttr(default_factory=dict)

    def source(self, name: str) -> str:
        """Where a value came from: `command line`, the settings file, or `default`."""
        return self._sources.get(name, "default")


def load(project: Project, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Merge the defaults, `inscape.toml` and what the command line said (None means not said)."""
    said = {name: value for name, value in (overrides or {}).items() if value is not None}
    written = _read(project.settings_file)
    settings = _validated(written, said, project.settings_file)
    settings._sources.update(dict.fromkeys(written, str(project.settings_file)))
    settings._sources.update(dict.fromkeys(said, "command line"))
    return settings


def _validated(written: Mapping[str, Any], said: Mapping[str, Any], path: Path) -> Settings:
    try:
        return Settings.model_validate({**written, **said})
    except ValidationError as error:
        raise _explain(error, path, said) from None


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"Cannot read {str(path)!r}: {error}", hint="Mend the file") from error


def _explain(error: ValidationError, path: Path, said: Mapping[str, Any]) -> SettingsError:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    place = "on the command line" if name.split(".")[0] in said else f"in {str(path)!r}"
    if first["type"] == "extra_forbidden":
        return SettingsError(f"Unknown setting {name!r} {place}", hint=_where(first["loc"][-1]))
    return SettingsError(f"Setting {name!r} {place}: {first['msg']} (got {first['input']!r})")


def _where(key: object) -> str:
    """What to do about a word that means nothing where it stands: it may do so elsewhere."""
    found = [
        f"[{name}]"
        for name, field in Settings.model_fields.items()
        if isinstance(field.default, BaseModel) and key in type(field.default).model_fields
    ]
    found += ['[prices."MODEL"]'] if key in Price.model_fields else []
    if key in Settings.model_fields:
        return f"{key!r} belongs at the top of the file, above the first [section]"
    if found:
        return f"{key!r} belongs under {' or '.join(found)}"
    return f"Known settings: {', '.join(Settings.model_fields)}"


def find_project(directory: Path | None = None) -> Project:
    """The project in a directory, else in $INSCAPE_PROJECT, and where its store lives."""
    root = directory or Path(os.environ.get("INSCAPE_PROJECT") or "inscape-project")
    file = Project(root).settings_file
    written = {name: value for name, value in _read(file).items() if name == "store"}
    stored = _validated(written, {}, file).store.get_secret_value()
    return Project(root, store_in_environment() or stored)


def store_in_environment() -> str:
    """Where INSCAPE_STORE says that the store lives; it wins over the settings file."""
    return os.environ.get("INSCAPE_STORE") or ""


def keys() -> Keys:
    """What the environment says of the model providers; an empty variable counts as absent."""
    return Keys(
        anthropic=os.environ.get("ANTHROPIC_API_KEY") or None,
        openai=os.environ.get("OPENAI_API_KEY") or None,
        anthropic_base_url=os.environ.get("ANTHROPIC_BASE_URL") or None,
        openai_base_url=os.environ.get("OPENAI_BASE_URL") or None,
    )


def secret(variable: str) -> str:
    """What a variable holds that a person named on the command line: a book's password, say."""
    value = os.environ.get(variable)
    if not value:
        raise SettingsError(
            f"The environment variable {variable!r} is not set", hint=f"export {variable}=…"
        )
    return value


def cache_folder() -> Path | None:
    """Where work that can be done again is kept: books read, the embedding network prepared.

    None where a person wants none (`INSCAPE_CACHE=off`).
    """
    said = os.environ.get("INSCAPE_CACHE")
    if said == "off":
        return None
    return Path(said).expanduser() if said else user_cache_path("inscape")


def for_training(*, offline: bool) -> None:
    """What Unsloth and torch must be told before they are imported: to keep to themselves, and on
    a busy machine not to spin while they wait, which makes training on the CPU four times slower.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("UNSLOTH_DISABLE_STATISTICS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"


def for_ray(*, alone: bool) -> None:
    """What Ray must be told before it is imported: to report to nobody, and not to think aloud.

    Where it is started for this process `alone`, nobody else may use it: it listens on every
    network of the machine, and runs whatever it is sent.
    """
    if alone:
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")


def threads() -> int | None:
    """How many this process was told to use: Ray says it to a worker that has one processor of
    many."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    return int(said) if said.isdigit() and int(said) else None


def editor() -> str:
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"


TEMPLATE = """\
# Settings of this Inscape project: take the # away, also from the [section] above.
# Every line is optional; the command line wins over this file.

# target = 50                 # accepted examples wanted
# teacher = "anthropic:MODEL" # "openai:MODEL", "openai:MODEL@http://localhost:8000/v1", "rehearsal"
# critic = ["anthropic:MODEL"] # one judge or a panel; the teacher's model when not said
# scout = "none"              # or a model that reads the best passages closely
# templates = ["monologue", "conversation", "continuity", "meta-awareness", "computational"]
# concurrency = 8             # model calls in flight
# batch = false               # true: half the price, answered within a day instead of at once
# timeout = 180.0             # seconds a call may take
# max_usd = 5.0               # a run stops before the call that would exceed it
# max_calls = 1000
# review = "queue"            # "ask" opens the review when a run waits for you
# resume = "if-possible"      # "always", "never"
# embedder = ""               # a sentence-transformers model; empty: the bundled one
# store = ""                  # "postgresql+psycopg://USER@HOST/NAME" for a team; empty: memory.db

# [verdicts]
# accept = 4.0                # mean of the six scores (1-5) from which the critic accepts alone
# reject = 2.5                # below it the critic rejects alone
# near_duplicate = 0.93       # cosine to an accepted example
# max_revisions = 2

# [calibration]
# first = 10                  # examples shown to you whatever the critic says of them
# enough = 30                 # decisions of yours from which the critic goes by your taste
# precision = 0.95            # share of what it then accepts alone that you would accept too
# wasted = 0.2                # share of what it then rejects alone that you might have accepted
# audit = 0.03                # share of what it accepts alone that you are asked to look at

# [limits]
# per_passage = 3             # examples from one passage
# queue = 200                 # a run stops when this many wait for you
# collapse_after = 40         # settled assignments before acceptance is watched
# collapse_rate = 0.05        # a run stops when fewer than this share are kept
# richness = 0.35             # passages below it are left alone

# [export]
# thinking = "tags"           # "strip", or "field": under a key of its own
# tag = "thinking"            # "think" for models whose own tag that is
# key = "reasoning_content"
# system = ""                 # a file with a system prompt; "ready" is the one that comes along
# system_share = 1.0          # of the rows
# validation = 0.1            # of the passages
# seed = 0
# license = ""                # stands in the card, once it is yours to give
# base = "Qwen/Qwen2.5-7B-Instruct"  # what the axolotl file tunes
# gpus = 1                    # how many it divides the model among

# [train]                     # inscape train; every key is in docs/settings.md
# base = "unsloth/Llama-3.2-3B-Instruct"
# r = 16
# epochs = 3.0
# merge = false               # also write the merged model in 16 bit
# gguf = ""                   # also write a GGUF: "q4_k_m", "q8_0", "bf16"

# [examine]                   # base against tuned: how both draw their words
# temperature = 0.8
# top_p = 0.95
# max_tokens = 512
# samples = 2                 # answers to each probe
# seed = 0

# [prices."my-model"]         # US dollars per million tokens, for models we have no price of
# input = 0.5
# output = 1.5
"""


def write_template(project: Project) -> None:
    """Put a commented settings file into a new project; one that is there is never touched."""
    try:
        with project.settings_file.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE)
    except FileExistsError:
        return
