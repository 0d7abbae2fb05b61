"""The folders are floors: imports only point down, and agents and memory do not know each other."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ["inscape", "prompts", "corpus", "dataset", "memory", "agents", "graph", "desk"]
APART = {("agents", "memory"), ("memory", "agents")}
LONGEST = 350  # lines of a file


def imported(path: Path) -> set[str]:
    """The top-level packages a module imports, inside functions too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            # `from ..graph import x` names no floor: it would look up unseen.
            assert not node.level, f"{path}:{node.lineno} imports relatively; begin at the floor"
            names.add(node.module or "")
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_looks_only_down(floor: str) -> None:
    above = set(FLOORS[FLOORS.index(floor) + 1 :])
    apart = {other for one, other in APART if one == floor}
    modules = list((ROOT / floor).rglob("*.py"))
    assert modules
    for path in modules:
        assert not imported(path) & (above | apart), f"{path.relative_to(ROOT)} looks up"


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


@pytest.mark.parametrize("folder", [*FLOORS, "tests", "bench"])
def test_modules_and_functions_stay_short_and_say_what_they_are_for(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        assert text.count("\n") <= LONGEST, f"{path.relative_to(ROOT)} is too long"
        assert not text.strip() or ast.get_docstring(tree), f"{path.relative_to(ROOT)} says nothing"
        for function in functions(tree):
            length = (function.end_lineno or function.lineno) - function.lineno + 1
            assert length <= 60, f"{path.relative_to(ROOT)}: {function.name} has {length} lines"


def test_what_the_browser_is_given_stays_short_too() -> None:
    static = ROOT / "desk" / "web" / "static"
    ours = [path for path in static.iterdir() if path.suffix in (".js", ".css")]
    ours.remove(static / "htmx.min.js")  # as it was published
    assert ours
    for path in ours:
        lines = path.read_text(encoding="utf-8").count("\n")
        assert lines <= LONGEST, f"{path.relative_to(ROOT)} is too long"


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for floor in FLOORS
        for path in (ROOT / floor).rglob("*.py")
        if "os.environ" in path.read_text(encoding="utf-8") or "getenv" in path.read_text("utf-8")
    }
    assert readers == {"inscape/settings.py"}
