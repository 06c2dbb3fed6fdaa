"""Prices of a market as a panel of bars."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from market_assets.core.market.calendar import sessions_of
from market_assets.core.market.panel import VALUE_COLUMNS, Floats, Panel
from market_assets.core.market.synthetic_returns import sector_codes
from market_assets.core.market.synthetic_spec import SECTORS, SyntheticSpec


def stamps_of(years: float) -> NDArray[np.datetime64]:
    """Closes of the New York sessions of so many years, from the first day of the synthetic market."""
    start = SyntheticSpec().start
    return sessions_of("XNYS", start, start + timedelta(days=round(years * 365.25) - 1))


def panel_of(stamps: NDArray[np.datetime64], values: dict[str, Floats], letter: str) -> Panel:
    """Lay value grids (S, N) out as a panel of symbols ``<letter>0001``, ... in the sectors dealt in turn.

    ``values`` holds open, high, low, close and volume, and split and dividend where there are any.
    """
    sessions, symbols = values["close"].shape
    full = {"split": np.ones((sessions, symbols)), "dividend": np.zeros((sessions, symbols)), **values}
    ts = np.tile(stamps, symbols)
    return Panel(
        symbols=tuple(f"{letter}{number + 1:04d}" for number in range(symbols)),
        offsets=np.arange(symbols + 1, dtype=np.int64) * sessions,
        ts=ts,
        known_at=ts.copy(),
        **{name: np.ascontiguousarray(full[name].T).ravel() for name in VALUE_COLUMNS},
        sectors=tuple(SECTORS[code] for code in sector_codes(symbols)),
        kinds=("equity",) * symbols,
    )
