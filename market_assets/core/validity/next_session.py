"""What a decision earns in its first session, and the unit in which that is measured."""

from __future__ import annotations

import numpy as np

from market_assets.core.labels.atr import average_true_range
from market_assets.core.market.grid import PriceGrid
from market_assets.core.market.panel import Floats


def next_session_returns(grid: PriceGrid) -> Floats:
    """Return (S, N) from the open after each close to the open after that: the first session that the account holds.

    Known when the bar two sessions later is there; NaN where either open is missing.
    """
    out = np.full(grid.open.shape, np.nan)
    if len(out) > 2:
        first, second = grid.open[1:-1], grid.open[2:]
        out[:-2] = np.where((first > 0.0) & (second > 0.0), second / np.where(first > 0.0, first, 1.0) - 1.0, np.nan)
    return out


def relative_range(grid: PriceGrid, window: int) -> Floats:
    """Average true range over the last ``window`` own bars of each name, as a share of its close (S, N)."""
    out = np.full(grid.close.shape, np.nan)
    for name in range(len(grid.symbols)):
        rows = np.flatnonzero(~np.isnan(grid.close[:, name]))
        close = grid.close[rows, name]
        offsets = np.array([0, rows.size], dtype=np.int64)
        atr = average_true_range(offsets, grid.high[rows, name], grid.low[rows, name], close, window)
        usable = (close > 0.0) & (atr > 0.0)
        out[rows[usable], name] = atr[usable] / close[usable]
    return out
