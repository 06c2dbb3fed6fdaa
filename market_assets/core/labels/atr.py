"""Average true range, the volatility unit of the barriers."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

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
    return _mean_true_range(offsets, high, low, close, window)


@njit(cache=True)
def _mean_true_range(offsets, high, low, close, window):  # pragma: no cover - compiled
    out = np.full(close.size, np.nan)
    for symbol in range(offsets.size - 1):
        begin, end = offsets[symbol], offsets[symbol + 1]
        if end - begin <= window:
            continue
        true_range = np.empty(end - begin - 1)
        for k in range(true_range.size):
            row = begin + k + 1
            before = close[row - 1]
            spread = high[row] - low[row]
            up, down = abs(high[row] - before), abs(low[row] - before)
            # a comparison with NaN is false, so a missing price is carried by the sum
            largest = max(spread, max(up, down))
            true_range[k] = largest + 0.0 * (spread + up + down)
        total = np.zeros(true_range.size - window + 1)
        for lag in range(window):
            for k in range(total.size):
                total[k] += true_range[k + lag]
        for k in range(total.size):
            out[begin + window + k] = total[k] / window
    return out
