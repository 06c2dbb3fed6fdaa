"""Model confidence set (Hansen, Lunde & Nason 2011): the models that cannot be told from the best one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.resampled_means import resample_indices, resampled_means
from market_assets.core.statistics.series import as_matrix


@dataclass(frozen=True)
class ModelConfidenceSet:
    """``included`` columns have an MCS p-value of at least ``size``; ``pvalues`` has shape (M,), one per column.

    ``eliminated`` lists every column, the worst first and the last one standing at the end; ``step_statistics`` and
    ``step_pvalues``, shape (M - 1,), are the tests of equal ability before each elimination.
    """

    included: tuple[int, ...]
    pvalues: Floats
    eliminated: NDArray[np.int64]
    step_statistics: Floats
    step_pvalues: Floats
    size: float
    reps: int


def model_confidence_set(
    losses: ArrayLike,
    *,
    mean_block: float,
    size: float = 0.10,
    statistic: Literal["range", "max"] = "range",
    reps: int = 1000,
    seed: int = 0,
    indices: ArrayLike | None = None,
) -> ModelConfidenceSet:
    """Test equal ability, drop the worst model, repeat; a model's p-value is the largest seen until it was dropped.

    "range" takes the largest |d_ij| / se(d_ij) over pairs, "max" the largest d_i. / se(d_i.) against the mean of the
    set (T_R and T_max of the paper); the standard errors are the bootstrap's. p is the share of resampled
    statistics strictly above the observed one; models that all agree have p = 1.

    Parameters
    ----------
    losses : shape (T, M), M >= 2, smaller is better: give minus the returns.
    mean_block, reps, seed : of the stationary bootstrap; not used when ``indices`` is given. Memory is
        8 reps M + 24 M^2 bytes beside the indices; time grows with reps M^2.
    size : the set covers the best model with probability 1 - size.
    indices : optional explicit resample indices, shape (reps, T), 0-based.

    Raises
    ------
    NotEnoughDataError
        fewer than two models or periods, or two models whose losses differ by a constant.
    """
    if not 0.0 < size < 1.0:
        raise BadInputError("confidence_range", f"size {size:g} is not between 0 and 1")
    values = as_matrix(losses, minimum=2)
    if values.shape[1] < 2:
        raise NotEnoughDataError("a model confidence set compares at least two models")
    resamples = resample_indices(len(values), mean_block=mean_block, reps=reps, seed=seed, indices=indices)
    mean = values.mean(axis=0)
    centred = np.empty((len(resamples), values.shape[1]))
    for rows, means in resampled_means(values - mean, resamples):  # centred first: close losses keep their digits
        centred[rows] = means
    floor = (1e-14 * max(1e-300, float(np.abs(values).max()))) ** 2  # variance of rounding alone
    eliminate = _by_range if statistic == "range" else _by_max
    order, statistics, above = eliminate(mean, centred, floor)
    if np.isinf(statistics).any():
        raise NotEnoughDataError("the losses of two models differ by a constant: their comparison is undefined")
    steps = np.where(statistics > 0.0, above / len(resamples), 1.0)
    pvalues = np.empty(len(order))
    pvalues[order] = np.maximum.accumulate(np.append(steps, 1.0))
    return ModelConfidenceSet(
        included=tuple(np.flatnonzero(pvalues >= size).tolist()),
        pvalues=pvalues,
        eliminated=order,
        step_statistics=statistics,
        step_pvalues=steps,
        size=size,
        reps=len(resamples),
    )


@njit(cache=True)
def _ratio(difference, variance, floor):  # pragma: no cover - compiled
    """Difference over its standard error; 0 for equal models, infinite for ones a constant apart."""
    if variance > floor:
        return difference / np.sqrt(variance)
    return 0.0 if abs(difference) <= np.sqrt(floor) else np.inf


@njit(cache=True)
def _by_range(mean, centred, floor):  # pragma: no cover - compiled
    """Order of elimination, statistics and counts of larger resampled ones, over pairs.

    The order needs no resampled statistic, so it is settled first; then one pass over the resamples, from the last
    model standing backwards, has the maximum of every step as a running one.
    """
    reps, n_models = centred.shape
    variance, ratio = np.zeros((n_models, n_models)), np.zeros((n_models, n_models))
    for rep in range(reps):
        for i in range(n_models):
            for j in range(i):
                variance[i, j] += (centred[rep, i] - centred[rep, j]) ** 2 / reps
    for i in range(n_models):
        for j in range(i):
            variance[j, i] = variance[i, j]
            size = _ratio(abs(mean[i] - mean[j]), variance[i, j], floor)
            sign = 1.0 if mean[i] > mean[j] else -1.0
            ratio[i, j], ratio[j, i] = sign * size, -sign * size
    order, statistics = np.arange(n_models), np.zeros(n_models - 1)
    for step in range(n_models - 1):
        worst = step
        statistics[step] = -1.0
        for a in range(step, n_models):
            for b in range(step, n_models):
                if a != b and ratio[order[a], order[b]] > statistics[step]:
                    statistics[step], worst = ratio[order[a], order[b]], a
        model = order[worst]
        order[step + 1 : worst + 1] = order[step:worst].copy()
        order[step] = model
    inverse = np.zeros((n_models, n_models))
    for a in range(n_models):
        for b in range(n_models):
            if variance[order[a], order[b]] > floor:
                inverse[a, b] = 1.0 / np.sqrt(variance[order[a], order[b]])
    above = np.zeros(n_models - 1, np.int64)
    for rep in range(reps):
        row, largest = centred[rep][order], 0.0
        for a in range(n_models - 2, -1, -1):
            for b in range(a + 1, n_models):
                largest = max(largest, abs(row[a] - row[b]) * inverse[a, b])
            above[a] += largest > statistics[a]
    return order, statistics, above


@njit(cache=True)
def _by_max(mean, centred, floor):  # pragma: no cover - compiled
    """Same results for deviations from the mean of the models that are left."""
    reps, n_models = centred.shape
    order, statistics = np.arange(n_models), np.zeros(n_models - 1)
    above = np.zeros(n_models - 1, np.int64)
    for step in range(n_models - 1):
        left = order[step:].copy()
        count = len(left)
        centre, variance, inverse = np.empty(reps), np.zeros(count), np.zeros(count)
        for rep in range(reps):
            total = 0.0
            for model in left:
                total += centred[rep, model]
            centre[rep] = total / count
            for k in range(count):
                variance[k] += (centred[rep, left[k]] - centre[rep]) ** 2 / reps
        average, worst = mean[left].mean(), 0
        statistics[step] = -np.inf
        for k in range(count):
            ratio = _ratio(mean[left[k]] - average, variance[k], floor)
            inverse[k] = 1.0 / np.sqrt(variance[k]) if variance[k] > floor else 0.0
            if ratio > statistics[step]:
                statistics[step], worst = ratio, k
        for rep in range(reps):
            largest = -np.inf
            for k in range(count):
                largest = max(largest, (centred[rep, left[k]] - centre[rep]) * inverse[k])
            above[step] += largest > statistics[step]
        order[step + 1 : step + worst + 1] = left[:worst]
        order[step] = left[worst]
    return order, statistics, above
