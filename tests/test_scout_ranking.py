"""The ranker on prose it has not seen: our own novel, and passages of other kinds written here."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from agents.evidence import SIGNS, gather
from agents.scout import FLOOR, Rating, Scout
from bench.ranking import shares
from corpus.embed import Embedder
from corpus.passage import Passage, passage_id
from prompts.library import Library

MANUAL = [
    "Turn the main valve a quarter to the left and wait until the gauge reads zero. Unscrew the "
    "two bolts on the lid, lift it off, and remove the filter. Rinse the filter in clean water. If "
    "it is torn, fit a new one of the same size. Screw the lid down crosswise and open the valve.",
    "The second argument is the name of the table. When it is left out the table is named after "
    "the file. Column types are guessed from the first thousand rows; to set them yourself, pass a "
    "mapping of names to types. The command returns the number of rows that were written.",
    "A force that marches by two roads should agree beforehand upon the hour of its junction. The "
    "stronger column takes the longer road. Supplies go with the weaker, which can be reinforced, "
    "and bridges are to be held by engineers until the last waggon has crossed.",
    "Plant the tubers in rows two feet apart, about six inches deep, when the danger of frost is "
    "over. Earth them up as they grow. In dry weather water once a week at the root. They may be "
    "lifted when the leaves have yellowed, and will keep until spring in a dark, airy loft.",
]
TALK = (
    "“Is the boat in?” asked Mrs. Hale. “Ten minutes ago,” said the boy. “And the doctor?” “He "
    "went up by the back road, ma'am, with his bag.” “Then run and tell Martha to put the kettle "
    "on, and bring me my grey shawl, the one on the landing.” “Yes, ma'am,” said the boy, and ran."
)
INNER = (
    "She had the key in her hand and could not make herself believe in it. It was as though "
    "somebody else had climbed the stairs, and she had been left below, listening. Why was she not "
    "glad? She looked for the gladness where it ought to have been and there was only a stillness, "
    "a kind of held breath, and under it, very small, the old fear that knew her by her name."
)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


@pytest.fixture(scope="module")
def scout(embedder: Embedder) -> Scout:
    return Scout(Library.load(), embedder)


def passages(texts: Sequence[str]) -> list[Passage]:
    return [
        Passage(passage_id("b", n, n, text), "b", "B", "I", 0, 0, 0, len(text), text)
        for n, text in enumerate(texts)
    ]


def test_inner_experience_stands_above_talk_and_instructions(scout: Scout) -> None:
    inner, talk, *manual = scout.rate(passages([INNER, TALK, *MANUAL]))
    assert inner.richness > 0.5 > FLOOR > talk.richness
    assert max(one.richness for one in manual) < 0.1
    assert not any(one.phenomena for one in manual)


def test_a_rich_passage_is_named_and_given_templates(scout: Scout) -> None:
    (rating,) = scout.rate(passages([INNER]))
    known = {kind.id for kind in scout.library.phenomena}
    assert 1 <= len(rating.phenomena) <= 3 and set(rating.phenomena) <= known
    assert set(rating.templates) >= set(scout.library.phenomenon(rating.phenomena[0]).templates)


def test_a_passage_is_rated_the_same_in_any_company(scout: Scout) -> None:
    alone = scout.study(passages([INNER]))
    among = scout.study(passages([TALK, INNER * 3, *MANUAL, INNER]))
    assert abs(alone.ratings[0].richness - among.ratings[-1].richness) < 0.01
    assert float(alone.vectors[0] @ among.vectors[-1]) > 0.999


def test_the_vectors_of_the_same_pass_are_those_of_the_embedder(
    scout: Scout, embedder: Embedder
) -> None:
    texts = [INNER, TALK, *MANUAL]
    found = scout.study(passages(texts)).vectors
    assert np.min((found * embedder.encode(texts)).sum(1)) > 0.999


def test_a_spans_vector_is_the_same_whatever_it_is_batched_with(embedder: Embedder) -> None:
    spans = [(0, 40), (41, len(INNER)), (0, len(INNER)), (5, 6)]
    alone = embedder.encode_with_spans([INNER], [spans], layers=(3, 6))
    among = embedder.encode_with_spans([INNER * 3, TALK, INNER], [[(0, 9)], [], spans], (3, 6))
    assert alone.layers.shape == (4, 2, 384) and among.layers.shape == (5, 2, 384)
    close = (alone.layers[:3] * among.layers[1:4]).sum(-1)
    assert close.min() > 0.999
    assert not alone.layers[3].any() and np.allclose(np.linalg.norm(alone.layers[:3], axis=-1), 1)
    assert (alone.layers[0, 0] @ alone.layers[1, 0]) < 0.95


def test_texts_at_the_edge_are_rated_too(scout: Scout) -> None:
    edge = ["", " \n ", "…", "No", "42", INNER * 40, "我不知道。", "“" * 50]
    found = scout.rate(passages(edge))
    assert len(found) == len(edge) and all(0 <= one.richness <= 1 for one in found)
    assert max(one.richness for one in found[:5]) < FLOOR
    assert scout.rate([]) == []


def test_progress_comes_to_its_end(scout: Scout) -> None:
    told: list[tuple[int, int]] = []
    scout.rate(passages([TALK, INNER]), progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 2)]


def test_our_own_novels_rich_passages_come_first(scout: Scout, example_book: Path) -> None:
    """By the list its author made; the ranker has seen nothing of it."""
    whole = example_book.with_suffix(".txt").read_text(encoding="utf-8")
    blocks = [block for block in whole.split("\n\n") if 60 <= len(block.split()) <= 220]
    rated = scout.rate(passages(blocks))
    rich = shares(passages(blocks), whole, example_book.with_name("rich.jsonl")) > 0.5
    order = np.argsort([-one.richness for one in rated], kind="stable")
    assert rich.mean() < 0.6
    assert rich[order[:20]].mean() >= 0.9 and rich[order[:30]].mean() >= 0.8


def test_a_persons_words_for_phenomena_are_known_by_id_and_name(scout: Scout) -> None:
    assert scout.named(["Dread", "time-distortion", "sea-sickness", "dread"]) == (
        "dread",
        "time-distortion",
    )


async def test_without_a_model_the_machines_ratings_stand(scout: Scout) -> None:
    (one,) = passages([INNER])
    machine = Rating(0.7, ("doubt",))
    assert await scout.read_closely([one], {one.id: machine}) == {one.id: machine}


def test_no_two_signs_have_one_name() -> None:
    assert len(set(SIGNS)) == len(SIGNS)


@pytest.mark.parametrize(
    ("text", "sign", "count"),
    [
        ("She wondered, and wondered again.", "think", 2),
        ("I didn't know.", "not", 1),
        ("He'd seen it; he’s seen it.", "he", 2),
        ("It was as if nothing had been as though.", "as_if", 2),
        ("“Go,” he said. “Why?”", "quoted", 2),
        ("In June she met Tom Orr at Bath.", "names", 4),
    ],
)
def test_signs_are_counted(text: str, sign: str, count: int) -> None:
    assert gather([text]).counts[:, SIGNS.index(sign)].sum() == count


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("“All of it is said.”", 1.0),
        ("None of it is.", 0.0),
        ("half is said” half is not.", 0.5),
        ("— All of it, as the French do", 1.0),
        ("—All of it, as the Irish do", 1.0),
        ("‘It’s said’ and is not", 0.5),
        ('"Said" "so"', 0.9),
    ],
)
def test_what_is_spoken_is_told_from_what_is_told(text: str, share: float) -> None:
    assert gather([text]).counts[0, SIGNS.index("spoken")] == pytest.approx(share, abs=0.06)
