"""Whether a run is going: those who only look are never taken for one."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.holding import hold, is_held
from inscape.errors import ProjectError
from inscape.project import Project
from tests.runs import ROOT

LOOKS = """\
import sys
from pathlib import Path
from graph.holding import is_held
from inscape.project import Project
project = Project(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    is_held(project)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "inscape.toml").touch()
    return Project(tmp_path)


@pytest.fixture
def looked_at(project: Project) -> Iterator[Project]:
    """Somebody looks at it all the time, from a process of their own."""
    words = [sys.executable, "-c", LOOKS, str(project.root)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE) as looking:
        assert looking.stdout is not None and looking.stdout.readline()
        yield project
        looking.kill()


def test_two_who_look_at_once_see_no_run(looked_at: Project) -> None:
    assert not any(is_held(looked_at) for _ in range(20_000))


def test_a_run_is_seen_and_a_second_refused(project: Project) -> None:
    with hold(project):
        assert is_held(project)
        with pytest.raises(ProjectError, match="Another run"), hold(project):
            pass
    assert not is_held(project)


def test_where_there_is_no_project_nobody_runs(tmp_path: Path) -> None:
    assert not is_held(Project(tmp_path / "none"))
