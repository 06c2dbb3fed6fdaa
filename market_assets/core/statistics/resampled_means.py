"""Resampled column means, the common ground of the tests that search over models by bootstrap."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.bootstrap import stationary_indices

_CHUNK = 1000  # resamples per matrix product: bounds the multiplicity matrix to 1000 x T


def resample_indices(
    n: int, *, mean_block: float, reps: int, seed: int, indices: ArrayLike | None
) -> NDArray[np.int32]:
    """Stationary bootstrap indices, shape (reps, n), or the explicit ``indices`` once checked.

    Raises
    ------
    BadInputError
        rule ``bootstrap_indices``: not a matrix of positions 0..n - 1 with n columns.
    """
    if indices is None:
        return stationary_indices(n, mean_block, reps, seed)
    given = np.asarray(indices)
    if given.ndim != 2 or given.shape[1] != n or given.shape[0] < 1 or given.min() < 0 or given.max() >= n:
        raise BadInputError("bootstrap_indices", f"indices must be a (reps, {n}) matrix of positions 0..{n - 1}")
    return given.astype(np.int32)


def resampled_means(values: Floats, indices: NDArray[np.int32]) -> Iterator[tuple[slice, Floats]]:
    """Column means of ``values`` (T, K) over every resample, chunk by chunk: the rows of a chunk and its means.

    Counts times matrix, one product a chunk, so memory does not grow with the number of resamples.
    """
    n = len(values)
    for start in range(0, len(indices), _CHUNK):
        chunk = indices[start : start + _CHUNK].astype(np.int64)
        keys = (chunk + np.arange(len(chunk))[:, None] * n).ravel()
        counts = np.bincount(keys, minlength=len(chunk) * n).reshape(len(chunk), n)
        yield slice(start, start + len(chunk)), counts.astype(np.float64) @ values / n


def resampled_maxima(values: Floats, indices: NDArray[np.int32], centres: Floats, scale: Floats) -> Floats:
    """Largest re-centred, scaled mean of every resample; ``centres`` (R, K) gives shape (R, reps)."""
    maxima = np.empty((len(centres), len(indices)))
    for rows, means in resampled_means(values, indices):
        for row, centre in enumerate(centres):
            maxima[row, rows] = ((means - centre) / scale).max(axis=1)
    return maxima
