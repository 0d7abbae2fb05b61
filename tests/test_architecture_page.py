"""The graph in docs/architecture.md is the graph that runs."""

import re

from graph.build import builder
from tests.runs import ROOT


def test_the_drawing_of_the_graph_is_current() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = re.findall(r"(?ms)^```mermaid\n(.*?)\n```$", page)
    assert drawn == [builder.compile(name="inscape").get_graph().draw_mermaid().strip()]
