"""Trend features: distance from averages and channels, direction and its strength.

Sources: Wilder (1978) for the directional system; Appel (1979) for MACD; Chande (1995) for Aroon;
Botes & Siepman (2010) for the vortex indicator; Hosoda (1969) for Ichimoku; Donchian for the channel.
"""

from __future__ import annotations

import numpy as np

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Group
from market_assets.core.features.declaration import CLOSE, HIGH_LOW, HIGH_LOW_CLOSE, Feature
from market_assets.core.features.series import (
    bars_since_max,
    ema,
    ratio,
    rolling_max,
    rolling_min,
    rolling_sum,
    shift,
    wilder,
)
from market_assets.core.market.panel import Floats

FEATURES = {
    "sma_gap_10": Feature("close / SMA(10) - 1", "Brock, Lakonishok & LeBaron 1992", CLOSE, 9),
    "sma_gap_20": Feature("close / SMA(20) - 1", "Brock, Lakonishok & LeBaron 1992", CLOSE, 19),
    "sma_gap_50": Feature("close / SMA(50) - 1", "Brock, Lakonishok & LeBaron 1992", CLOSE, 49),
    "sma_cross_10_50": Feature("SMA(10) / SMA(50) - 1", "Brock, Lakonishok & LeBaron 1992", CLOSE, 49),
    "ema_gap_12": Feature("close / EMA(12) - 1", "Appel 1979", CLOSE, 11, recursive=True),
    "ema_gap_26": Feature("close / EMA(26) - 1", "Appel 1979", CLOSE, 25, recursive=True),
    "macd_12_26": Feature("(EMA(12) - EMA(26)) / close", "Appel 1979", CLOSE, 25, recursive=True),
    "macd_histogram": Feature("MACD / close minus its EMA(9)", "Aspray 1986", CLOSE, 33, recursive=True),
    "adx_14": Feature(
        "Wilder mean(14) of |DI+ - DI-| / (DI+ + DI-), 0..1", "Wilder 1978", HIGH_LOW, 27, recursive=True
    ),
    "di_spread_14": Feature(
        "(DI+ - DI-) / (DI+ + DI-) over Wilder(14), -1..1", "Wilder 1978", HIGH_LOW, 14, recursive=True
    ),
    "aroon_25": Feature(
        "(bars since the 25-bar low - bars since the 25-bar high) / 25, -1..1", "Chande 1995", HIGH_LOW, 25
    ),
    "slope_20": Feature("least-squares slope of ln close on time over 20 bars, per bar", "own", CLOSE, 19),
    "vortex_14": Feature(
        "sum(14) of (|high - previous low| - |low - previous high|) / sum(14) of true range",
        "Botes & Siepman 2010",
        HIGH_LOW_CLOSE,
        14,
    ),
    "channel_55": Feature(
        "(close - lowest low) / (highest high - lowest low) over 55 bars, 0..1", "Donchian 1960", HIGH_LOW_CLOSE, 54
    ),
    "ichimoku_9_26": Feature(
        "midpoint of the 9-bar channel / midpoint of the 26-bar channel - 1", "Hosoda 1969", HIGH_LOW, 25
    ),
}


def directional_movement(bars: Bars, period: int) -> tuple[Floats, Floats]:
    """Wilder's signed and absolute directional index, (DI+ - DI-) / (DI+ + DI-); the true range cancels."""
    up = bars.high - shift(bars.high, 1)
    down = shift(bars.low, 1) - bars.low
    # a mask has no NaN of its own: its shift has one in the first row, where there is no movement yet
    first = np.isnan(shift(np.isnan(bars.high).astype(np.float64), 1))
    plus = np.where(first, np.nan, np.where((up > down) & (up > 0.0), up, 0.0))
    minus = np.where(first, np.nan, np.where((down > up) & (down > 0.0), down, 0.0))
    plus, minus = wilder(plus, period), wilder(minus, period)
    spread = ratio(plus - minus, plus + minus)
    return spread, wilder(np.abs(spread), period)


def compute(bars: Bars) -> dict[str, Floats]:
    """The trend features of one symbol that look back over a window."""
    close, high, low = bars.close, bars.high, bars.low
    sma10, sma50 = bars.mean("close", 10), bars.mean("close", 50)
    vortex = np.abs(high - shift(low, 1)) - np.abs(low - shift(high, 1))
    top, bottom = rolling_max(high, 55), rolling_min(low, 55)
    return {
        "sma_gap_10": ratio(close, sma10) - 1.0,
        "sma_gap_20": ratio(close, bars.mean("close", 20)) - 1.0,
        "sma_gap_50": ratio(close, sma50) - 1.0,
        "sma_cross_10_50": ratio(sma10, sma50) - 1.0,
        "aroon_25": (bars_since_max(-low, 26) - bars_since_max(high, 26)) / 25.0,
        "slope_20": bars.log_line_20[0],
        "vortex_14": ratio(rolling_sum(vortex, 14), bars.sum("true_range", 14)),
        "channel_55": ratio(close - bottom, top - bottom),
        "ichimoku_9_26": ratio(rolling_max(high, 9) + rolling_min(low, 9), rolling_max(high, 26) + rolling_min(low, 26))
        - 1.0,
    }


def recall(bars: Bars) -> dict[str, Floats]:
    """The trend features of one symbol that remember."""
    close = bars.close
    ema12, ema26 = ema(close, 12), ema(close, 26)
    macd = ratio(ema12 - ema26, close)
    di_spread, adx = directional_movement(bars, 14)
    return {
        "ema_gap_12": ratio(close, ema12) - 1.0,
        "ema_gap_26": ratio(close, ema26) - 1.0,
        "macd_12_26": macd,
        "macd_histogram": macd - ema(macd, 9),
        "adx_14": adx,
        "di_spread_14": di_spread,
    }


TREND = Group(FEATURES, compute, recall)
