"""docs/troubleshooting.md quotes what the program really prints, and explains every exit code."""

import ast
import re
from collections.abc import Iterator

import pytest

from graph.report import EXIT_CODES
from inscape import errors
from tests.runs import ROOT
from tests.test_layers import FLOORS

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
MESSAGES = re.findall(r"(?m)^### `(.+)`$", PAGE)
OF_THE_SHELL = "inscape: command not found"


def said(node: ast.expr) -> str:
    """A string of the source with `…` for what it is filled with."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(said(value) for value in values)
        case _:
            return "…"


def strings() -> Iterator[str]:
    for floor in FLOORS:
        for path in (ROOT / floor).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in docs:
                    yield " ".join(said(node).split())


@pytest.fixture(scope="module")
def source() -> list[str]:
    return list(strings())


@pytest.mark.parametrize("message", [one for one in MESSAGES if one != OF_THE_SHELL])
def test_each_message_that_is_quoted_can_be_printed(message: str, source: list[str]) -> None:
    pieces = [piece.strip() for piece in message.split("…") if piece.strip()]
    order = re.compile(".*".join(map(re.escape, pieces)))
    assert any(order.search(text) for text in source), message


def test_messages_stand_once_and_each_says_something() -> None:
    assert len(MESSAGES) == len(set(MESSAGES)) > 30
    for part in re.split(r"(?m)^### ", PAGE)[1:]:
        assert len(part.split("\n", 1)[1].split()) > 5, part


def test_every_exit_code_is_explained_and_no_other() -> None:
    raised = {
        one.exit_code
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.InscapeError)
    }
    table = {int(code) for code in re.findall(r"(?m)^\| (\d+) \|", PAGE)}
    assert table == {*EXIT_CODES.values(), *raised, errors.UsageError.exit_code}
