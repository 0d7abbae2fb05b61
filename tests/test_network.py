"""The bundled network: what it says of a text depends on nobody else."""

import numpy as np
import pytest

from corpus.embed import Embedder
from corpus.network import DIMENSION, _OpenVino, _Torch, tokenize
from corpus.sentences import sentences
from corpus.spans import _batches, encode_with_spans
from corpus.subject import subjects

TEXTS = [
    "The lamp was out. She lay and waited for her name to come back to her, and it did not hurry.",
    "Rain.",
    "He counted the oars twice; the second count was no better. Somewhere a door was let go.",
]
CLOSE = 1e-3


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def test_openvino_and_pytorch_agree() -> None:
    tokens = tokenize(TEXTS)
    shares = (tokens.mask / tokens.mask.sum(1, keepdims=True))[:, None].astype(np.float32)
    one, two = (network.pooled(tokens, shares) for network in (_OpenVino(), _Torch()))
    assert one.shape == two.shape == (3, 7, 1, DIMENSION)
    cosines = (one * two).sum(-1) / np.linalg.norm(one, axis=-1) / np.linalg.norm(two, axis=-1)
    assert cosines.min() > 1 - CLOSE


def test_an_open_network_has_had_its_first_inference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads that make it at once would wait for each other for ever."""
    seen = []
    infer = _OpenVino.pooled
    monkeypatch.setattr(
        _OpenVino, "pooled", lambda *given: seen.append(len(given)) or infer(*given)
    )
    _OpenVino()
    assert seen == [3]


def test_a_vector_is_that_of_sentence_transformers(embedder: Embedder) -> None:
    from sentence_transformers import SentenceTransformer

    from corpus.bundled import bundled_folder

    theirs = SentenceTransformer(str(bundled_folder()), device="cpu").encode(
        TEXTS, show_progress_bar=False
    )
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    assert (embedder.encode(TEXTS) * theirs).sum(1).min() > 1 - CLOSE


def test_a_text_over_the_limit_is_cut_where_its_makers_cut_it(embedder: Embedder) -> None:
    long = " ".join(TEXTS * 30)
    cut, more = embedder.encode([long, long + " And then nothing at all."])
    assert cut @ more > 1 - CLOSE


def test_sentences_are_seen_in_their_context(embedder: Embedder) -> None:
    spans = [sentences(text) for text in TEXTS]
    seen = embedder.encode_with_spans(TEXTS, spans, layers=(0, 6))
    assert seen.layers.shape == (sum(map(len, spans)), 2, DIMENSION)
    assert np.allclose(np.linalg.norm(seen.layers, axis=-1), 1, atol=1e-3)
    rain = seen.layers[len(spans[0])]
    assert rain[1] @ seen.vectors[1] > 0.8  # the text is that sentence, and two marks
    alone = embedder.encode_with_spans([TEXTS[0][17:]], [[(0, len(TEXTS[0]) - 17)]], layers=(0, 6))
    assert alone.layers[0, 0] @ seen.layers[1, 0] > 0.95  # words: almost wherever they stand
    assert alone.layers[0, 1] @ seen.layers[1, 1] < 0.999  # meaning: not


def test_a_span_beyond_the_window_is_zero(embedder: Embedder) -> None:
    long = "word " * 600
    seen = embedder.encode_with_spans([long], [[(0, 4), (2900, 2999)]], layers=(6,))
    assert seen.layers[0].any() and not seen.layers[1].any()


def test_every_text_is_in_one_batch_and_none_grows_beyond_bounds() -> None:
    texts = ["a" * size for size in (9000, 1, 300, 299, 4000, 4100, 2)]
    batches = list(_batches(texts))
    assert sorted(at for batch in batches for at in batch) == list(range(len(texts)))
    assert [0] in batches
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(len(texts[at]) for at in batch) <= 8192


def test_nothing_is_asked_of_the_network_for_no_text() -> None:
    found = encode_with_spans(_Unasked(), [])
    assert found.vectors.shape == (0, DIMENSION) and found.layers.shape == (0, 0, DIMENSION)


class _Unasked:
    def pooled(self, tokens: object, shares: object) -> np.ndarray:
        raise AssertionError("there was nothing to ask")


def test_subjects_are_nearer_where_the_talk_is_of_the_same() -> None:
    sea = ["The oars dipped and the boat slid over the water.", "Waves broke on the boat's side."]
    bread = [
        "She kneaded the dough and let it rise.",
        "The loaf was baked until the crust was brown.",
    ]
    found = subjects([*sea, *bread])
    near = found @ found.T
    assert near[0, 1] > max(near[0, 2], near[0, 3]) and near[2, 3] > max(near[0, 2], near[1, 2])
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_a_text_without_a_word_has_a_subject_like_any_other() -> None:
    found = subjects(["", "The boat.", "The loaf."])
    assert found.shape == (3, DIMENSION) and np.isfinite(found).all()
