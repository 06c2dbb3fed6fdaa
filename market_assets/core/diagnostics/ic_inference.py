"""Means of many coefficient series with their errors: overlap-corrected t, p-values, and bootstrap intervals.

Returns over h sessions share h - 1 sessions with their neighbours. Bartlett weights over the overlap alone would find
two thirds of the variance that it causes; with three times the overlap they find eight ninths, and the t of the mean
has about 1.5 n / (lags + 1) degrees of freedom (Priestley 1981, section 6.2; Lazarus, Lewis, Stock & Watson 2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.multiplicity import benjamini_hochberg, benjamini_yekutieli, holm

ADJUSTMENTS = {"holm": holm, "benjamini_hochberg": benjamini_hochberg, "benjamini_yekutieli": benjamini_yekutieli}


def lags_of(horizon: int) -> int:
    """Lags of the variance of a mean coefficient of returns over ``horizon`` sessions."""
    return 3 * (horizon - 1)


@dataclass(frozen=True, eq=False)
class MeanCoefficients:
    """Figures of K series, each (K,); NaN where a series is too short or does not vary.

    Parameters
    ----------
    sessions : coefficients in each. mean, std : of them, ddof 1. t, p : of mean 0, two-sided, overlap-corrected.
    """

    sessions: NDArray[np.int64]
    mean: Floats
    std: Floats
    t: Floats
    p: Floats


def mean_coefficients(series: ArrayLike, horizon: int, inside: ArrayLike | None = None) -> MeanCoefficients:
    """Mean of every series (K, S) over the sessions ``inside`` (S,), NaN = gap; the t of ``summarise`` with more lags.

    Sessions outside and gaps are left out of the products, not closed up.
    """
    values = np.ascontiguousarray(series, dtype=np.float64)
    if values.ndim != 2 or np.isinf(values).any() or horizon < 1:
        raise BadInputError("coefficient_series", f"expected coefficients (K, S), horizon >= 1, got {values.shape}")
    mask = np.ones(values.shape[1], np.bool_) if inside is None else np.array(inside, np.bool_)
    if mask.shape != (values.shape[1],):
        raise BadInputError("coefficient_series", f"{values.shape} coefficients need a mask of their sessions")
    lags = lags_of(horizon)
    count, mean, std, t = _means(values, mask, lags)
    freedom = np.minimum(count - 1.0, 1.5 * count / (lags + 1.0))
    p = np.full(len(t), np.nan)
    known = ~np.isnan(t)
    p[known] = 2.0 * student.sf(np.abs(t[known]), freedom[known])
    return MeanCoefficients(count, mean, std, t, p)


@njit(cache=True)
def _means(values, inside, lags):  # pragma: no cover - compiled
    k, sessions = values.shape
    count, mean = np.zeros(k, np.int64), np.full(k, np.nan)
    std, t = np.full(k, np.nan), np.full(k, np.nan)
    deviation = np.empty(sessions)
    for row in range(k):
        total, n = 0.0, 0
        for s in range(sessions):
            if inside[s] and not np.isnan(values[row, s]):
                total += values[row, s]
                n += 1
        count[row] = n
        if n < 2 or n <= lags:
            continue
        middle = total / n
        for s in range(sessions):
            deviation[s] = values[row, s] - middle if inside[s] and not np.isnan(values[row, s]) else 0.0
        square = 0.0
        for s in range(sessions):
            square += deviation[s] * deviation[s]
        mean[row], std[row] = middle, np.sqrt(square / (n - 1))
        variance = square
        for lag in range(1, lags + 1):
            shared = 0.0
            for s in range(lag, sessions):
                shared += deviation[s] * deviation[s - lag]
            variance += 2.0 * (1.0 - lag / (lags + 1.0)) * shared
        if std[row] > 1e-12 and variance > 0.0:
            t[row] = middle / np.sqrt(variance / (n * (n - 1.0)))
    return count, mean, std, t


def adjusted(pvalues: Floats) -> dict[str, Floats]:
    """p-values (K,) adjusted for their number by every method of ``ADJUSTMENTS``; NaN stays and does not count."""
    known = ~np.isnan(pvalues)
    out = {name: np.full(len(pvalues), np.nan) for name in ADJUSTMENTS}
    if known.any():
        for name, adjust in ADJUSTMENTS.items():
            out[name][known] = adjust(pvalues[known])
    return out


def mean_intervals(series: ArrayLike, indices: NDArray[np.int32], level: float) -> tuple[Floats, Floats]:
    """Equal-tailed percentile interval of the mean of every series (K, S); whole sessions are drawn, gaps left out.

    Parameters
    ----------
    indices : (reps, S) resampled sessions, such as those of ``stationary_indices``: one draw serves all series, so
        that they keep their dependence. level : coverage aimed at.

    Returns
    -------
    low, high : (K,), NaN where a resample holds no coefficient.
    """
    values = np.asarray(series, dtype=np.float64)
    if values.ndim != 2 or indices.ndim != 2 or indices.shape[1] != values.shape[1] or not 0.0 < level < 1.0:
        raise BadInputError("coefficient_series", f"{values.shape} coefficients, {indices.shape} draws, level {level}")
    means = _resampled(np.ascontiguousarray(values.T), np.ascontiguousarray(indices))
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail], axis=0)  # NaN of a series without coefficients stays NaN
    return low, high


@njit(cache=True)
def _resampled(values, indices):  # pragma: no cover - compiled
    sessions, k = values.shape
    out = np.empty((len(indices), k))
    drawn, total, count = np.empty(sessions, np.int64), np.empty(k), np.empty(k)
    for rep in range(len(indices)):
        drawn[:] = 0
        for s in indices[rep]:
            drawn[s] += 1
        total[:] = 0.0
        count[:] = 0.0
        for s in range(sessions):
            if drawn[s]:
                for row in range(k):
                    if not np.isnan(values[s, row]):
                        total[row] += drawn[s] * values[s, row]
                        count[row] += drawn[s]
        for row in range(k):
            out[rep, row] = total[row] / count[row] if count[row] else np.nan
    return out
