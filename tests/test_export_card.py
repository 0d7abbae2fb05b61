"""The card says all there is to know before one trains on a dataset, and shows it."""

from xml.etree import ElementTree

import pytest
import yaml

from dataset.card import Made
from dataset.export import Options, export
from dataset.facts import Facts
from dataset.formats import Style
from dataset.plots import coverage_svg, lengths_svg
from dataset.records import Decision
from dataset.row import Call
from dataset.verbatim import Longest
from tests.exports import card, manifest
from tests.projects import Listed, accepted, passage, speech, talk

CALL = Call("teach", "openai:a-model", "a-model-2026", 4096, 0.9)
SVG = "{http://www.w3.org/2000/svg}"


def made(tmp_path, rows, options=None, about=None):
    export(Listed(rows), options or Options("messages"), about or Made(), tmp_path / "out")
    return tmp_path / "out"


def head(out) -> dict:
    return yaml.safe_load(card(out).split("---\n")[1])


def test_the_commands_and_settings_that_made_it_stand_in_it(tmp_path):
    about = Made(
        commands=("inscape run a.pdf --target 9",),
        settings={"teacher": "openai:a-model", "verdicts": {"accept": 4.0}, "max_usd": None},
    )
    options = Options("axolotl", Style("field"), license="cc0-1.0", seed=3, base="ours/tiny")
    text = card(made(tmp_path, [accepted(n, speech(n)) for n in range(4)], options, about))
    assert "    inscape run a.pdf --target 9\n" in text
    assert (
        "    inscape export --format axolotl --thinking field --key reasoning_content "
        "--validation 0.1 --seed 3 --license cc0-1.0 --base ours/tiny\n" in text
    )
    assert "`teacher=openai:a-model`, `verdicts.accept=4.0`" in text and "max_usd" not in text


def test_models_are_named_with_their_parameters(tmp_path):
    rows = [accepted(n, speech(n))._replace(calls=(CALL,)) for n in range(4)]
    out = made(tmp_path, rows)
    assert "- teach: openai:a-model (max\\_tokens 4096, temperature 0.9): 4 examples" in card(out)
    assert manifest(out)["rows"][0]["models"] == [CALL._asdict()]


def test_what_people_did_is_counted(tmp_path):
    rows = [accepted(n, speech(n)) for n in range(4)]
    rows[0] = rows[0]._replace(decision=Decision(example_id=rows[0].id, answer="accept"))
    rows[1] = rows[1]._replace(
        origin="person", decision=Decision(example_id=rows[1].id, answer="edit")
    )
    out = made(tmp_path, rows)
    assert "decided on 2 of 4 examples (50 %) and edited 1 (25 %)" in card(out)
    assert head(out)["annotations_creators"] == ["machine-generated", "expert-generated"]


def test_the_longest_run_taken_over_is_shown_with_its_place(tmp_path):
    source = passage(3, text="The bell had not been rung since the winter of the long frost.")
    echo = (
        talk(3)
        .turns[1]
        .model_copy(
            update={"content": "I hear it. The bell had NOT been rung since the winter, I say."}
        )
    )
    copy = talk(3).model_copy(update={"turns": (talk(3).turns[0], echo)})
    text = card(made(tmp_path, [accepted(1, speech(1)), accepted(3, copy, of=source)]))
    assert "shared with its passage: 9, in `000000000003.0`" in text
    assert "“the bell had not been rung since the winter”" in text


def test_only_a_longer_run_replaces_the_longest():
    longest = Longest()
    for name, said in (("a", "one two three"), ("b", "one two"), ("c", "x two three four five y")):
        longest.look(name, said, "one two three four five")
    assert (longest.found.words, longest.found.example) == (4, "c")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ich warte, und das Licht ist nicht mehr das Licht von vorhin, es ist kälter.", "de"),
        ("J'attends, et la lumière n'est plus la même que tout à l'heure, plus froide.", "fr"),
    ],
)
def test_the_language_is_the_examples_own(tmp_path, text, code):
    example = speech(1)
    turns = (example.turns[0], example.turns[1].model_copy(update={"content": text}))
    rows = [accepted(n, example.model_copy(update={"turns": turns})) for n in range(3)]
    assert head(made(tmp_path, rows))["language"] == [code]


def test_it_says_where_the_dataset_stands_for_each_size_of_model(tmp_path):
    rows = [accepted(n, speech(n)) for n in range(120)]
    text = card(made(tmp_path, rows))
    assert "| 7B | 100 | 500 | above the minimum |" in text
    assert "| 30B | 200 | 800 | too few |" in text


def test_states_that_a_format_cannot_say_are_counted(tmp_path):
    turn = talk(1).turns[1].model_copy(update={"state": {"mood": "low"}})
    stated = talk(1).model_copy(update={"turns": (talk(1).turns[0], turn, *talk(1).turns[2:])})
    text = card(made(tmp_path, [accepted(1, stated), accepted(2, talk(2))], Options("alpaca")))
    assert "- 1 state of a turn missing: the format has no place for it." in text


def test_the_pictures_are_svg_that_shows_every_number(tmp_path):
    out = made(tmp_path, [accepted(n, speech(n) if n % 3 else talk(n)) for n in range(9)])
    for name in ("lengths.svg", "coverage.svg"):
        assert f"]({name})" in card(out)
        ElementTree.parse(out / name)
    root = ElementTree.fromstring(coverage_svg({("a", "dread"): 3, ("b<", "joy"): 40}))
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert {"dread by a: 3", "joy by b<: 40", "joy by a: 0"} <= set(titles)
    root = ElementTree.fromstring(lengths_svg([(0, 2), (25, 0), (50, 7)]))
    bars = [title.text for title in root.iter(f"{SVG}title")]
    assert bars[1:] == ["0+ words: 2", "25+ words: 0", "50+ words: 7"]


def test_lengths_are_binned_without_gaps():
    facts = Facts()
    facts.lengths.update({12: 1, 26: 2, 49: 1, 130: 5})
    assert facts.length_bins() == [(0, 1), (25, 3), (50, 0), (75, 0), (100, 0), (125, 5)]
