"""The market as seen by the regime family: index or mean return, breadth, dispersion, fear gauge.

Every series lives on the sessions on which it has a value, and is carried to the other sessions of the panel as last
known, for at most ``MAX_STALE`` sessions: a session later than the value, never earlier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def prefer(columns: Sequence[Mapping[str, Floats]]) -> dict[str, Floats]:
    """Each named column from the first mapping that has a value at a session, every array (n_sessions,).

    The choice is made session by session, so which series exist later cannot change an earlier value.
    """
    out = dict(columns[0])
    for other in columns[1:]:
        out = {name: np.where(np.isnan(values), other[name], values) for name, values in out.items()}
    return out


def closes_of_kind(layout: Layout, kind: str) -> list[Series]:
    """Closes of the symbols of ``kind`` that have bars, in the panel's order."""
    panel = layout.panel
    return [
        Series(layout.sessions_of(index), np.array(panel.close[panel.rows(index)]))
        for index, name in enumerate(panel.kinds)
        if name == kind and panel.offsets[index + 1] > panel.offsets[index]
    ]


def returns_grid(layout: Layout) -> Floats:
    """Log returns of the tradable symbols, (S, N), each over the symbol's own previous bar."""
    panel = layout.panel
    ret = np.full(panel.n_rows, np.nan)
    for index in layout.tradable:
        rows = panel.rows(int(index))
        ret[rows] = log_return(np.array(panel.close[rows]), 1)
    return layout.grid(ret)


def mean_level(returns: Floats) -> Series:
    """Compounded equal-weight mean return of the tradable symbols; it starts at its first return.

    Only ratios of the level are used downstream.
    """
    mean = row_mean(np.expm1(returns))
    session = np.flatnonzero(~np.isnan(mean))
    return Series(session, np.cumprod(1.0 + mean[session], dtype=np.float64))
