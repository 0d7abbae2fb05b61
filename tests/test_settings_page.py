"""docs/settings.md names every setting and every variable, with the default that is true."""

import ast
import re
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from inscape.recipe import Recipe, Sampling
from inscape.settings import Calibration, Exports, Limits, Price, Settings, Verdicts
from tests.runs import ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
PARTS = dict(re.findall(r"(?ms)^## (.+?)\n(.*?)(?=^## |\Z)", PAGE))
ROW = re.compile(r"(?m)^\| (`.+?`) \| (.*) \|$")
SECTIONS: dict[str, type[BaseModel]] = {
    "At the top of the file": Settings,
    "[verdicts]": Verdicts,
    "[calibration]": Calibration,
    "[limits]": Limits,
    "[export]": Exports,
    "[train]": Recipe,
    "[examine]": Sampling,
    '[prices."MODEL"]': Price,
}
TABLES = {title.strip("[]").partition(".")[0] for title in SECTIONS}


def toml(value: Any) -> str:
    match value:
        case None:
            return "not set"
        case SecretStr():
            return toml(value.get_secret_value())
        case str():
            return f'`"{value}"`'
        case bool():
            return f"`{str(value).lower()}`"
        case tuple():
            return "`[" + ", ".join(f'"{one}"' for one in value) + "]`"
        case _:
            return f"`{value}`"


def test_every_section_of_the_settings_file_has_a_part_of_the_page() -> None:
    sections = {
        name
        for name, field in Settings.model_fields.items()
        if isinstance(field.default, BaseModel) or name == "prices"
    }
    assert sections == TABLES - {"At the top of the file"}


@pytest.mark.parametrize("title", SECTIONS)
def test_every_setting_is_there_with_its_default_and_what_it_means(title: str) -> None:
    rows = dict(ROW.findall(PARTS[title]))
    defaults = {
        f"`{name}`": "must be said" if field.is_required() else toml(field.default)
        for name, field in SECTIONS[title].model_fields.items()
        if name not in TABLES
    }
    told = {name: row.partition(" | ")[0] for name, row in rows.items()}
    assert told == defaults
    for name, row in rows.items():
        assert len(row.partition(" | ")[2].split()) > 2, name


def test_every_variable_that_is_read_or_set_is_there_and_no_other() -> None:
    tree = ast.parse((ROOT / "inscape" / "settings.py").read_text(encoding="utf-8"))
    used = {name for node in ast.walk(tree) for name in _used(node)}
    told = {name for row in ROW.findall(PARTS["The environment"]) for name in _names(row[0])}
    assert told == used


def _names(cell: str) -> list[str]:
    return re.findall(r"`([A-Z_]+)`", cell)


def _used(node: ast.AST) -> list[str]:
    """Of `os.environ.get("NAME")`, `os.environ.setdefault("NAME", …)` and `os.environ["NAME"]`."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Attribute(attr="environ")),
            args=[ast.Constant(value=str(name)), *_],
        ):
            return [name]
        case ast.Subscript(
            value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(name))
        ):
            return [name]
        case _:
            return []
