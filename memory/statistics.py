"""Two measures of a dataset, as pure functions: agreement of two judges, effective diversity."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

_Z = 1.959963984540054  # the normal quantile of a 95 % interval

Vectors = NDArray[np.float32]


class Agreement(NamedTuple):
    """`kappa` and its interval are None where it is not defined: no pairs, or one answer only."""

    n: int
    raw: float | None = None
    kappa: float | None = None
    interval: tuple[float, float] | None = None


def agreement(yes_yes: int, yes_no: int, no_yes: int, no_no: int) -> Agreement:
    """Cohen's kappa (1960) of two judges who each say yes or no, from the counts of the four cases.

    The interval uses the large-sample standard error of Fleiss, Cohen and Everitt, "Large sample
    standard errors of kappa and weighted kappa", Psychological Bulletin 72 (1969). It is zero when
    the judges never differ; the lower bound is then that of Wilson's interval (1927) for the raw
    agreement, so that three agreements do not pass for certainty.
    """
    n = yes_yes + yes_no + no_yes + no_no
    if n == 0:
        return Agreement(0)
    p = np.array([[yes_yes, yes_no], [no_yes, no_no]], dtype=float) / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float(np.trace(p)), float(rows @ columns)
    if expected >= 1.0:
        return Agreement(n, observed)
    kappa = (observed - expected) / (1 - expected)
    if observed == 1.0:
        wilson = n / (n + _Z**2)
        low = (wilson - expected) / (1 - expected)
        return Agreement(n, observed, kappa, (max(-1.0, low), 1.0))
    error = _kappa_error(p, kappa, expected, n)
    low, high = max(-1.0, kappa - _Z * error), min(1.0, kappa + _Z * error)
    return Agreement(n, observed, kappa, (low, high))


def _kappa_error(p: NDArray[np.float64], kappa: float, expected: float, n: int) -> float:
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    same = sum(p[i, i] * (1 - (rows[i] + columns[i]) * (1 - kappa)) ** 2 for i in range(2))
    other = sum(p[i, j] * (columns[i] + rows[j]) ** 2 for i, j in ((0, 1), (1, 0)))
    spread = same + (1 - kappa) ** 2 * other - (kappa - expected * (1 - kappa)) ** 2
    return math.sqrt(max(float(spread), 0.0) / n) / (1 - expected)


def vendi(vectors: Vectors) -> float:
    """The effective number of different items, 1 (all the same) to n (nothing in common).

    Friedman and Dieng, "The Vendi Score: A Diversity Evaluation Metric for Machine Learning" (TMLR
    2023): the exponential of the entropy of the eigenvalues of the similarity matrix over n. For
    unit vectors under the cosine these are those of the d by d second-moment matrix.
    """
    if len(vectors) == 0:
        return 0.0
    x = vectors.astype(np.float64)
    # One thread: on a busy machine the threads of the solver wait for each other for seconds.
    with threadpool_limits(1, user_api="blas"):
        moments = x @ x.T if len(x) < x.shape[1] else x.T @ x
        values = np.linalg.eigvalsh(moments / len(x))
    values = values[values > 1e-12]
    return float(np.exp(-(values * np.log(values)).sum()))
