"""Feature noise for the sensitivity of a model to its inputs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError

if TYPE_CHECKING:
    from market_assets.core.folds.training_set import TrainingSet


def add_noise(x: NDArray[Any], share: float, seed: int, rows: NDArray[np.bool_] | None = None) -> NDArray[Any]:
    """Copy of features (n, d) with Gaussian noise of ``share`` of each column's standard deviation; NaN stays NaN.

    Parameters
    ----------
    rows : (n,) rows the standard deviations are taken from (training rows); all where None. The size of the noise is
        the only thing later rows can touch.
    seed : of a PCG64 generator; noise is drawn row by row, so it does not depend on rows that follow.

    Raises
    ------
    BadInputError
        rule ``feature_noise``: not a matrix, a negative share, or a mask of other length.
    """
    if x.ndim != 2 or not share >= 0.0 or (rows is not None and rows.shape != x.shape[:1]):
        raise BadInputError("feature_noise", f"features {x.shape} with noise share {share} or the mask do not fit")
    known = np.asarray(x if rows is None else x[rows], dtype=np.float64)
    count = np.maximum(np.sum(~np.isnan(known), axis=0), 1)
    mean = np.nansum(known, axis=0) / count
    spread = np.sqrt(np.nansum((known - mean) ** 2, axis=0) / count)
    draws = np.random.Generator(np.random.PCG64(seed)).standard_normal(x.shape)
    return (x + share * spread * draws).astype(x.dtype)


def noisy_test(
    data: TrainingSet, train: NDArray[np.bool_], test: NDArray[np.bool_], share: float, seed: int
) -> TrainingSet:
    """The training set with noise on the features of its test rows (n,) alone, sized by those of its training rows."""
    noisy = add_noise(data.x, share, seed, train)
    return replace(data, x=np.where(test[:, None], noisy, data.x))
