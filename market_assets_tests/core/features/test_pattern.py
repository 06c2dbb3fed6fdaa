"""Pattern features: plain definitions, and candles drawn by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from market_assets.core.features.bars import Bars
from market_assets.core.features.pattern import PATTERN
from market_assets_tests.core.features.panels import agree, bars_and_frame

BARS, FRAME = bars_and_frame()
FAST = PATTERN.compute(BARS)
OPEN, H, L, C = (FRAME[name] for name in ("open", "high", "low", "close"))


def streak() -> pd.Series:
    out, run = [np.nan], 0
    for change in C.diff().iloc[1:]:
        sign = int(np.sign(change))
        run = run + sign if run * sign > 0 else sign
        out.append(run / 10)
    return pd.Series(out)


PLAIN: dict[str, Callable[[], pd.Series]] = {
    "body_ratio": lambda: (C - OPEN) / (H - L),
    "upper_shadow": lambda: (H - FRAME[["open", "close"]].max(axis=1)) / (H - L),
    "lower_shadow": lambda: (FRAME[["open", "close"]].min(axis=1) - L) / (H - L),
    "close_location": lambda: (2 * C - H - L) / (H - L),
    "overnight_gap": lambda: np.log(OPEN / C.shift(1)),
    "streak": streak,
    "pivot_gap": lambda: C / ((H + L + C) / 3).shift(1) - 1,
    "narrow_range_7": lambda: (np.log(H / L).rolling(7).rank() - 1) / 6,
}


@pytest.mark.parametrize("name", PLAIN)
def test_feature_equals_its_definition(name: str) -> None:
    """Measured shapes equal their pandas definition on 260 random bars."""
    agree(FAST[name], PLAIN[name](), rtol=1e-8)


def candles(*bars: tuple[float, float, float, float]) -> dict[str, np.ndarray]:
    """Pattern features of (open, high, low, close) candles."""
    o, h, low, c = (np.array(column) for column in zip(*bars, strict=True))
    return PATTERN.compute(Bars(o, h, low, c, np.ones(len(bars))))


def test_engulfing() -> None:
    """An opposite body that covers the last body engulfs it; one of the same direction does not."""
    down, up = (10.0, 10.2, 8.8, 9.0), (8.9, 10.5, 8.7, 10.1)
    np.testing.assert_array_equal(candles(down, up, (10.3, 10.4, 8.0, 8.5))["engulfing"], [np.nan, 1.0, -1.0])
    np.testing.assert_array_equal(candles(up, (8.8, 11.0, 8.7, 10.9))["engulfing"], [np.nan, 0.0])


def test_inside_and_outside() -> None:
    """An inside bar gives -1, an outside bar +1, anything else 0."""
    values = candles((10, 12, 8, 10), (10, 11, 9, 10), (10, 13, 7, 10), (10, 14, 8, 10))["inside_outside"]
    np.testing.assert_array_equal(values, [np.nan, -1.0, 1.0, 0.0])


def test_one_price_bar_has_no_shape() -> None:
    """A bar with one price has shape 0 and no NaN."""
    values = candles((10, 10, 10, 10), (10, 10, 10, 10))
    for name in ("body_ratio", "upper_shadow", "lower_shadow", "close_location"):
        np.testing.assert_array_equal(values[name], [0.0, 0.0])
