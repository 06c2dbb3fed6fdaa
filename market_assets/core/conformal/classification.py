"""Conformal sets of a classifier: the score of a class is 1 - P(class) (Sadinle, Lei & Wasserman 2019)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats

Mask = NDArray[np.bool_]


def two_classes(up: ArrayLike) -> Floats:
    """P(down), P(up) from P(up) (n,), shape (n, 2)."""
    high = np.asarray(up, dtype=np.float64)
    return np.column_stack([1.0 - high, high])


def class_scores(probability: ArrayLike) -> Floats:
    """Score 1 - P(class) of every class, shape (n, K).

    Raises
    ------
    BadInputError
        rule ``class_probability``: not an (n, K) matrix of values in [0, 1].
    """
    values = np.asarray(probability, dtype=np.float64)
    if values.ndim != 2 or not np.all((values >= 0.0) & (values <= 1.0)):
        raise BadInputError("class_probability", f"expected an (n, K) matrix in [0, 1], got shape {values.shape}")
    return 1.0 - values


def true_scores(probability: ArrayLike, label: ArrayLike) -> Floats:
    """Score of the class that occurred, shape (n,); ``label`` (n,) holds class numbers 0..K - 1.

    Raises
    ------
    BadInputError
        rule ``class_label``: a label that is no class number, or another number of rows.
    """
    scores, classes = class_scores(probability), np.asarray(label)
    if classes.shape != scores.shape[:1] or not np.isin(classes, np.arange(scores.shape[1])).all():
        raise BadInputError("class_label", f"labels must be {scores.shape[0]} class numbers below {scores.shape[1]}")
    return scores[np.arange(classes.size), classes.astype(np.int64)]


def prediction_sets(probability: ArrayLike, quantile: ArrayLike) -> Mask:
    """Classes whose score does not exceed the quantile (a number, or one a row), shape (n, K).

    An infinite quantile gives every class, minus infinity none. A set may be empty: no class is likely enough.
    """
    bound = np.asarray(quantile, dtype=np.float64)
    return class_scores(probability) <= (bound[:, None] if bound.ndim else bound)
