"""Institutional set: traces that large, patient orders leave in daily bars.

Sources: Hays' smart money index (late against early trade; here the session against the night); Amihud (2002) for
price impact; Kaufman (1995) for the efficiency ratio; Wyckoff's effort against result; Chaikin's close location.
"""

from __future__ import annotations

import numpy as np

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Group
from market_assets.core.features.declaration import (
    CLOSE,
    CLOSE_VOLUME,
    HIGH_LOW_CLOSE,
    HIGH_LOW_CLOSE_VOLUME,
    OPEN_CLOSE,
    PRICES,
    Feature,
)
from market_assets.core.features.series import log_return, ratio, rolling_max, rolling_mean, rolling_sum, shift
from market_assets.core.market.panel import Floats

FEATURES = {
    "mom_accel": Feature(
        "(10-bar log return - the one 10 bars before) / (standard deviation(20) of log returns x sqrt(10))",
        "own, after Gettleman & Marks 2006",
        CLOSE,
        20,
    ),
    "vol_accel": Feature("standard deviation(10) of log returns / the same 10 bars ago - 1", "own", CLOSE, 20),
    "wick_ratio": Feature(
        "SMA(10) of (high - low - |close - open|) / (high - low), 0..1", "own, after Nison 1991", PRICES, 9
    ),
    "smart_money_score": Feature(
        "sum(20) of (intraday - overnight log return) / sum(20) of (|intraday| + |overnight|), -1..1",
        "own, after Hays' smart money index",
        OPEN_CLOSE,
        20,
    ),
    "liquidity_impact": Feature(
        "SMA(10) / SMA(60) of |log return| / (volume / SMA(20) of volume), - 1; zero volume left out",
        "own, after Amihud 2002",
        CLOSE_VOLUME,
        78,
    ),
    "fractal_efficiency": Feature(
        "|log return over 20 bars| / sum(20) of |log returns|, 0..1", "Kaufman 1995", CLOSE, 20
    ),
    "trend_consistency": Feature(
        "sign(20-bar log return) x SMA(20) of sign(log return), -1..1",
        "own, after Da, Gurun & Warachka 2014",
        CLOSE,
        20,
    ),
    "volume_price_divergence": Feature(
        "correlation over 20 bars of volume with |log return|, minus that with log return",
        "own, after Karpoff 1987",
        CLOSE_VOLUME,
        20,
    ),
    "absorption": Feature(
        "volume / SMA(20) of volume - true range / SMA(20) of true range",
        "own, after Wyckoff 1910",
        HIGH_LOW_CLOSE_VOLUME,
        20,
    ),
    "effort_result": Feature(
        "SMA(5) of volume / SMA(20) of volume, divided by |5-bar log return| / SMA(20) of it + 1",
        "own, after Wyckoff 1910",
        CLOSE_VOLUME,
        24,
    ),
    "close_pressure": Feature(
        "SMA(5) of close location, -1..1", "own, after Chaikin's close location", HIGH_LOW_CLOSE, 4
    ),
    "pressure_change": Feature(
        "SMA(5) of close location - SMA(20) of close location",
        "own, after Chaikin's close location",
        HIGH_LOW_CLOSE,
        19,
    ),
    "gap_follow_through": Feature(
        "correlation over 20 bars of overnight and intraday log return",
        "own, after Lou, Polk & Skouras 2019",
        OPEN_CLOSE,
        20,
    ),
    "climax": Feature(
        "highest of the last 5 bars of (volume / SMA(20)) x (true range / SMA(20))", "own", HIGH_LOW_CLOSE_VOLUME, 24
    ),
    "overnight_share": Feature(
        "sum(20) of |overnight| / sum(20) of (|overnight| + |intraday|), 0..1",
        "own, after Lou, Polk & Skouras 2019",
        OPEN_CLOSE,
        20,
    ),
}


def relative_impact(bars: Bars, typical_volume: Floats) -> Floats:
    """Amihud's |return| per traded volume, the volume relative to its own mean; bars without volume count as 0.

    Returns the short mean over the long mean, each over the bars that traded.
    """
    traded = (bars.volume > 0.0) & ~np.isnan(typical_volume)
    impact = np.where(traded, ratio(np.abs(bars.ret) * typical_volume, bars.volume), 0.0)
    known = np.where(np.isnan(typical_volume), np.nan, traded.astype(np.float64))
    impact = np.where(np.isnan(known), np.nan, impact)
    short, long = (ratio(rolling_sum(impact, w), rolling_sum(known, w)) for w in (10, 60))
    return ratio(short, long) - 1.0


def compute(bars: Bars) -> dict[str, Floats]:
    """The 15 institutional features of one symbol."""
    ret, volume = bars.ret, bars.volume
    night, day = np.abs(bars.overnight), np.abs(bars.intraday)
    ret10, ret20 = log_return(bars.close, 10), log_return(bars.close, 20)
    typical_volume = bars.mean("volume", 20)
    volume_ratio = ratio(volume, typical_volume)
    range_ratio = ratio(bars.true_range, bars.mean("true_range", 20))
    std10 = bars.std("ret", 10)
    move5 = np.abs(log_return(bars.close, 5))
    result = ratio(move5, rolling_mean(move5, 20)) + 1.0
    pressure = bars.mean("close_location", 5)
    return {
        "mom_accel": ratio(ret10 - shift(ret10, 10), bars.std("ret", 20) * np.sqrt(10.0)),
        "vol_accel": ratio(std10, shift(std10, 10)) - 1.0,
        "wick_ratio": rolling_mean(bars.per_range(bars.range - np.abs(bars.close - bars.open)), 10),
        "smart_money_score": ratio(rolling_sum(bars.intraday - bars.overnight, 20), rolling_sum(day + night, 20)),
        "liquidity_impact": relative_impact(bars, typical_volume),
        "fractal_efficiency": ratio(np.abs(ret20), bars.sum("absolute_ret", 20)),
        "trend_consistency": np.sign(ret20) * rolling_mean(np.sign(ret), 20),
        "volume_price_divergence": bars.correlation("absolute_ret", "volume", 20)
        - bars.correlation("ret", "volume", 20),
        "absorption": volume_ratio - range_ratio,
        "effort_result": ratio(ratio(bars.mean("volume", 5), typical_volume), result),
        "close_pressure": pressure,
        "pressure_change": pressure - bars.mean("close_location", 20),
        "gap_follow_through": bars.correlation("overnight", "intraday", 20),
        "climax": rolling_max(volume_ratio * range_ratio, 5),
        "overnight_share": ratio(rolling_sum(night, 20), rolling_sum(night + day, 20)),
    }


INSTITUTIONAL = Group(FEATURES, compute)
