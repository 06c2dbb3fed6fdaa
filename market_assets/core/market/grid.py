"""The grid: the panel's rows laid out as session x symbol."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market_assets.core.market.panel import Floats, Panel


@dataclass(frozen=True)
class PriceGrid:
    """Prices of S sessions x N symbols; NaN where a symbol has no bar.

    ``traded`` is true where a tradable symbol (kind not ``level``) has a bar.
    """

    sessions: NDArray[np.datetime64]
    symbols: tuple[str, ...]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    traded: NDArray[np.bool_]


def cells(panel: Panel) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Session number and symbol number of every row, both (n_rows,)."""
    return panel.sessions()[1], panel.symbol_codes()


def spread(panel: Panel, values: ArrayLike) -> Floats:
    """Put row values (n_rows,) on the grid (S, N) as float64, NaN where a symbol has no bar.

    Raises
    ------
    ValueError
        if ``values`` does not have one entry a row.
    """
    flat = np.asarray(values, dtype=np.float64)
    if flat.shape != (panel.n_rows,):
        raise ValueError(f"values have shape {flat.shape}, the panel has {panel.n_rows} rows")
    sessions, inverse = panel.sessions()
    out = np.full((len(sessions), len(panel.symbols)), np.nan)
    out[inverse, panel.symbol_codes()] = flat
    return out


def gather(panel: Panel, grid_values: Floats) -> Floats:
    """Take a grid (S, N) back to row values (n_rows,): the inverse of :func:`spread` on the panel's cells."""
    session, symbol = cells(panel)
    return np.asarray(grid_values, dtype=np.float64)[session, symbol]


def to_grid(panel: Panel) -> PriceGrid:
    """Lay the panel out as session x symbol.

    Parameters
    ----------
    panel : one bar a symbol and session; adjust it first where returns are wanted.
    """
    tradable = np.array([kind != "level" for kind in panel.kinds], dtype=bool)
    close = spread(panel, panel.close)
    return PriceGrid(
        sessions=panel.sessions()[0],
        symbols=panel.symbols,
        open=spread(panel, panel.open),
        high=spread(panel, panel.high),
        low=spread(panel, panel.low),
        close=close,
        volume=spread(panel, panel.volume),
        traded=~np.isnan(close) & tradable,
    )
