"""Round the whole loop on the CPU: dataset, adapter, examination, and its gaps as wishes."""

import html
import json
import shutil
import urllib.request
from collections import Counter
from pathlib import Path

import pytest

from agents.scout import Candidate, Rating, Scout, Taken
from agents.training.place import Place
from corpus.embed import Embedder
from desk.web.desk import Desk
from inscape.project import Project
from memory.store import Store
from prompts.library import Library
from tests.desk_parts import served
from tests.runs import Inscape, adds_up
from tests.stub.fixtures import Server
from tests.training import furnish, needs_training

pytestmark = [needs_training, pytest.mark.timeout(400)]


@pytest.fixture
def online(tmp_path: Path, shelf: Path, stub: Server) -> Inscape:
    """A project that has read the small book, with servers that lead to the stub."""
    shutil.copytree(shelf, tmp_path / "project")
    return Inscape(furnish(tmp_path / "project"), stub.env)


def chosen(
    project: Project, phenomena: dict[str, float], templates: dict[str, float]
) -> Counter[tuple[str, str]]:
    """What the scout would take next in this project with these wishes."""
    embedder, library = Embedder(), Library.load()
    with Store.open(project.store) as store:
        shelf = store.passages()
        vectors = store.passage_vectors(embedder.name, [one.passage.id for one in shelf])
        candidates = [
            Candidate(
                one.passage.id,
                one.passage.book,
                one.passage.chapter,
                Rating(one.richness or 0.0, one.phenomena, one.templates),
                vectors[one.passage.id],
            )
            for one in shelf
        ]
        taken = [
            Taken(t.passage_id, t.template_id, t.status, (t.phenomenon,)) for t in store.taken()
        ]
    picks = Scout(library, embedder).choose(
        candidates,
        n=6,
        taken=taken,
        templates=library.default_templates,
        cap_per_passage=3,
        gaps=phenomena,
        template_gaps=templates,
    )
    return Counter((one.phenomenon, one.template_id) for one in picks)


def test_a_book_becomes_an_adapter_and_its_gaps_become_the_next_rounds_wishes(
    online: Inscape, stub: Server, small_book: Path, tiny_model: Path
) -> None:
    stub.control(voice="wide")
    asked = (
        *("run", small_book, "--target", "8", "--teacher", "openai:stub"),
        *("--critic", "openai:stub", "--train", tiny_model, "--iterations", "2", "--json"),
    )
    done = online(*asked)
    assert done.code == 0, done.err
    report = done.json
    assert report["stop"] == "target"
    assert adds_up(report)
    first, second = report["training"]
    assert first["examples"] == 8
    assert second["examples"] == report["accepted"] >= 10
    for one in report["training"]:
        assert one["eval_loss"] < one["base_eval_loss"]
        assert one["judged_by"] == ["openai:stub"]
        assert one["win_rate"]["n"] == 6
    assert first["gaps"]["phenomena"]
    assert "Iteration 1: tuned beats base" in done.err
    assert first["changes"] and all(line in done.err for line in first["changes"])
    judged_blind(stub, Place(Path(second["adapter"])))

    calls = stub.stats["requests"]
    again = online(*asked)
    assert again.code == 0, again.err
    assert again.json["training"] == report["training"]
    assert (again.json["calls"], stub.stats["requests"]) == (0, calls)
    project = Project(online.project)
    wishes_move_the_scout(project, first["gaps"])
    stands_on_the_desk(project, Path(first["adapter"]).name, first["changes"])


def judged_blind(stub: Server, place: Place) -> None:
    card = place.card.read_text(encoding="utf-8")
    assert "judged each pair blind" in card
    assert "Tuned beats base in" in card
    asked = [json.dumps(body) for body in stub.bodies]
    compared = [one for one in asked if "The first answer" in one]
    assert len(compared) >= 6
    assert not any("tuned" in one.casefold() for one in compared)


def wishes_move_the_scout(project: Project, gaps: dict[str, dict[str, float]]) -> None:
    """The examination's own gaps change what is asked for next, toward what is missing."""
    plain = chosen(project, {}, {})
    assert chosen(project, gaps["phenomena"], gaps["templates"]) != plain
    wished = chosen(project, {}, {"computational": 1.0})

    def of(picks: Counter[tuple[str, str]]) -> int:
        return sum(n for (_, template), n in picks.items() if template == "computational")

    assert of(wished) > of(plain)


def stands_on_the_desk(project: Project, adapter: str, changes: list[str]) -> None:
    """The page of the adapter is made from what trainer and examiner wrote."""
    with (
        Store.open(project.store) as store,
        served(Desk(project, store)) as address,
        urllib.request.urlopen(f"{address}/adapters/{adapter}", timeout=10) as answer,
    ):
        page = html.unescape(answer.read().decode())
    assert "Tuned beats base in" in page
    assert all(line in page for line in changes)


def test_rehearsal_is_not_trained_on_unasked_and_nothing_is_made(
    tmp_path: Path, small_book: Path, tiny_model: Path
) -> None:
    inscape = Inscape(tmp_path / "project")
    models = ("--teacher", "rehearsal", "--critic", "rehearsal")
    done = inscape("run", small_book, "--target", "4", *models, "--train", tiny_model)
    assert done.code == 1
    assert "--allow-rehearsal" in done.err
    assert not inscape.project.exists()
