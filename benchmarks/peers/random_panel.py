"""Random daily bars of any size, cheap to make: the input of the feature benchmarks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from market_assets.core.market.panel import Panel

PRICES = ("open", "high", "low", "close", "volume")


def random_panel(symbols: int, days: int, seed: int = 0) -> Panel:
    """Heavy-tailed walks without corporate actions; every value is a float32, which is all that qlib's store holds."""
    rng = np.random.Generator(np.random.PCG64(seed))
    shape = (symbols, days)
    close = 50.0 * np.exp(np.cumsum(np.clip(rng.standard_t(4, shape), -8.0, 8.0) * 0.012, axis=1))
    open_ = close * np.exp(rng.normal(0.0, 0.006, shape))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0.0, 0.004, shape)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0.0, 0.004, shape)))
    volume = np.round(np.exp(rng.normal(13.0, 0.5, shape)))
    columns: dict[str, NDArray[np.float64]] = {
        name: values.ravel().astype(np.float32).astype(np.float64)
        for name, values in zip(PRICES, (open_, high, low, close, volume), strict=True)
    }
    ts = np.tile(np.datetime64("2010-01-01", "us") + np.arange(days) * np.timedelta64(1, "D"), symbols)
    return Panel(
        symbols=tuple(f"S{number:04d}" for number in range(symbols)),
        sectors=("",) * symbols,
        kinds=("equity",) * symbols,
        offsets=np.arange(0, symbols * days + 1, days),
        ts=ts,
        known_at=ts,
        split=np.ones(symbols * days),
        dividend=np.zeros(symbols * days),
        **columns,
    )


def age_of_rows(panel: Panel) -> NDArray[np.int64]:
    """Bars of the same symbol before each row."""
    return np.arange(panel.n_rows) - panel.offsets[panel.symbol_codes()]
