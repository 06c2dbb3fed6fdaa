"""Abdi and Ranaldo's spread: how far the close lies from the mid-ranges of its own and of the next day.

Source: Abdi & Ranaldo (2017) eq. 8-11. The estimate of a close needs the next day, so it belongs to that next bar.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numba import njit

from market_assets.core.features.rolling import rolling_mean
from market_assets.core.market.panel import Floats


@njit(cache=True, error_model="numpy")
def squared_spreads(high: Floats, low: Floats, close: Floats) -> Floats:
    """4 (c - m)(c - m') of the bar before, with m and m' the mid-ranges of it and of this bar, in logs; shape (n,).

    The expectation is the squared proportional spread; a single value may be negative. NaN in the first row.
    """
    out = np.full(close.size, np.nan)
    last, before = np.nan, np.nan
    for i in range(close.size):
        sound = low[i] > 0.0 and close[i] > 0.0
        now = 0.5 * (np.log(high[i]) + np.log(low[i])) if sound else np.nan
        out[i] = 4.0 * (last - before) * (last - now)
        last, before = np.log(close[i]) if sound else np.nan, now
    return out


def abdi_ranaldo(
    high: Floats, low: Floats, close: Floats, window: int, *, root: Literal["each", "mean"] = "each"
) -> Floats:
    """Proportional spread over the last ``window`` pairs of bars, shape (n,), never negative.

    ``root="each"`` is the two-day corrected form: the mean of the roots, negative squares counted as zero;
    ``"mean"`` the monthly corrected form: one root of the mean, zero when that is negative.
    """
    square = squared_spreads(high, low, close)
    if root == "each":
        return rolling_mean(np.sqrt(np.maximum(square, 0.0)), window)
    return np.sqrt(np.maximum(rolling_mean(square, window), 0.0))
