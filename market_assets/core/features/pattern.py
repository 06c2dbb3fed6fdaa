"""Pattern features: the shape of the candle and how it stands to the candles before it.

Sources: Nison (1991) for candle parts and engulfing; Crabel (1990) for inside bars and the narrowest range of seven;
the classic floor-trader pivot. Shapes are measured, not named: a tree can cut a body ratio where it likes.
"""

from __future__ import annotations

import numpy as np

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Group
from market_assets.core.features.declaration import CLOSE, HIGH_LOW, HIGH_LOW_CLOSE, OPEN_CLOSE, PRICES, Feature
from market_assets.core.features.series import log_ratio, ratio, rolling_rank, shift, signed_streak
from market_assets.core.market.panel import Floats

FEATURES = {
    "body_ratio": Feature("(close - open) / (high - low), -1..1; 0 on a one-price bar", "Nison 1991", PRICES, 0),
    "upper_shadow": Feature(
        "(high - max(open, close)) / (high - low), 0..1; 0 on a one-price bar", "Nison 1991", PRICES, 0
    ),
    "lower_shadow": Feature(
        "(min(open, close) - low) / (high - low), 0..1; 0 on a one-price bar", "Nison 1991", PRICES, 0
    ),
    "close_location": Feature(
        "((close - low) - (high - close)) / (high - low), -1..1; 0 on a one-price bar",
        "Chaikin, in Achelis 1995",
        HIGH_LOW_CLOSE,
        0,
    ),
    "overnight_gap": Feature("ln(open / previous close)", "Lou, Polk & Skouras 2019", OPEN_CLOSE, 1),
    "engulfing": Feature(
        "+1 (-1) when an up (down) body covers the previous body of the other direction, else 0",
        "Nison 1991",
        OPEN_CLOSE,
        1,
    ),
    "inside_outside": Feature(
        "-1 when the bar lies within the previous range, +1 when it covers it, else 0", "Crabel 1990", HIGH_LOW, 1
    ),
    "streak": Feature(
        "signed number of successive closes in one direction (at most 20) / 10", "own", CLOSE, 1, memory=20
    ),
    "pivot_gap": Feature(
        "close / previous (high + low + close) / 3, - 1", "floor-trader pivot, in Person 2004", HIGH_LOW_CLOSE, 1
    ),
    "narrow_range_7": Feature(
        "rank of ln(high / low) among the last 7 bars, 0 narrowest, 1 widest", "own, after Crabel 1990", HIGH_LOW, 6
    ),
}


def engulfing(bars: Bars) -> Floats:
    """+1, -1 or 0 as described; NaN in the first row."""
    open_, close = bars.open, bars.close
    before_open, before_close = shift(open_, 1), bars.previous_close
    covers = (np.maximum(open_, close) >= np.maximum(before_open, before_close)) & (
        np.minimum(open_, close) <= np.minimum(before_open, before_close)
    )
    direction = np.sign(close - open_)
    opposite = direction * np.sign(before_close - before_open) < 0.0
    return np.where(np.isnan(before_close), np.nan, np.where(covers & opposite, direction, 0.0))


def compute(bars: Bars) -> dict[str, Floats]:
    """The 10 pattern features of one symbol."""
    open_, high, low, close = bars.open, bars.high, bars.low, bars.close
    before_high, before_low = shift(high, 1), shift(low, 1)
    inside = (high <= before_high) & (low >= before_low)
    outside = (high > before_high) & (low < before_low)
    first = np.isnan(before_high)
    return {
        "body_ratio": bars.per_range(close - open_),
        "upper_shadow": bars.per_range(high - np.maximum(open_, close)),
        "lower_shadow": bars.per_range(np.minimum(open_, close) - low),
        "close_location": bars.close_location,
        "overnight_gap": bars.overnight,
        "engulfing": engulfing(bars),
        "inside_outside": np.where(first, np.nan, outside.astype(np.float64) - inside),
        "streak": np.where(first, np.nan, np.clip(signed_streak(bars.ret), -20.0, 20.0) / 10.0),
        "pivot_gap": ratio(close, shift(bars.typical, 1)) - 1.0,
        "narrow_range_7": rolling_rank(log_ratio(high, low), 7),
    }


PATTERN = Group(FEATURES, compute)
