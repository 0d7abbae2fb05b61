"""A real Chromium and a served desk as fixtures; without a browser its tests skip and say so."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desk.web.desk import Desk
from inscape.project import Project
from memory.store import Store
from tests.desk_parts import novel_project, served

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / ".venv" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def novel(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Made once and copied: six accepted, four waiting."""
    project = Project(tmp_path_factory.mktemp("novel") / "project")
    return project.root, novel_project(project)


@pytest.fixture
def project(tmp_path: Path, novel: tuple[Path, list[str]]) -> Project:
    shutil.copytree(novel[0], tmp_path / "desk-project")
    return Project(tmp_path / "desk-project")


@pytest.fixture
def queue(novel: tuple[Path, list[str]]) -> list[str]:
    return novel[1]


@pytest.fixture
def store(project: Project) -> Iterator[Store]:
    with Store.open(project.store) as found:
        yield found


@pytest.fixture
def desk(project: Project, store: Store) -> Iterator[Desk]:
    found = Desk(project, store)
    yield found
    found.runner.close()


@pytest.fixture
def url(desk: Desk) -> Iterator[str]:
    with served(desk) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Of the system: nothing is downloaded. Module by module, for it holds an event loop."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("there is no Chromium here (apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any, url: str) -> Iterator[Any]:
    """Opens pages of the desk; whatever a page complains of fails the test."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_page(path: str, *, width: int = 1280, dark: bool = False) -> Any:
        scheme = "dark" if dark else "light"
        context = chromium.new_context(
            viewport={"width": width, "height": 860}, color_scheme=scheme
        )
        context.set_default_timeout(8000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not [one for one in wrong if "the server responded with a status of 4" not in one]


def until(page: Any, expression: str) -> None:
    """Wait for something to be true on a page whose policy lets no library evaluate text there."""
    for _ in range(400):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"It never came true: {expression}")


def violations(page: Any) -> list[str]:
    """What axe-core finds against WCAG and good practice on the page as it stands."""
    if not AXE.exists():
        pytest.skip("axe-core is not here (make .venv/axe.min.js fetches it)")
    page.evaluate(AXE.read_text(encoding="utf-8"))  # not a script tag: the page forbids those
    found = page.evaluate("axe.run().then(r => r.violations)")
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]
