"""What the tests of training share: a tiny base model and a project worth training on."""

import importlib.util
import shutil
from pathlib import Path

import pytest

from inscape.project import Project
from tests.projects import make_project
from tests.runs import Inscape
from tests.tiny import make_model

needs_training = pytest.mark.skipif(
    importlib.util.find_spec("unsloth") is None,
    reason="training is not set up: make train-setup",
)

SETTINGS = """\
[train]
rate = 0.01
batch = 4
accumulate = 1
epochs = 3
max_length = 512

[examine]
max_tokens = 12
samples = 1
"""

PROBES = """\
probes:
  - {id: one, phenomenon: dread, template: conversation, ask: What is behind the door?}
  - {id: two, phenomenon: dread, template: monologue, ask: Say what is coming.}
  - {id: three, phenomenon: joy, template: monologue, ask: Something has made you glad.}
  - {id: four, phenomenon: joy, template: continuity, ask: Still?, before: [Well?, I wait.]}
  - {id: five, phenomenon: doubt, template: computational, ask: How sure are you?}
  - {id: six, phenomenon: shame, template: conversation, ask: They laughed at it.}
"""


def furnish(project: Path) -> Path:
    """Settings, probes and a system prompt that suit a tiny model."""
    (project / "prompts/probes").mkdir(parents=True)
    (project / "prompts/probes/inner.yaml").write_text(PROBES, encoding="utf-8")
    (project / "prompts/system.md").write_text("You speak from inside.\n", encoding="utf-8")
    (project / "inscape.toml").write_text(SETTINGS, encoding="utf-8")
    return project


def project_with_examples(root: Path, examples: int = 16) -> Inscape:
    make_project(Project(root), accepted=examples, waiting=0)
    return Inscape(furnish(root))


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """A project in which the tiny model has been tuned once, without a stop; never changed."""
    inscape = project_with_examples(tmp_path_factory.mktemp("trained") / "project")
    done = inscape.apart("train", "--base", tiny_model, "--json")
    assert done.code == 0, done.err
    return inscape.project


@pytest.fixture
def tuned(trained: Path, tmp_path: Path) -> Inscape:
    """A copy of it."""
    shutil.copytree(trained, tmp_path / "project")
    return Inscape(tmp_path / "project")
