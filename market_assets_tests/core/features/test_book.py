"""Spread and depth imbalance of quotes, by hand and on real ones."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from market_assets.core.features.book import depth_imbalance, spread_share
from market_assets_tests.real_data import real_file


def test_spread_is_a_share_of_the_mid() -> None:
    """99 to 101 is 2 %; a locked book 0; a crossed book and a missing side have none."""
    bid = np.array([99.0, 100.0, 101.0, np.nan, 0.0])
    ask = np.array([101.0, 100.0, 100.0, 100.0, 100.0])
    np.testing.assert_array_equal(spread_share(bid, ask), [0.02, 0.0, np.nan, np.nan, np.nan])


def test_imbalance_of_one_and_of_many_levels() -> None:
    """Sizes are summed over the levels first; 1 is bids alone; an empty book has none."""
    np.testing.assert_array_equal(
        depth_imbalance(np.array([30.0, 5.0, 0.0]), np.array([10.0, 0.0, 0.0])), [0.5, 1.0, np.nan]
    )
    bids = np.array([[10.0, 20.0], [1.0, 0.0]])
    asks = np.array([[5.0, 5.0], [0.0, 3.0]])
    np.testing.assert_array_equal(depth_imbalance(bids, asks), [0.5, -0.5])


def test_spread_of_real_minute_quotes() -> None:
    """In regular hours of five days the median spread of SPY is one cent; one-sided minutes have none."""
    hour = pl.col("timestamp").dt.convert_time_zone("America/New_York").dt.hour()
    quotes = pl.read_parquet(real_file("us_equity_minute_quotes.parquet")).filter(
        (pl.col("symbol") == "SPY") & (pl.col("timestamp").dt.year() == 2013) & hour.is_between(10, 15)
    )
    bid, ask = (quotes[name].to_numpy() for name in ("bid_close", "ask_close"))
    found = spread_share(bid, ask)
    assert np.nanmedian(found) * np.nanmedian(bid) == pytest.approx(0.01, rel=0.05)
    sizes = (quotes[name].to_numpy().astype(np.float64) for name in ("bid_size", "ask_size"))
    lopsided = depth_imbalance(*sizes)
    assert np.nanmax(np.abs(lopsided)) <= 1.0
    assert abs(np.nanmean(lopsided)) < 0.1
    assert len(found) > 1_500
