"""Only the newest rows of a family: the bytes of a whole computation, from as few rows as that allows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from market_assets.core.features.base import Family, Since
from market_assets.core.market.panel import Floats, Panel


def rows_since(panel: Panel, first: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the rows ``first[i]`` to the end of each symbol ``i``; shape (n_rows,)."""
    return np.arange(panel.n_rows) >= np.repeat(first, np.diff(panel.offsets))


def compute_since(family: Family, panel: Panel, first: NDArray[np.int64]) -> Floats:
    """Values of the rows marked by ``rows_since``, in the panel's order, byte for byte those of ``family.compute``.

    A family that does not say how to compute less is computed whole.

    Parameters
    ----------
    panel : the whole adjusted panel.
    first : row from which each symbol is wanted, shape (n_symbols,), from its first row to one past its last.
    """
    if np.array_equal(first, panel.offsets[:-1]):
        return family.compute(panel)
    if family.since is not None:
        return family.since(panel, first)
    return family.compute(panel)[rows_since(panel, first)]


def from_window(compute: Callable[[Panel], Floats], lookback: int) -> Since:
    """How a family of windows over symbols and over sessions is computed from its last bars.

    A wanted row may use ``lookback`` earlier bars of its symbol, and on each of those sessions what every symbol showed
    then, which again rests on ``lookback`` earlier bars. So all sessions from the oldest of the first kind are kept,
    and ``lookback`` bars of every symbol before them. No symbol leaves the panel: how a sum over symbols is rounded
    depends on their number.
    """

    def since(panel: Panel, first: NDArray[np.int64]) -> Floats:
        low, high = panel.offsets[:-1], panel.offsets[1:]
        wanted = first < high
        if not wanted.any():
            return compute(panel)[:0]
        oldest = panel.ts[np.maximum(first - lookback, low)[wanted]].min()
        from_oldest = np.array(
            [low[i] + np.searchsorted(panel.ts[panel.rows(i)], oldest) for i in range(len(panel.symbols))]
        )
        kept = rows_since(panel, np.maximum(from_oldest - lookback, low))
        return compute(panel.take(kept))[rows_since(panel, first)[kept]]

    return since
