"""Rolling joint moments of two series: covariance and the least-squares line; NaN rules as in ``rolling``."""

from __future__ import annotations

import numpy as np
from numba import njit

from market_assets.core.market.panel import Floats

_ROUNDING = 1e-12
"""A spread below this share of the level is rounding, and counts as none."""


@njit(cache=True, error_model="numpy")
def _window_mean(x: Floats, window: int) -> Floats:
    """Mean of every full window, shape (n - window + 1,), additions newest first."""
    rows = x.size - window + 1
    total = x[window - 1 :].copy()
    for lag in range(1, window):
        past = x[window - 1 - lag : x.size - lag]
        for i in range(rows):
            total[i] += past[i]
    return total / window


@njit(cache=True, error_model="numpy")
def rolling_covariance(x: Floats, y: Floats, window: int, centred: bool, divisor: int) -> Floats:
    """Sum over the last ``window`` rows of x y (``centred``: around the window's means) / ``divisor``, shape (n,)."""
    n = x.size
    out = np.full(n, np.nan)
    rows = n - window + 1
    if rows < 1:
        return out
    mean_x = _window_mean(x, window) if centred else np.zeros(rows)
    mean_y = _window_mean(y, window) if centred else np.zeros(rows)
    total = np.zeros(rows)
    for lag in range(window):
        past_x = x[window - 1 - lag : n - lag]
        past_y = y[window - 1 - lag : n - lag]
        for i in range(rows):
            total[i] += (past_x[i] - mean_x[i]) * (past_y[i] - mean_y[i])
    out[window - 1 :] = total / divisor
    return out


@njit(cache=True, error_model="numpy")
def rolling_fit(x: Floats, y: Floats, window: int, intercept: bool) -> tuple[Floats, Floats, Floats, Floats]:
    """Least squares of ``y`` on ``x`` over the last ``window`` rows: slope, intercept, t of the slope, R squared.

    Shapes (n,). Without ``intercept`` the line goes through the origin and R squared is the uncentred one. All are
    NaN when ``x`` does not vary; R squared also when ``y`` does not, t also when nothing is left of the residuals.
    """
    n = x.size
    slope, constant, t_value, share = np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
    rows = n - window + 1
    if rows < 1:
        return slope, constant, t_value, share
    mean_x = _window_mean(x, window) if intercept else np.zeros(rows)
    mean_y = _window_mean(y, window) if intercept else np.zeros(rows)
    xx, xy, yy, left = np.zeros(rows), np.zeros(rows), np.zeros(rows), np.zeros(rows)
    for lag in range(window):
        past_x = x[window - 1 - lag : n - lag]
        past_y = y[window - 1 - lag : n - lag]
        for i in range(rows):
            dx, dy = past_x[i] - mean_x[i], past_y[i] - mean_y[i]
            xx[i] += dx * dx
            xy[i] += dx * dy
            yy[i] += dy * dy
    beta = xy / xx
    for lag in range(window):
        past_x = x[window - 1 - lag : n - lag]
        past_y = y[window - 1 - lag : n - lag]
        for i in range(rows):
            rest = past_y[i] - mean_y[i] - beta[i] * (past_x[i] - mean_x[i])
            left[i] += rest * rest
    free = window - 2 if intercept else window - 1
    for i in range(rows):
        floor_x, floor_y = _ROUNDING * mean_x[i], _ROUNDING * mean_y[i]
        if not xx[i] > window * floor_x * floor_x:
            continue
        row = window - 1 + i
        slope[row] = beta[i]
        constant[row] = mean_y[i] - beta[i] * mean_x[i]
        if yy[i] > window * floor_y * floor_y:
            share[row] = min(1.0, max(0.0, 1.0 - left[i] / yy[i]))
            if left[i] > _ROUNDING * _ROUNDING * yy[i] and free > 0:
                t_value[row] = beta[i] / np.sqrt(left[i] / free / xx[i])
    return slope, constant, t_value, share
