"""The first touch of two price levels by a path of bars, and the walk over all rows that asks for it.

Both kernels stand in one file because numba invalidates its disk cache by the file of the caller only.
"""

from __future__ import annotations

import numpy as np
from numba import njit

UPPER, LOWER, VERTICAL, BROKEN = 1, -1, 0, 2
"""What ended a path: a level, the last bar, or a bar with a missing price."""


@njit(cache=True)
def first_touch(open_, high, low, close, first, last, upper, lower, side):  # pragma: no cover - compiled
    """Walk the bars ``first..last`` (both included) until a level is reached.

    Order within a bar: (1) an open at or beyond a level is filled at the open (gap); (2) a bar that reaches
    both levels is resolved stop first, since bars do not tell which came first; (3) a single level is filled
    at its price; (4) after the last bar the position is closed at its close. Reaching a level exactly is a
    touch. Prices are compared with price levels, never returns with percentages: 10.7 reaches 10 + 0.7, yet
    10.7 / 10 - 1 is below 0.07 in floating point. (Lopez de Prado 2018, section 3.4, extended to OHLC bars.)

    Parameters
    ----------
    open_, high, low, close : (n_rows,) prices.
    first, last : rows of the path.
    upper, lower : price levels, ``inf`` / ``-inf`` to switch one off.
    side : 1 for a long position (stop = lower), -1 for a short one (stop = upper).

    Returns
    -------
    row, fill price, and one of ``UPPER``, ``LOWER``, ``VERTICAL``, ``BROKEN``.
    """
    for row in range(first, last + 1):
        opened = open_[row]
        if not np.isfinite(opened + high[row] + low[row] + close[row]):
            return row, np.nan, BROKEN
        if opened >= upper:
            return row, opened, UPPER
        if opened <= lower:
            return row, opened, LOWER
        above, below = high[row] >= upper, low[row] <= lower
        if above and (side < 0 or not below):
            return row, upper, UPPER
        if below:
            return row, lower, LOWER
    return last, close[last], VERTICAL


@njit(cache=True)
def scan(
    offsets, traded, open_, high, low, close, atr, profit, stop, holding, min_return, next_open
):  # pragma: no cover - compiled
    """Label every row; see ``triple_barrier.triple_barrier`` for the rule.

    Returns
    -------
    defined, label, ret, barrier, end_row, and the last row the label did or could touch; each (n_rows,).
    """
    rows = close.size
    defined, label = np.zeros(rows, np.bool_), np.zeros(rows, np.int8)
    ret, barrier = np.full(rows, np.nan), np.zeros(rows, np.int8)
    end_row, reach = np.full(rows, -1, np.int64), np.empty(rows, np.int64)
    for symbol in range(offsets.size - 1):
        final = offsets[symbol + 1] - 1
        for row in range(offsets[symbol], final + 1):
            last = min(row + holding, final)
            reach[row] = last
            if not traded[symbol] or row == final or not (atr[row] > 0.0 and np.isfinite(atr[row])):
                continue
            entry = open_[row + 1] if next_open else close[row]
            if not (entry > 0.0 and np.isfinite(entry)):
                continue
            upper, lower = entry + profit * atr[row], entry - stop * atr[row]
            end, fill, touched = first_touch(open_, high, low, close, row + 1, last, upper, lower, 1)
            if touched == BROKEN or (touched == VERTICAL and row + holding > final):
                continue
            gain = fill / entry - 1.0
            defined[row], ret[row], barrier[row], end_row[row], reach[row] = True, gain, touched, end, end
            if abs(gain) >= min_return and gain != 0.0:
                label[row] = 1 if gain > 0.0 else -1
    return defined, label, ret, barrier, end_row, reach
