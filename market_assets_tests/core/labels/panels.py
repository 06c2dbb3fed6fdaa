"""Small panels for the tests of labels and folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from market_assets.core.market.panel import Panel

START = np.datetime64("2015-01-02T21:00:00", "us")
DAY = np.timedelta64(1, "D")
NAMES = ("open", "high", "low", "close")


def panel_of(bars: Mapping[str, np.ndarray], days: Mapping[str, Sequence[int]] | None = None, kinds=None) -> Panel:
    """Panel of symbol -> (n, 4) open/high/low/close rows, on the given day numbers (default 0, 1, ...)."""
    symbols = tuple(sorted(bars))
    table = np.concatenate([np.asarray(bars[name], dtype=float).reshape(-1, 4) for name in symbols])
    lengths = [len(bars[name]) for name in symbols]
    numbers = np.concatenate([(days or {}).get(name, range(len(bars[name]))) for name in symbols]).astype(int)
    ts = START + numbers * DAY
    ones = np.ones(len(table))
    return Panel(
        symbols=symbols,
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        ts=ts,
        known_at=ts,
        **{name: table[:, column].copy() for column, name in enumerate(NAMES)},
        volume=ones,
        split=ones.copy(),
        dividend=np.zeros(len(table)),
        sectors=("",) * len(symbols),
        kinds=tuple((kinds or {}).get(name, "equity") for name in symbols),
    )


def random_bars(rng: np.random.Generator, n: int) -> np.ndarray:
    """A random walk with gaps, some bars wide enough to reach both barriers, prices on a 0.25 grid."""
    close = 50 + np.cumsum(rng.integers(-6, 7, n)) * 0.25
    close = np.maximum(close, 20.0)
    opened = close + rng.integers(-6, 7, n) * 0.25
    wide = np.where(rng.random(n) < 0.15, 6.0, 0.0)
    high = np.maximum(opened, close) + rng.integers(0, 9, n) * 0.25 + wide
    low = np.minimum(opened, close) - rng.integers(0, 9, n) * 0.25 - wide
    return np.column_stack([opened, high, low, close])


def random_panel(rng: np.random.Generator, symbols: int = 3, days: int = 80, missing: float = 0.0) -> Panel:
    """Symbols with holes in their calendar, different starts and ends, and now and then a missing price."""
    bars, numbers = {}, {}
    for index in range(symbols):
        present = np.flatnonzero(rng.random(days) < 0.9)
        present = present[rng.integers(0, 10) : present.size - rng.integers(0, 10)]
        table = random_bars(rng, present.size)
        table[rng.random(table.shape) < missing] = np.nan
        bars[f"S{index}"], numbers[f"S{index}"] = table, present
    return panel_of(bars, numbers)
