"""Structural-break statistics over a rolling window, as numba kernels."""

from __future__ import annotations

import numpy as np
from numba import njit

from market_assets.core.market.panel import Floats


@njit(cache=True, error_model="numpy")
def rolling_break(x: Floats, window: int) -> tuple[Floats, Floats]:
    """Signed breaks in mean and in variance within the last ``window`` values.

    Mean: the cumulated deviation from the window mean where it is largest in size, over s sqrt(n), with s the
    standard deviation (divisor n); positive when the early part lies above the late part.
    Variance: Inclan & Tiao's sqrt(n / 2) (C_k / C_n - k / n) where it is largest in size, with C_k the sum of the
    first k squares; positive when the early part was the wilder one.
    Both converge to the supremum of a Brownian bridge without a break (5 % critical value of the size: 1.358).

    Returns
    -------
    two arrays (n,), NaN before a full window, on NaN, and where the window is constant.
    """
    n = x.size
    mean_break = np.full(n, np.nan)
    variance_break = np.full(n, np.nan)
    for t in range(window - 1, n):
        first = t - window + 1
        total = 0.0
        squares = 0.0
        for i in range(first, t + 1):
            total += x[i]
            squares += x[i] * x[i]
        mean = total / window
        spread = 0.0
        for i in range(first, t + 1):
            spread += (x[i] - mean) * (x[i] - mean)
        if not (squares > 0.0 and spread > 1e-24 * squares):
            continue
        path = 0.0
        energy = 0.0
        mean_peak = 0.0
        energy_peak = 0.0
        for k in range(1, window):
            value = x[first + k - 1]
            path += value - mean
            energy += value * value
            gap = energy / squares - k / window
            if abs(path) > abs(mean_peak):
                mean_peak = path
            if abs(gap) > abs(energy_peak):
                energy_peak = gap
        mean_break[t] = mean_peak / np.sqrt(spread)
        variance_break[t] = energy_peak * np.sqrt(window / 2.0)
    return mean_break, variance_break
