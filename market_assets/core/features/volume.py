"""Volume features: how much was traded, and on which side of the day.

Volume is always taken relative to the symbol's own recent volume, so shares or dollars make no difference.
Sources: Granville (1963) for on-balance volume; Chaikin for money flow and oscillator; Quong & Soudack (1989) for
the money flow index; Elder (1993) for the force index.
"""

from __future__ import annotations

import numpy as np

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Group
from market_assets.core.features.declaration import CLOSE_VOLUME, HIGH_LOW_CLOSE_VOLUME, VOLUME_ONLY, Feature
from market_assets.core.features.series import ema, ratio, rolling_sum, shift
from market_assets.core.market.panel import Floats

FEATURES = {
    "volume_ratio_20": Feature(
        "volume / SMA(20) of volume", "own, after Gervais, Kaniel & Mingelgrin 2001", VOLUME_ONLY, 19
    ),
    "volume_z_60": Feature(
        "(volume - SMA(60)) / standard deviation(60) of volume",
        "own, after Gervais, Kaniel & Mingelgrin 2001",
        VOLUME_ONLY,
        59,
    ),
    "volume_trend_5_20": Feature("SMA(5) / SMA(20) of volume - 1", "own", VOLUME_ONLY, 19),
    "obv_20": Feature(
        "sum(20) of sign(close change) x volume / sum(20) of volume, -1..1", "Granville 1963", CLOSE_VOLUME, 20
    ),
    "money_flow_20": Feature(
        "sum(20) of close location x volume / sum(20) of volume, -1..1",
        "Chaikin, in Achelis 1995",
        HIGH_LOW_CLOSE_VOLUME,
        19,
    ),
    "mfi_14": Feature(
        "money flow index: typical price x volume of up bars / of all bars that moved, over 14 bars, 0..1",
        "Quong & Soudack 1989",
        HIGH_LOW_CLOSE_VOLUME,
        14,
    ),
    "chaikin_oscillator_3_10": Feature(
        "(EMA(3) - EMA(10) of close location x volume) / SMA(20) of volume",
        "Chaikin, in Achelis 1995",
        HIGH_LOW_CLOSE_VOLUME,
        19,
        recursive=True,
    ),
    "vwap_gap_20": Feature(
        "close / (sum(20) of typical price x volume / sum(20) of volume) - 1",
        "own, after Berkowitz, Logue & Noser 1988",
        HIGH_LOW_CLOSE_VOLUME,
        19,
    ),
    "force_13": Feature(
        "EMA(13) of log return x volume / EMA(13) of volume", "Elder 1993", CLOSE_VOLUME, 13, recursive=True
    ),
    "price_volume_corr_20": Feature(
        "correlation over 20 bars of log return and volume", "own, after Karpoff 1987", CLOSE_VOLUME, 20
    ),
}


def money_flow_index(bars: Bars, window: int) -> Floats:
    """Share of traded value on bars whose typical price rose, among bars on which it moved."""
    change = bars.typical - shift(bars.typical, 1)
    value = bars.typical * bars.volume
    moved = np.where(np.isnan(change), np.nan, np.where(change != 0.0, value, 0.0))
    return ratio(rolling_sum(np.where(change > 0.0, value, 0.0), window), rolling_sum(moved, window))


def compute(bars: Bars) -> dict[str, Floats]:
    """The volume features of one symbol that look back over a window."""
    volume, flow = bars.volume, bars.money_flow
    sum20, mean20 = bars.sum("volume", 20), bars.mean("volume", 20)
    vwap = ratio(rolling_sum(bars.typical * volume, 20), sum20)
    return {
        "volume_ratio_20": ratio(volume, mean20),
        "volume_z_60": ratio(volume - bars.mean("volume", 60), bars.std("volume", 60)),
        "volume_trend_5_20": ratio(bars.mean("volume", 5), mean20) - 1.0,
        "obv_20": ratio(rolling_sum(np.sign(bars.ret) * volume, 20), sum20),
        "money_flow_20": ratio(rolling_sum(flow, 20), sum20),
        "mfi_14": money_flow_index(bars, 14),
        "vwap_gap_20": ratio(bars.close, vwap) - 1.0,
        "price_volume_corr_20": bars.correlation("ret", "volume", 20),
    }


def recall(bars: Bars) -> dict[str, Floats]:
    """The volume features of one symbol that remember."""
    volume, flow = bars.volume, bars.money_flow
    return {
        "chaikin_oscillator_3_10": ratio(ema(flow, 3) - ema(flow, 10), bars.mean("volume", 20)),
        "force_13": ratio(ema(bars.ret * volume, 13), ema(volume, 13)),
    }


VOLUME = Group(FEATURES, compute, recall)
