"""What the documentation tells people to type works, from the tutorial's first line to its last."""

import shutil
from pathlib import Path

import pytest

from desk.examples import EXAMPLES
from tests import docs
from tests.runs import ROOT
from tests.stub.fixtures import Server
from tests.training import furnish

pytestmark = pytest.mark.timeout(400)

TUTORIAL = ROOT / "docs" / "tutorial.md"
OTHERS = [page for page in docs.PAGES if page != TUTORIAL and any(docs.runnable(page))]


@pytest.fixture(scope="module")
def shell(stub_server: Server) -> docs.Shell:
    return docs.Shell(
        stub_server.env,
        {
            "http://localhost:11434/v1": f"{stub_server.url}/v1",
            "--target 50": "--target 12",
        },
    )


@pytest.fixture(scope="module")
def walked(
    tmp_path_factory: pytest.TempPathFactory, stub_server: Server, shell: docs.Shell
) -> Path:
    """A directory in which the tutorial was typed from the first line to the last."""
    place = tmp_path_factory.mktemp("walked")
    (place / "examples").symlink_to(ROOT / "examples")
    shutil.copy(ROOT / "examples" / "lamp-and-scale.pdf", place / "book.pdf")
    furnish(place / "demo-project")  # short answers to few probes
    stub_server.control(reset=True, voice="wide")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.delenv("INSCAPE_PROJECT", raising=False)
        for line in docs.runnable(TUTORIAL):
            shell.type(line)
    return place


def test_the_tutorial_leads_from_a_book_to_a_talk(walked: Path) -> None:
    assert (walked / "demo-project/exports/alpaca/train.jsonl").is_file()
    assert (walked / "inscape-project/exports/alpaca/train.jsonl").is_file()
    if docs.can_train():
        adapter = walked / "demo-project" / "adapters" / "tiny-model-1"
        for name in ("adapter_model.safetensors", "README.md", "examination.json"):
            assert (adapter / name).is_file()


@pytest.mark.parametrize("page", OTHERS, ids=lambda page: page.name)
def test_the_commands_of_the_other_pages_run(
    page: Path,
    walked: Path,
    shell: docs.Shell,
    tmp_path: Path,
    stub: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = tmp_path / "place"
    shutil.copytree(walked, place, symlinks=True)
    shutil.rmtree(place / "inscape-project" / "exports")
    monkeypatch.chdir(place)
    monkeypatch.delenv("INSCAPE_PROJECT")
    for line in docs.runnable(page):
        shell.type(line)  # fails the test when the command fails
    assert shell.type("inscape status --json --project inscape-project").startswith("{")


@pytest.mark.parametrize("page", docs.PAGES, ids=lambda page: page.name)
def test_what_is_not_run_is_at_least_understood(page: Path) -> None:
    lines = [found.line for found in docs.typed(page)]
    ours = [one for one in lines if one.startswith("inscape") or "| inscape" in one]
    assert {docs.parse(docs.words_of(one)) for one in ours} <= set(EXAMPLES)


@pytest.mark.parametrize("page", docs.PAGES, ids=lambda page: page.name)
def test_what_a_sentence_names_is_there(page: Path) -> None:
    for found in docs.mentioned(page):
        words = found.line.split()[1:]
        named = {word.partition("=")[0].strip("[]") for word in words if word.startswith("-")}
        assert named <= docs.options_of([w for w in words if not w.startswith("-")]), found


def test_a_wrong_option_in_a_page_would_be_seen() -> None:
    with pytest.raises(Exception, match="--tarjet"):
        docs.parse(["run", "book.pdf", "--tarjet", "5"])
    with pytest.raises(AssertionError, match="no command"):
        docs.options_of(["runn"])
