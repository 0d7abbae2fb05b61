"""What the examiner counts, how it compares, and what it makes of it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents.critic import Critic, Policy
from agents.examining.comparing import CHECKS, Comparer, Pair
from agents.examining.gaps import Gaps
from agents.examining.measures import Rate, answered_plainly, repetition, thinks_well
from agents.models import Clients, Model, open_model
from graph.training import adapter_at
from inscape.errors import PromptError, TrainingError
from inscape.keys import Keys
from inscape.project import Project
from prompts.library import Library
from prompts.probes import PlainQuestion
from tests.docs import told_keys
from tests.runs import Inscape
from tests.stub.fixtures import Server
from tests.training import needs_training

GOOD = "<thinking>Something is there and I do not look.</thinking>\nI wait. The cup is cold now."
PLAIN = "As an AI language model, I do not have feelings. It is important to note that."


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


@pytest.fixture
async def judge(stub: Server) -> AsyncIterator[Model]:
    async with Clients() as clients:
        yield open_model("openai:stub", keys=stub.keys, timeout=10, clients=clients)


@pytest.mark.parametrize(
    ("answer", "well"),
    [
        (GOOD, True),
        ("I wait.", False),
        ("<thinking></thinking>\nI wait.", False),
        ("<thinking>I look.</thinking>", False),
        ("<thinking>I look.\nI wait.", False),
        ("I wait. <thinking>I look.</thinking> Yes.", False),
        ("<thinking>a</thinking> b <thinking>c</thinking> d", False),
    ],
)
def test_a_thinking_part_is_well_formed_or_not(answer: str, well: bool) -> None:
    assert thinks_well(answer) is well


def test_repetition_is_the_share_of_runs_said_before() -> None:
    assert repetition("one two three four five six") == 0
    assert repetition("a b c d a b c d") == pytest.approx(1 / 5)
    assert repetition("yes") == 0


def test_a_plain_answer_is_right_and_short_and_does_not_think_aloud() -> None:
    question = PlainQuestion(id="sum", ask="17 plus 25?", expect=("42", "forty-two"), words=6)
    assert answered_plainly(question, "It is Forty-two.")
    assert not answered_plainly(question, "It is 142.")
    assert not answered_plainly(question, "<thinking>I count.</thinking> 42")
    assert not answered_plainly(question, "Let me see, what comes up is 42.")


def test_a_win_rate_has_wilsons_interval_and_a_tie_is_half_a_win() -> None:
    rate = Rate.of([1.0] * 8 + [0.0] * 2)
    assert rate.rate == 0.8
    assert rate.interval == pytest.approx((0.490, 0.943), abs=0.001)
    assert Rate.of([0.5, 0.5]).rate == 0.5
    assert Rate.of([1.0] * 10).interval == pytest.approx((0.722, 1.0), abs=0.001)


def test_gaps_are_where_tuned_does_not_beat_base_and_changes_give_their_reason() -> None:
    rates = {"dread": Rate(0, 0, 4), "joy": Rate(1, 0, 1), "doubt": Rate(3, 0, 1)}
    gaps = Gaps.of(rates, {"monologue": Rate(5, 1, 0)})
    assert gaps.phenomena == {"dread": 1.0, "joy": 0.5}
    assert gaps.templates == {}
    before = Gaps({"joy": 0.5, "grief": 0.75}, {})
    assert gaps.changes_from(before, rates) == [
        "dread 0 → 1: wins 0, ties 0, loses 4",
        "grief 0.75 → 0",
    ]


async def test_judges_compare_blind_and_sides_are_swapped_by_the_seed(
    library: Library, stub: Server, judge: Model
) -> None:
    critic = Critic([judge], library, Policy())
    comparer = Comparer(critic, library, seed=1)
    pairs = [Pair(probe, PLAIN, GOOD) for probe in library.probes.inner]
    answer = json.dumps({"quote": "I wait", "better": "first", "reason": "it waits"})
    stub.control(script=[{"text": answer}] * len(pairs))
    compared = [await comparer.compare(pair) for pair in pairs]
    assert comparer.judged_by == ["openai:stub"]
    assert {one.first for one in compared} == {"base", "tuned"}
    for one in compared:
        assert one.as_json()["winner"] == one.first
    again = Comparer(critic, library, seed=1)
    other = Comparer(critic, library, seed=2)
    stub.control(script=[{"text": answer}] * 2 * len(pairs))
    firsts = [one.first for one in compared]
    assert [(await again.compare(pair)).first for pair in pairs] == firsts
    assert [(await other.compare(pair)).first for pair in pairs] != firsts


async def test_a_judgement_that_cannot_be_read_is_asked_for_once_more_and_then_counts_as_even(
    library: Library, stub: Server, judge: Model
) -> None:
    comparer = Comparer(Critic([judge], library, Policy()), library, seed=0)
    pair = Pair(library.probes.inner[0], PLAIN, GOOD)
    stub.control(script=[{"text": "Well."}, {"text": "I cannot say."}])
    compared = await comparer.compare(pair)
    assert (compared.points, compared.readable) == (0.5, False)
    assert stub.stats["requests"] == 2


async def test_without_a_judge_the_answer_with_fewer_defects_wins(library: Library) -> None:
    rehearsal = open_model("rehearsal", keys=Keys(), timeout=1)
    comparer = Comparer(Critic([rehearsal], library, Policy()), library, seed=0)
    probe = next(one for one in library.probes.inner if one.template == "conversation")
    assert comparer.judged_by == [CHECKS]
    assert (await comparer.compare(Pair(probe, PLAIN, GOOD))).points == 1.0
    assert (await comparer.compare(Pair(probe, GOOD, PLAIN))).points == 0.0
    assert (await comparer.compare(Pair(probe, GOOD, GOOD))).points == 0.5
    assert (await comparer.compare(Pair(probe, "", PLAIN))).points == 1.0


def test_there_are_probes_for_every_phenomenon_and_every_template_that_is_on(
    library: Library,
) -> None:
    probes = library.probes.inner
    assert {one.phenomenon for one in probes} == {kind.id for kind in library.phenomena}
    assert {one.template for one in probes} == {one.id for one in library.default_templates}
    assert all(len(one.before) % 2 == 0 for one in probes)
    assert len(library.probes.plain) >= 10


def test_a_wrong_probe_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "probes").mkdir()
    (tmp_path / "probes/inner.yaml").write_text(
        "probes:\n  - {id: a, phenomenon: doubt, template: monologue, ask: Well?}\n"
        "  - {id: b, phenomenon: dreed, template: monologue, ask: Well?}\n",
        encoding="utf-8",
    )
    with pytest.raises(PromptError, match=r"inner\.yaml:3: .*'dreed'") as caught:
        _ = Library.load(tmp_path).probes
    assert "dread" in caught.value.hint


@needs_training
@pytest.mark.timeout(200)
def test_an_adapter_is_examined_and_talked_to(tuned: Inscape) -> None:
    data = tuned.project / "adapters/tiny-1/dataset/train.jsonl"
    row = json.loads(data.read_text(encoding="utf-8").splitlines()[0])
    row["messages"][1]["content"] = "What is behind  the door?"
    with data.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    done = tuned("examine", "--json")
    assert done.code == 0, done.err
    report = done.json
    assert set(report) == told_keys("inscape examine --json")
    assert report["judged_by"] == ["checks"]
    assert report["probes"] == 5, "a probe that was trained on is left out"
    assert report["held_out_loss"]["tuned"] < report["held_out_loss"]["base"] - 0.1
    assert set(report["by_template"]) == {
        "computational",
        "continuity",
        "conversation",
        "monologue",
    }
    assert report["thinking"]["n"] == 1
    assert report["regressions"]["n"] == 12
    card = (tuned.project / "adapters/tiny-1/README.md").read_text(encoding="utf-8")
    assert "No model judged" in card

    asked = ("chat", "--compare", "--temperature", "0", "--max-tokens", "5")
    said = tuned.talk("Hello.\n/new\nHello.\n\nnever heard\n", *asked)
    assert said.code == 0, said.err
    assert said.out.count("base:") == said.out.count("tuned:") == 2
    first, second = said.out.strip().split("base:")[1:]
    assert first.strip() == second.strip()


def test_an_adapter_is_named_from_here_from_the_project_or_by_its_name_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path / "project")
    there = project.adapters / "tiny-1"
    there.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for named in (there, "project/adapters/tiny-1", "adapters/tiny-1", "tiny-1"):
        assert adapter_at(project, Path(named)).resolve() == there
    (tmp_path / "tiny-1").mkdir()
    assert adapter_at(project, Path("tiny-1")) == Path("tiny-1"), "what is here comes first"
    with pytest.raises(TrainingError, match="no trained adapter at 'tiny-2'"):
        adapter_at(project, Path("tiny-2"))


def test_without_an_adapter_there_is_nothing_to_examine(tmp_path: Path) -> None:
    for command in ("examine", "chat"):
        done = Inscape(tmp_path / "project")(command, "--adapter", tmp_path)
        assert done.code == 1
        assert "inscape train" in done.err or "train-setup" in done.err
