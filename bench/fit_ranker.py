"""Fit the scout's ranker from rated passages, and say how well it does on books it has not seen.

    python bench/fit_ranker.py ../shared/labels/passages.jsonl [--out agents/ranker.npz]

Every figure is nested: a book's passages are scored by a ranker that saw none of them at any stage.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from agents.evidence import Evidence, Floats, gather
from agents.ranker import HOME, LAYERS, WORDS, Weights, passage_features, sentence_signs
from corpus import Embedder

POSITIVE = 1.75
ENOUGH = 3
SENTENCE_RIDGE = 1.5
SIGN_WEIGHT = 0.06
PASSAGE_C = 0.003


class Labels(NamedTuple):
    texts: list[str]
    books: list[str]
    group: np.ndarray
    richness: np.ndarray

    @property
    def positive(self) -> np.ndarray:
        return self.richness >= POSITIVE


def read_labels(path: Path) -> Labels:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    books = list(dict.fromkeys(row["book"] for row in rows))
    return Labels(
        texts=[row["text"] for row in rows],
        books=books,
        group=np.array([books.index(row["book"]) for row in rows]),
        richness=np.array([row["richness"] for row in rows]),
    )


class Sentences:
    """Ridge regression of a passage's rating on its sentences, refitted without some books at once."""

    def __init__(self, labels: Labels, evidence: Evidence, features: Floats) -> None:
        self.group = labels.group[evidence.owner]
        self.features = np.hstack([features, np.ones((len(features), 1), np.float32)])
        words = evidence.counts[:, WORDS]
        weight = words / np.bincount(evidence.owner, words)[evidence.owner]
        wanted = np.minimum(labels.richness, 2) / 4 + labels.positive / 2
        target = wanted[evidence.owner]
        self.grams, self.sums = [], []
        for book in range(len(labels.books)):
            own = self.group == book
            weighted = self.features[own] * weight[own, None]
            self.grams.append((weighted.T @ self.features[own]).astype(np.float64))
            self.sums.append(weighted.T @ target[own])

    def fit(self, without: Sequence[int] = ()) -> np.ndarray:
        used = [book for book in range(len(self.grams)) if book not in without]
        size = self.features.shape[1]
        penalty = SENTENCE_RIDGE * np.eye(size)
        penalty[-1, -1] = 1e-9
        gram = sum(self.grams[book] for book in used) + penalty
        return np.linalg.solve(gram, sum(self.sums[book] for book in used))

    def scores_without(self, held: int | None) -> Floats:
        """Each book's sentences by a model without that book, and without `held`."""
        out = np.zeros(len(self.features), np.float32)
        for book in range(len(self.grams)):
            own = self.group == book
            without = [book] if held is None else [book, held]
            out[own] = self.features[own] @ self.fit(without)
        return out


class Head(NamedTuple):
    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray

    def margin(self, features: Floats) -> np.ndarray:
        return (features - self.mean) * self.scale @ self.weights[:-1] + self.weights[-1]


def fit_head(features: Floats, positive: np.ndarray) -> Head:
    mean, scale = features.mean(0), 1 / (features.std(0) + 1e-6)
    model = LogisticRegression(C=PASSAGE_C, max_iter=2000)
    model.fit((features - mean) * scale, positive)
    return Head(mean, scale, np.append(model.coef_[0], model.intercept_[0]))


def nested_margins(labels: Labels, evidence: Evidence, sentences: Sentences) -> np.ndarray:
    out = np.zeros(len(labels.texts))
    for book in range(len(labels.books)):
        features = passage_features(sentences.scores_without(book), evidence)
        held = labels.group == book
        out[held] = fit_head(features[~held], labels.positive[~held]).margin(features[held])
    return out


def calibrate(margins: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Platt's line through out-of-book margins."""
    model = LogisticRegression(C=1e6).fit(margins[:, None], positive)
    return np.array([model.coef_[0, 0], model.intercept_[0]])


def report(labels: Labels, scores: np.ndarray) -> None:
    precisions, areas = [], []
    print(f"{'book':26s} passages  rich     AP    AUC")
    for number, book in enumerate(labels.books):
        own = labels.group == number
        rich = labels.positive[own]
        line = f"{book:26s} {own.sum():8d} {rich.sum():5d}"
        if rich.sum() >= ENOUGH:
            precisions.append(average_precision_score(rich, scores[own]))
            areas.append(roc_auc_score(rich, scores[own]))
            line += f"  {precisions[-1]:.3f}  {areas[-1]:.3f}"
        print(line)
    print(f"{'mean':26s} {'':14s}  {np.mean(precisions):.3f}  {np.mean(areas):.3f}")
    whole = average_precision_score(labels.positive, scores), roc_auc_score(labels.positive, scores)
    print(f"{'all in one list':26s} {'':14s}  {whole[0]:.3f}  {whole[1]:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labels", type=Path)
    parser.add_argument("--out", type=Path, default=HOME)
    asked = parser.parse_args()
    labels = read_labels(asked.labels)
    evidence = gather(labels.texts)
    layers = Embedder().encode_with_spans(labels.texts, evidence.spans, layers=LAYERS).layers
    signs = sentence_signs(evidence)
    mean, scale = signs.mean(0), SIGN_WEIGHT / (signs.std(0) + 1e-6)
    features = np.hstack([layers[:, :-1].reshape(len(layers), -1), (signs - mean) * scale])
    sentences = Sentences(labels, evidence, features)
    margins = nested_margins(labels, evidence, sentences)
    calibration = calibrate(margins, labels.positive)
    report(labels, margins)
    head = fit_head(passage_features(sentences.scores_without(None), evidence), labels.positive)
    weights = Weights(mean, scale, sentences.fit(), *head, calibration)
    np.savez_compressed(
        asked.out,
        **{name: np.asarray(value, np.float32) for name, value in weights._asdict().items()},
    )


if __name__ == "__main__":
    main()
