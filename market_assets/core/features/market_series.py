"""The market as seen by the regime family: index or mean return, breadth, dispersion, fear gauge.

Every series lives on the sessions on which it has a value, and is carried to the other sessions of the panel as last
known, for at most ``MAX_STALE`` sessions: a session later than the value, never earlier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market_assets.core.features.cross_section import row_mean
from market_assets.core.features.elementwise import log_return
from market_assets.core.features.layout import Layout
from market_assets.core.market.panel import Floats

MAX_STALE = 5


@dataclass(frozen=True, eq=False)
class Series:
    """Values (m,) at increasing session numbers (m,)."""

    session: NDArray[np.int64]
    values: Floats


def carry(session: NDArray[np.int64], values: Floats, n_sessions: int) -> Floats:
    """Last known value at every session, shape (n_sessions,); NaN before the first and after ``MAX_STALE``."""
    out = np.full(n_sessions, np.nan)
    if session.size == 0:
        return out
    here = np.arange(n_sessions)
    last = np.searchsorted(session, here, side="right") - 1
    fresh = (last >= 0) & (here - session[np.maximum(last, 0)] <= MAX_STALE)
    out[fresh] = values[last[fresh]]
    return out


def first_of_kind(layout: Layout, kind: str) -> int | None:
    """Number of the first symbol of ``kind`` that has bars, or None."""
    panel = layout.panel
    for index, name in enumerate(panel.kinds):
        if name == kind and panel.offsets[index + 1] > panel.offsets[index]:
            return index
    return None


def returns_grid(layout: Layout) -> Floats:
    """Log returns of the tradable symbols, (S, N), each over the symbol's own previous bar."""
    panel = layout.panel
    ret = np.full(panel.n_rows, np.nan)
    for index in layout.tradable:
        rows = panel.rows(int(index))
        ret[rows] = log_return(np.array(panel.close[rows]), 1)
    return layout.grid(ret)


def market_level(layout: Layout, returns: Floats) -> Series:
    """Close of the first ``index`` symbol, else the compounded equal-weight mean return of the tradable symbols.

    Only ratios of the level are used downstream; a compounded level starts at its first return.
    """
    index = first_of_kind(layout, "index")
    if index is not None:
        return Series(layout.sessions_of(index), np.array(layout.panel.close[layout.panel.rows(index)]))
    mean = row_mean(np.expm1(returns))
    session = np.flatnonzero(~np.isnan(mean))
    return Series(session, np.cumprod(1.0 + mean[session], dtype=np.float64))


def fear_level(layout: Layout) -> Series | None:
    """Close of the first ``level`` symbol (such as the VIX, in percent a year), or None if the panel has none."""
    index = first_of_kind(layout, "level")
    if index is None:
        return None
    return Series(layout.sessions_of(index), np.array(layout.panel.close[layout.panel.rows(index)]))
