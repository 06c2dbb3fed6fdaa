"""Institutional set: traces that large, patient orders leave in daily bars.

Sources: Hays' smart money index (late against early trade; here the session against the night); Amihud (2002) for
price impact; Kaufman (1995) for the efficiency ratio; Wyckoff's effort against result; Chaikin's close location.
"""

from __future__ import annotations

import numpy as np

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Group
from market_assets.core.features.elementwise import log_return, ratio, shift
from market_assets.core.features.extremes import rolling_max
from market_assets.core.features.rolling import rolling_comoment, rolling_mean, rolling_std, rolling_sum
from market_assets.core.market.panel import Floats

DESCRIBE = {
    "mom_accel": "(10-bar log return - the one 10 bars before) / (standard deviation(20) of log returns x sqrt(10))",
    "vol_accel": "standard deviation(10) of log returns / the same 10 bars ago - 1",
    "wick_ratio": "SMA(10) of (high - low - |close - open|) / (high - low), 0..1",
    "smart_money_score": "sum(20) of (intraday - overnight log return) / sum(20) of (|intraday| + |overnight|), -1..1",
    "liquidity_impact": "SMA(10) / SMA(60) of |log return| / (volume / SMA(20) of volume), - 1; zero volume left out",
    "fractal_efficiency": "|log return over 20 bars| / sum(20) of |log returns|, 0..1",
    "trend_consistency": "sign(20-bar log return) x SMA(20) of sign(log return), -1..1",
    "volume_price_divergence": "correlation over 20 bars of volume with |log return|, minus that with log return",
    "absorption": "volume / SMA(20) of volume - true range / SMA(20) of true range",
    "effort_result": "SMA(5) of volume / SMA(20) of volume, divided by |5-bar log return| / SMA(20) of it + 1",
    "close_pressure": "SMA(5) of close location, -1..1",
    "pressure_change": "SMA(5) of close location - SMA(20) of close location",
    "gap_follow_through": "correlation over 20 bars of overnight and intraday log return",
    "climax": "highest of the last 5 bars of (volume / SMA(20)) x (true range / SMA(20))",
    "overnight_share": "sum(20) of |overnight| / sum(20) of (|overnight| + |intraday|), 0..1",
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
    ret, volume, location = bars.ret, bars.volume, bars.close_location
    night, day = np.abs(bars.overnight), np.abs(bars.intraday)
    ret10, ret20 = log_return(bars.close, 10), log_return(bars.close, 20)
    typical_volume = rolling_mean(volume, 20)
    volume_ratio = ratio(volume, typical_volume)
    range_ratio = ratio(bars.true_range, rolling_mean(bars.true_range, 20))
    std10 = rolling_std(ret, 10)
    move5 = np.abs(log_return(bars.close, 5))
    result = ratio(move5, rolling_mean(move5, 20)) + 1.0
    pressure = rolling_mean(location, 5)
    return {
        "mom_accel": ratio(ret10 - shift(ret10, 10), rolling_std(ret, 20) * np.sqrt(10.0)),
        "vol_accel": ratio(std10, shift(std10, 10)) - 1.0,
        "wick_ratio": rolling_mean(bars.per_range(bars.range - np.abs(bars.close - bars.open)), 10),
        "smart_money_score": ratio(rolling_sum(bars.intraday - bars.overnight, 20), rolling_sum(day + night, 20)),
        "liquidity_impact": relative_impact(bars, typical_volume),
        "fractal_efficiency": ratio(np.abs(ret20), rolling_sum(np.abs(ret), 20)),
        "trend_consistency": np.sign(ret20) * rolling_mean(np.sign(ret), 20),
        "volume_price_divergence": rolling_comoment(np.abs(ret), volume, 20)[0] - rolling_comoment(ret, volume, 20)[0],
        "absorption": volume_ratio - range_ratio,
        "effort_result": ratio(ratio(rolling_mean(volume, 5), typical_volume), result),
        "close_pressure": pressure,
        "pressure_change": pressure - rolling_mean(location, 20),
        "gap_follow_through": rolling_comoment(bars.overnight, bars.intraday, 20)[0],
        "climax": rolling_max(volume_ratio * range_ratio, 5),
        "overnight_share": ratio(rolling_sum(night, 20), rolling_sum(night + day, 20)),
    }


INSTITUTIONAL = Group(DESCRIBE, compute)
