"""Fit the scout's ranker to rated passages, and say how well it does on books it has not seen.

    python -m bench.fit_ranker ../shared/labels/passages.jsonl

Every figure is nested: a book's passages are rated by a ranker that saw none of them at any stage.
Beside the rated passages it learns from ranker_own.jsonl: passages written for it, in kinds of
prose that the rated books lack (essays on feeling, manuals, sermons, modern interior monologue).
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from agents.evidence import Floats, gather
from agents.kinds import Kinds, Norms
from agents.ranker import (
    HOME,
    LAST,
    LAYER_WEIGHT,
    LAYERS,
    SIGN_WEIGHT,
    Weights,
    kernel,
    passage_layers,
    passage_signs,
)
from corpus.embed import Embedder
from prompts.library import Library

OWN = Path(__file__).with_name("ranker_own.jsonl")
OWN_BOOK = "written for the ranker"
OWN_WEIGHT = 1.5
POSITIVE = 1.75
ENOUGH = 3
AXES = 64
LANDMARKS = 600
RIDGE = 0.7
SMOOTHING = 8


class Rows(NamedTuple):
    """Passages as the ranker sees them."""

    layers: Floats
    signs: Floats
    richness: Floats
    weight: Floats

    def take(self, which: np.ndarray) -> "Rows":
        return Rows(*(column[which] for column in self))

    @property
    def wanted(self) -> Floats:
        """Being clear inner experience counts most, being rich some more, being named a little."""
        rating = self.richness
        clear = np.minimum(rating, 2) / 4 + (rating >= POSITIVE) / 2
        steep = np.minimum((rating / 2) ** 2, 1.6)
        return (clear + steep + rating / 2) / 3


def fit(rows: Rows) -> Weights:
    mean = rows.layers.mean(0)
    axes = PCA(AXES, svd_solver="covariance_eigh").fit(rows.layers).components_.T * LAYER_WEIGHT
    scale = SIGN_WEIGHT / (rows.signs.std(0) + 1e-6)
    blank = Weights(mean, axes, rows.signs.mean(0), scale, *[np.zeros(0)] * 3)
    places = blank.place(rows.layers, rows.signs)
    landmarks = places[np.linspace(0, len(places) - 1, LANDMARKS).astype(int)]
    near = np.hstack([kernel(places, landmarks), np.ones((len(places), 1))])
    penalty = np.zeros((LANDMARKS + 1, LANDMARKS + 1))
    penalty[:-1, :-1] = RIDGE * kernel(landmarks, landmarks) + 1e-6 * np.eye(LANDMARKS)
    weighted = near.T * rows.weight
    pull = np.linalg.solve(weighted @ near + penalty, weighted @ rows.wanted)
    return blank._replace(landmarks=landmarks, pull=pull)


def margins_of_unseen(rows: Rows, books: np.ndarray) -> np.ndarray:
    out = np.zeros(len(books))
    for book in np.unique(books):
        held = books == book
        out[held] = fit(rows.take(~held)).margin(rows.layers[held], rows.signs[held])
    return out


def calibrate(margins: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Platt's line, through margins of unseen books: 0.5 is an even chance of being clear."""
    model = LogisticRegression(C=1e6).fit(margins[:, None], positive)
    return np.array([model.coef_[0, 0], model.intercept_[0]])


def norms(near: Floats, shown: np.ndarray, ids: Sequence[str]) -> Norms:
    rich = shown.any(1)
    share = (shown[rich].sum(0) + SMOOTHING) / (rich.sum() + SMOOTHING * len(ids))
    return Norms(np.array(ids), near[rich].mean(0), near[rich].std(0), share)


def report(books: np.ndarray, positive: np.ndarray, margins: np.ndarray, rated: Floats) -> None:
    precisions, areas = [], []
    print(f"{'book':24s} passages  clear  >=0.5     AP    AUC")
    for book in dict.fromkeys(books):
        own = books == book
        clear = positive[own]
        line = f"{book:24s} {own.sum():8d} {clear.sum():6d} {(rated[own] >= 0.5).sum():6d}"
        if clear.sum() >= ENOUGH and book != OWN_BOOK:
            precisions.append(average_precision_score(clear, margins[own]))
            areas.append(roc_auc_score(clear, margins[own]))
            line += f"  {precisions[-1]:.3f}  {areas[-1]:.3f}"
        print(line)
    print(f"{'mean':24s} {'':22s}  {np.mean(precisions):.3f}  {np.mean(areas):.3f}")
    theirs = books != OWN_BOOK
    pair = positive[theirs], margins[theirs]
    whole = average_precision_score(*pair), roc_auc_score(*pair)
    print(f"{'all in one list':24s} {'':22s}  {whole[0]:.3f}  {whole[1]:.3f}")


def report_kinds(kinds: Kinds, near: Floats, shown: np.ndarray, books: np.ndarray) -> None:
    """With the norms of the other books: is the first phenomenon named one that people named?"""
    hits: list[bool] = []
    for book in np.unique(books):
        held = books == book
        kinds.mean, kinds.spread, kinds.share = norms(near[~held], shown[~held], kinds.ids)[1:]
        for named, truth in zip(kinds.name(near[held]), shown[held], strict=True):
            if truth.any():
                hits.append(bool(truth[kinds.ids.index(named[0])]))
    print(f"the first phenomenon named is one that a reader named: {np.mean(hits):.2f}")


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("labels", type=Path)
    parser.add_argument("--out", type=Path, default=HOME)
    asked = parser.parse_args()
    labels = read(asked.labels) + [{**row, "book": OWN_BOOK} for row in read(OWN)]
    books = np.array([row["book"] for row in labels])
    texts = [row["text"] for row in labels]
    embedder = Embedder()
    evidence = gather(texts)
    seen = embedder.encode_with_spans(texts, evidence.spans, layers=(*LAYERS, LAST))
    rows = Rows(
        passage_layers(evidence, seen.layers[:, :-1]),
        passage_signs(evidence),
        np.array([row["richness"] for row in labels]),
        np.where(books == OWN_BOOK, OWN_WEIGHT, 1.0),
    )
    positive = rows.richness >= POSITIVE
    margins = margins_of_unseen(rows, books)
    theirs = books != OWN_BOOK
    line = calibrate(margins[theirs], positive[theirs])
    weights = fit(rows)._replace(calibration=line)
    report(books, positive, margins, weights.richness(margins))

    library = Library.load()
    ids = [kind.id for kind in library.phenomena]
    shown = np.array([[kind in row.get("phenomena", ()) for kind in ids] for row in labels])
    even = Norms(np.array(ids), np.zeros(len(ids)), np.ones(len(ids)), np.ones(len(ids)))
    kinds = Kinds(library.phenomena, embedder, even)
    near = kinds.near(seen.layers[:, -1], evidence.owner)
    report_kinds(kinds, near[theirs], shown[theirs], books[theirs])
    save(asked.out, weights, norms(near, shown, ids))


def save(path: Path, weights: Weights, found: Norms) -> None:
    """Half precision is enough for axes and landmarks: no rating moves by more than 0.01."""
    arrays = {
        name: np.asarray(value, np.float16 if np.ndim(value) == 2 else np.float32)
        for name, value in {**weights._asdict(), **found._asdict()}.items()
        if name != "kind_ids"
    }
    np.savez_compressed(path, kind_ids=found.kind_ids, **arrays)
    print(f"{path}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
