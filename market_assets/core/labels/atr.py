"""Average true range, the volatility unit of the barriers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from market_assets.core.labels.barriers import mean_true_range

Floats = NDArray[np.float64]


def average_true_range(offsets: NDArray[np.int64], high: Floats, low: Floats, close: Floats, window: int) -> Floats:
    """Simple mean of the last ``window`` true ranges of every row, that row included.

    The simple mean is used, not Wilder's smoothing: its memory is finite, so the value at a bar does not
    depend on where a snapshot begins. ``TR_t = max(H_t - L_t, |H_t - C_{t-1}|, |L_t - C_{t-1}|)``
    (Wilder 1978); the first bar of a symbol has no previous close and no true range.

    Parameters
    ----------
    offsets : (n_symbols + 1,) first row of every symbol.
    high, low, close : (n_rows,) prices.
    window : bars to average, at least 1.

    Returns
    -------
    (n_rows,) in price units; NaN in the first ``window`` bars of a symbol and wherever a needed price is NaN.
    """
    out = np.empty(close.size)
    for first, last in pairwise(offsets):
        mean_true_range(high[first:last], low[first:last], close[first:last], window, out[first:last])
    return out
