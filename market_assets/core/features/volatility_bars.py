"""Volatility features of the technical set: true range, bands and their widths.

Sources: Wilder (1978) for ATR; Bollinger (2001) for the bands; Keltner (1960), in Raschke's ATR form, for the
channel; Carter (2005) for the squeeze; Martin (1987) for the ulcer index; Chaikin for the range volatility.
"""

from __future__ import annotations

import numpy as np

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Group
from market_assets.core.features.declaration import CLOSE, HIGH_LOW, HIGH_LOW_CLOSE, Feature
from market_assets.core.features.series import ema, ratio, rolling_max, rolling_mean, shift, wilder
from market_assets.core.market.panel import Floats

FEATURES = {
    "atr_14": Feature("Wilder(14) mean of true range / close", "Wilder 1978", HIGH_LOW_CLOSE, 14, recursive=True),
    "true_range_ratio_20": Feature("true range / SMA(20) of true range", "own, after Wilder 1978", HIGH_LOW_CLOSE, 20),
    "std_20": Feature(
        "standard deviation of log returns over 20 bars", "Campbell, Lo & MacKinlay 1997, ch. 1", CLOSE, 20
    ),
    "std_ratio_5_20": Feature(
        "standard deviation of log returns over 5 bars / over 20 bars", "own, after Connors & Raschke 1995", CLOSE, 20
    ),
    "bollinger_position_20": Feature(
        "(close - SMA(20)) / (2 standard deviations(20) of the close)", "Bollinger 2001", CLOSE, 19
    ),
    "bollinger_width_20": Feature("4 standard deviations(20) of the close / SMA(20)", "Bollinger 2001", CLOSE, 19),
    "keltner_position_20": Feature(
        "(close - EMA(20)) / (2 SMA(20) of true range)",
        "Keltner 1960, in Raschke's ATR form",
        HIGH_LOW_CLOSE,
        20,
        recursive=True,
    ),
    "squeeze_20": Feature(
        "2 standard deviations(20) of the close / (1.5 SMA(20) of true range)", "Carter 2005", HIGH_LOW_CLOSE, 20
    ),
    "ulcer_14": Feature("root mean square over 14 bars of close / highest close(14) - 1", "Martin 1987", CLOSE, 26),
    "chaikin_volatility_10": Feature(
        "EMA(10) of high - low / the same 10 bars ago - 1", "Chaikin, in Achelis 1995", HIGH_LOW, 19, recursive=True
    ),
}


def compute(bars: Bars) -> dict[str, Floats]:
    """The 10 volatility features of one symbol."""
    close, true_range = bars.close, bars.true_range
    mean, deviation = bars.mean("close", 20), bars.std("close", 20)
    average_range = bars.mean("true_range", 20)
    std20 = bars.std("ret", 20)
    drawdown = ratio(close, rolling_max(close, 14)) - 1.0
    smooth_range = ema(bars.range, 10)
    return {
        "atr_14": ratio(wilder(true_range, 14), close),
        "true_range_ratio_20": ratio(true_range, average_range),
        "std_20": std20,
        "std_ratio_5_20": ratio(bars.std("ret", 5), std20),
        "bollinger_position_20": ratio(close - mean, 2.0 * deviation),
        "bollinger_width_20": ratio(4.0 * deviation, mean),
        "keltner_position_20": ratio(close - ema(close, 20), 2.0 * average_range),
        "squeeze_20": ratio(2.0 * deviation, 1.5 * average_range),
        "ulcer_14": np.sqrt(rolling_mean(drawdown * drawdown, 14)),
        "chaikin_volatility_10": ratio(smooth_range, shift(smooth_range, 10)) - 1.0,
    }


VOLATILITY_BARS = Group(FEATURES, compute)
