"""Rolling-window moments of one series, as numba kernels.

Each kernel adds a few lags of the window to all rows at a time. That keeps a fixed order of additions for
every row (newest first), so a value depends on its window alone, to the byte, whatever came before the
window; there is no running sum to drift, and the inner loop vectorises without reordering. Four lags a pass
read and write the sums once instead of four times; one sum a loop, because a loop that writes several arrays is
left scalar by the compiler, which would have to prove that none of them overlap.
A NaN in the window makes the value NaN. Rows with less than a full window are NaN.
What only joins kernels is plain Python: nothing more to compile.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from market_assets.core.market.panel import Floats

_ROUNDING = 1e-12
"""A standard deviation below this share of the mean is rounding, and counts as zero."""


@njit(cache=True, error_model="numpy")
def rolling_sum(x: Floats, window: int) -> Floats:
    """Sum over the last ``window`` rows, shape (n,)."""
    n = x.size
    out = np.full(n, np.nan)
    rows = n - window + 1
    if rows < 1:
        return out
    total = out[window - 1 :]
    total[:] = x[window - 1 :]
    single = 1 + (window - 1) % 4
    for lag in range(1, single):
        past = x[window - 1 - lag : n - lag]
        for i in range(rows):
            total[i] += past[i]
    for lag in range(single, window, 4):
        past = x[window - 4 - lag : n - lag]
        for i in range(rows):
            total[i] = total[i] + past[i + 3] + past[i + 2] + past[i + 1] + past[i]
    return out


def rolling_mean(x: Floats, window: int) -> Floats:
    """Mean over the last ``window`` rows, shape (n,)."""
    return rolling_sum(x, window) / window


@njit(cache=True, error_model="numpy")
def _variance(total: Floats, mean: Floats, window: int) -> None:
    """Sums of squared deviations to sample variances, in place; exactly 0 where they are rounding."""
    for i in range(total.size):
        variance = total[i] / (window - 1)
        floor = _ROUNDING * mean[i]
        total[i] = 0.0 if variance <= floor * floor else variance


@njit(cache=True, error_model="numpy")
def _comoment(x: Floats, mean_x: Floats, y: Floats, mean_y: Floats, window: int) -> Floats:
    """Sums of products of deviations from the windows' means, one for each full window."""
    n = x.size
    rows = n - window + 1
    total = np.zeros(rows)
    single = window % 4
    for lag in range(single):
        past_x, past_y = x[window - 1 - lag : n - lag], y[window - 1 - lag : n - lag]
        for i in range(rows):
            total[i] += (past_x[i] - mean_x[i]) * (past_y[i] - mean_y[i])
    for lag in range(single, window, 4):
        past_x, past_y = x[window - 4 - lag : n - lag], y[window - 4 - lag : n - lag]
        for i in range(rows):
            a, b = mean_x[i], mean_y[i]
            part = total[i] + (past_x[i + 3] - a) * (past_y[i + 3] - b)
            part += (past_x[i + 2] - a) * (past_y[i + 2] - b)
            part += (past_x[i + 1] - a) * (past_y[i + 1] - b)
            total[i] = part + (past_x[i] - a) * (past_y[i] - b)
    return total


@njit(cache=True, error_model="numpy")
def _power(x: Floats, mean: Floats, window: int, power: int) -> Floats:
    """Sums of the third (``power`` 3) or fourth powers of deviations from the windows' means."""
    n = x.size
    rows = n - window + 1
    total = np.zeros(rows)
    single = window % 2
    for lag in range(single):
        past = x[window - 1 - lag : n - lag]
        for i in range(rows):
            deviation = past[i] - mean[i]
            square = deviation * deviation
            total[i] += square * (deviation if power == 3 else square)
    for lag in range(single, window, 2):
        past = x[window - 2 - lag : n - lag]
        for i in range(rows):
            newer, older = past[i + 1] - mean[i], past[i] - mean[i]
            square, before = newer * newer, older * older
            part = total[i] + square * (newer if power == 3 else square)
            total[i] = part + before * (older if power == 3 else before)
    return total


@njit(cache=True, error_model="numpy")
def variance_around(x: Floats, mean: Floats, window: int) -> Floats:
    """``rolling_var`` where ``mean``, the ``rolling_mean`` of ``x``, is known."""
    n = x.size
    out = np.full(n, np.nan)
    if n < window:
        return out
    mean = mean[window - 1 :]
    total = _comoment(x, mean, x, mean, window)
    _variance(total, mean, window)
    out[window - 1 :] = total
    return out


def rolling_var(x: Floats, window: int) -> Floats:
    """Sample variance (divisor ``window - 1``) around the window's mean, two-pass; exactly 0 when constant."""
    return variance_around(x, rolling_mean(x, window), window)


def rolling_std(x: Floats, window: int) -> Floats:
    """Square root of ``rolling_var``."""
    return np.sqrt(rolling_var(x, window))


@njit(cache=True, error_model="numpy")
def shape_around(x: Floats, mean: Floats, var: Floats, window: int) -> tuple[Floats, Floats]:
    """``rolling_shape`` where ``rolling_mean`` and ``rolling_var`` of ``x`` are known."""
    n = x.size
    skew = np.full(n, np.nan)
    kurtosis = np.full(n, np.nan)
    rows = n - window + 1
    if rows < 1:
        return skew, kurtosis
    mean = mean[window - 1 :]
    third, fourth = _power(x, mean, window, 3), _power(x, mean, window, 4)
    w = float(window)
    for i in range(rows):
        if var[window - 1 + i] > 0.0:
            m2 = var[window - 1 + i] * (w - 1.0) / w
            g1 = third[i] / w / (m2 * np.sqrt(m2))
            g2 = fourth[i] / w / (m2 * m2) - 3.0
            skew[window - 1 + i] = g1 * np.sqrt(w * (w - 1.0)) / (w - 2.0)
            kurtosis[window - 1 + i] = ((w + 1.0) * g2 + 6.0) * (w - 1.0) / ((w - 2.0) * (w - 3.0))
    return skew, kurtosis


def rolling_shape(x: Floats, window: int) -> tuple[Floats, Floats]:
    """Bias-adjusted sample skewness and excess kurtosis (Joanes & Gill 1998, G1 and G2); needs window >= 4."""
    mean = rolling_mean(x, window)
    return shape_around(x, mean, variance_around(x, mean, window), window)


@njit(cache=True, error_model="numpy")
def comoment_around(
    x: Floats, mean_x: Floats, var_x: Floats, y: Floats, mean_y: Floats, var_y: Floats, window: int
) -> tuple[Floats, Floats]:
    """``rolling_comoment`` where ``rolling_mean`` and ``rolling_var`` of both series are known."""
    n = x.size
    correlation = np.full(n, np.nan)
    slope = np.full(n, np.nan)
    if n < window:
        return correlation, slope
    total = _comoment(x, mean_x[window - 1 :], y, mean_y[window - 1 :], window)
    for i in range(window - 1, n):
        if var_x[i] > 0.0:
            covariance = total[i - window + 1] / (window - 1)
            slope[i] = covariance / var_x[i]
            if var_y[i] > 0.0:
                value = covariance / np.sqrt(var_x[i]) / np.sqrt(var_y[i])
                correlation[i] = min(1.0, max(-1.0, value))
    return correlation, slope


def rolling_comoment(x: Floats, y: Floats, window: int) -> tuple[Floats, Floats]:
    """Pearson correlation of ``x`` and ``y``, and the least-squares slope of ``y`` on ``x``; NaN if one is constant."""
    mean_x, mean_y = rolling_mean(x, window), rolling_mean(y, window)
    var_x, var_y = variance_around(x, mean_x, window), variance_around(y, mean_y, window)
    return comoment_around(x, mean_x, var_x, y, mean_y, var_y, window)


@njit(cache=True, error_model="numpy")
def line_around(x: Floats, mean: Floats, var: Floats, window: int) -> tuple[Floats, Floats]:
    """``rolling_line`` where ``rolling_mean`` and ``rolling_var`` of ``x`` are known."""
    n = x.size
    slope = np.full(n, np.nan)
    fit = np.full(n, np.nan)
    rows = n - window + 1
    if rows < 1:
        return slope, fit
    centre = (window - 1) / 2.0
    time_square = window * (window * window - 1.0) / 12.0
    mean, var = mean[window - 1 :], var[window - 1 :]
    total = np.zeros(rows)
    for lag in range(window):
        past, weight = x[window - 1 - lag : n - lag], centre - lag
        for i in range(rows):
            total[i] += weight * (past[i] - mean[i])
    for i in range(rows):
        slope[window - 1 + i] = total[i] / time_square
        if var[i] > 0.0:
            explained = total[i] * total[i] / time_square
            fit[window - 1 + i] = min(1.0, explained / (var[i] * (window - 1)))
    return slope, fit


def rolling_line(x: Floats, window: int) -> tuple[Floats, Floats]:
    """Least-squares line of ``x`` on time: slope per bar and R squared (NaN when ``x`` is constant)."""
    mean = rolling_mean(x, window)
    return line_around(x, mean, variance_around(x, mean, window), window)


@njit(cache=True, error_model="numpy")
def _highest(x: Floats, mean: Floats, window: int, sign: float) -> Floats:
    """Highest point, at least 0, of the path of ``sign`` times the deviations from the mean, oldest first."""
    n = x.size
    rows = n - window + 1
    path, high = np.zeros(rows), np.zeros(rows)
    single = window % 2
    if single:
        past = x[:rows]
        for i in range(rows):
            here = sign * (past[i] - mean[i])
            path[i] = here
            high[i] = here if here > 0.0 else 0.0
    for age in range(single, window, 2):
        past = x[age : age + rows + 1]
        for i in range(rows):
            first = path[i] + sign * (past[i] - mean[i])
            here = first + sign * (past[i + 1] - mean[i])
            path[i] = here
            top = first if first > high[i] else high[i]
            high[i] = here if here > top else top
    return high


@njit(cache=True, error_model="numpy")
def rescaled_range_around(x: Floats, mean: Floats, var: Floats, window: int) -> Floats:
    """``rolling_rescaled_range`` where ``rolling_mean`` and ``rolling_var`` of ``x`` are known."""
    n = x.size
    out = np.full(n, np.nan)
    if n < window:
        return out
    high = _highest(x, mean[window - 1 :], window, 1.0)
    fall = _highest(x, mean[window - 1 :], window, -1.0)
    for i in range(window - 1, n):
        if var[i] > 0.0:
            path = high[i - window + 1] + fall[i - window + 1]
            out[i] = path / np.sqrt(var[i] * (window - 1) / window)
    return out


def rolling_rescaled_range(x: Floats, window: int) -> Floats:
    """Range of the cumulated deviations from the mean over the standard deviation (R/S, divisor ``window``)."""
    mean = rolling_mean(x, window)
    return rescaled_range_around(x, mean, variance_around(x, mean, window), window)
