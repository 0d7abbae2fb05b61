"""What a preview says beforehand is what the run then finds, asks and pays."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest

from agents.scout import Scout
from corpus.embed import Embedder
from graph.leaning import taken
from graph.scouting import candidate
from graph.typical import Typical
from inscape.settings import Limits
from memory.store import Store
from prompts.library import Library
from tests.pseudo import Terminal
from tests.runs import OPENAI, REHEARSAL, ROOT, Inscape, chapters
from tests.stub.fixtures import Server

PLAIN = "The ferry leaves at nine and takes cars, and its fares are on the board by the gate. "


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Two passages of a person's own choice, of which one is poor."""
    text = (ROOT / "examples" / "lamp-and-scale.txt").read_text(encoding="utf-8")
    rich = max(chapters(text, 9, 9).split("\n\n"), key=len)
    file = tmp_path / "passages.md"
    parts = [
        f'## PASSAGE {n}\n\n"""\n{one}\n"""\n' for n, one in enumerate((rich, PLAIN * 5), start=1)
    ]
    file.write_text("\n".join(parts), encoding="utf-8")
    return file


def offered(project: Path, limits: Limits) -> int:
    """How many assignments the scout would give to one who never had enough."""
    library, embedder = Library.load(), Embedder()
    with Store.open(project / "memory.db") as store:
        shelf = store.passages([one.sha256 for one in store.books()])
        vectors = store.passage_vectors(embedder.name, [one.passage.id for one in shelf])
        settled = [one for one in taken(store) if one.outcome != "pending"]
    choices = Scout(library, embedder).choose(
        [candidate(one, vectors) for one in shelf],
        n=100_000,
        taken=settled,
        templates=library.default_templates,
        cap_per_passage=limits.per_passage,
        floor=limits.richness,
    )
    return len(choices)


def test_one_s_own_passages_need_no_book_and_have_no_floor(fresh: Inscape, page: Path) -> None:
    asked = ("run", "--passages", page, "--target", "9", *REHEARSAL)
    told = fresh(*asked, "--preview", "--json")
    assert told.code == 0, told.err
    assert (told.json["passages"], told.json["rich"], told.json["room"]) == (2, 2, 6)
    assert "give 6 examples at most, and 9 are missing" in fresh(*asked, "--preview").out
    assert not fresh.project.exists()
    done = fresh(*asked, "--json")
    assert (done.code, done.json["accepted"]) == (11, told.json["room"]), done.err


def test_at_a_terminal_it_is_shown_for_one_s_own_passages_too(
    tmp_path: Path, page: Path, stub: Server
) -> None:
    words = ("run", "--passages", str(page), "--target", "3", *OPENAI)
    terminal = Terminal(*words, "--project", str(tmp_path / "p"), **stub.env)
    terminal.wait_for("2 of 2 passages")
    terminal.press("n\r", "\n")
    assert terminal.close() == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [("passages.md", "There is no passage in"), ("book.txt", "no passage of 60 words")],
)
def test_where_there_is_no_passage_that_is_said(
    fresh: Inscape, tmp_path: Path, name: str, said: str
) -> None:
    file = tmp_path / name
    file.write_text("Nothing here.\n", encoding="utf-8")
    source = ("--passages", file) if name == "passages.md" else (file,)
    done = fresh("run", *source, "--target", "3", *REHEARSAL, "--preview")
    assert done.code == 1 and said in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_it_promises_as_many_examples_as_the_scout_would_ask_for(
    inscape: Inscape, small_book: Path
) -> None:
    asked = ("run", small_book, "--target", "9", *REHEARSAL, "--json")
    told = inscape(*asked, "--preview").json
    assert told["room"] == offered(inscape.project, Limits()) < 3 * told["passages"]
    assert inscape(*asked).code == 0
    less = inscape(*asked, "--preview").json["room"]
    assert less == offered(inscape.project, Limits()) < told["room"]


def test_no_more_is_priced_than_the_book_can_give(inscape: Inscape, small_book: Path) -> None:
    asked = ("run", small_book, *OPENAI, "--preview", "--json")
    inscape = Inscape(inscape.project, {"OPENAI_API_KEY": "sk-none"})
    few, many = (inscape(*asked, "--target", str(target)).json for target in (900, 9000))
    assert few["least"]["assignments"] == few["room"]
    assert few["least"] == many["least"] and few["most"] == many["most"]


def test_where_nothing_is_missing_no_model_is_asked(inscape: Inscape, small_book: Path) -> None:
    asked = ("run", small_book, "--target", "3", *REHEARSAL)
    assert inscape(*asked).code == 0
    said = inscape(*asked, "--preview").out.splitlines()
    assert said[0] == "3 of 3 examples are there, 0 wait for you."
    assert "No model is to be asked for anything." in said


def test_a_real_run_s_calls_are_between_the_least_and_the_most(
    online: Inscape, stub: Server, small_book: Path
) -> None:
    asked = ("run", small_book, "--target", "2", *OPENAI, "--json")
    alone = online(*asked, "--preview").json
    told = online(*asked, "--scout", "openai:scout", "--preview").json
    done = online(*asked, "--scout", "openai:scout")
    assert done.code == 0, done.err
    scouted = stub.stats["by_kind"]["scout"]
    assert told["least"]["calls"] == alone["least"]["calls"] + scouted
    assert told["most"]["calls"] > alone["most"]["calls"] + scouted
    assert told["least"]["calls"] <= done.json["calls"] <= told["most"]["calls"]
    assert told["most"]["input_tokens"] > alone["most"]["input_tokens"]


def sent(project: Path, what: str) -> dict[str, float]:
    """Of the input tokens of a run's calls, by purpose."""
    with contextlib.closing(sqlite3.connect(project / "memory.db")) as store:
        query = f"select purpose, {what}(input_tokens) from calls where status = 'answered'"
        return dict(store.execute(f"{query} group by purpose"))


@pytest.fixture
def typical(shelf: Path) -> Typical:
    """Of the small book."""
    library = Library.load()
    with Store.open(shelf / "memory.db") as store:
        shown = store.passages([one.sha256 for one in store.books()])
    one = sorted(shown, key=lambda one: one.passage.words)[len(shown) // 2]
    return Typical(library, library.default_templates, one.passage, one.phenomena[:1])


def test_a_typical_call_is_as_long_as_those_of_a_real_run(
    online: Inscape, stub: Server, small_book: Path, typical: Typical
) -> None:
    """The server takes no schema but in words, and so counts its tokens too."""
    stub.control(judge="revise", unsupported=["response_format"])
    asked = ("run", small_book, "--target", "12", *OPENAI, "--scout", "openai:stub")
    online(*asked, "--max-calls", "90")
    real = sent(online.project, "avg")
    for purpose, one in {
        "teach": asyncio.run(typical.taught(late=False)),
        "revise": asyncio.run(typical.revised(late=False)),
        "judge": asyncio.run(typical.judged(late=False)),
        "scout": asyncio.run(typical.scouted()),
    }.items():
        assert one.input == pytest.approx(real[purpose], rel=0.2), purpose


def test_what_was_accepted_before_makes_calls_longer(
    online: Inscape, stub: Server, small_book: Path, typical: Typical
) -> None:
    stub.control(unsupported=["response_format"])
    online("run", small_book, "--target", "30", *OPENAI, "--concurrency", "1")
    longest = sent(online.project, "max")
    early, late = asyncio.run(typical.judged(late=False)), asyncio.run(typical.judged(late=True))
    assert early.input + 1000 < longest["judge"] < 1.2 * late.input
    early, late = asyncio.run(typical.taught(late=False)), asyncio.run(typical.taught(late=True))
    assert early.input < late.input
