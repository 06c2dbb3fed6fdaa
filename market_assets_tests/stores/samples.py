"""Small random bars, features and labels for the store tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from market_assets.core.market.panel import BAR_SCHEMA, VALUE_COLUMNS

NOW = datetime(2024, 6, 1, tzinfo=UTC)
FIRST = datetime(2018, 12, 28, 21, tzinfo=UTC)  # the days that follow cross a partition bound


def bars(symbols: Sequence[str], days: int, seed: int = 0, known_at: datetime | None = None) -> pl.DataFrame:
    """Bars of ``days`` consecutive days; ``known_at`` null unless given."""
    rng = np.random.default_rng(seed)
    rows = [
        (symbol, FIRST + timedelta(days=day), known_at, *rng.uniform(1, 100, len(VALUE_COLUMNS)).tolist())
        for symbol in symbols
        for day in range(days)
    ]
    return pl.DataFrame(rows, schema=BAR_SCHEMA, orient="row")


def times(n: int) -> np.ndarray:
    """``n`` daily closes."""
    return np.datetime64("2018-12-28T21:00:00", "us") + np.arange(n) * np.timedelta64(1, "D")
