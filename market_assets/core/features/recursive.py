"""Exponentially weighted means of one series: the only features that remember more than their window."""

from __future__ import annotations

import numpy as np
from numba import njit

from market_assets.core.market.panel import Floats


@njit(cache=True, error_model="numpy")
def ewm_mean(x: Floats, alpha: float, warm: int) -> Floats:
    """Exponentially weighted mean with normalised weights ``(1 - alpha)^age``; shape (n,).

    The same numbers as ``pandas.Series.ewm(alpha=alpha, adjust=True, min_periods=warm).mean()``: a NaN row
    adds nothing and ages what came before. The first output comes after ``warm`` observations.
    """
    out = np.full(x.size, np.nan)
    keep = 1.0 - alpha
    total = 0.0
    weight = 0.0
    seen = 0
    for i in range(x.size):
        total *= keep
        weight *= keep
        if x[i] == x[i]:
            total += x[i]
            weight += 1.0
            seen += 1
        if seen >= warm and weight > 0.0:
            out[i] = total / weight
    return out


def ema(x: Floats, span: int) -> Floats:
    """Exponential moving average, ``alpha = 2 / (span + 1)``, first value after ``span`` observations."""
    return ewm_mean(x, 2.0 / (span + 1.0), span)


def wilder(x: Floats, period: int) -> Floats:
    """Wilder's smoothing (1978), ``alpha = 1 / period``, first value after ``period`` observations."""
    return ewm_mean(x, 1.0 / period, period)
