"""The implied-volatility family (C6): level, term structure, volatility of volatility and the variance premium.

The series are indices of option-implied volatility in per cent a year, such as Cboe's VIX (30 days), VIX3M (93 days)
and VVIX. The variance premium takes daily bars.
"""

from __future__ import annotations

from market_assets.core.features.bars import Bars
from market_assets.core.features.declaration import Feature
from market_assets.core.features.elementwise import log_return, ratio, shift
from market_assets.core.features.rolling import rolling_mean
from market_assets.core.features.side_family import Series, side_family, zscore
from market_assets.core.market.panel import Floats

SESSIONS_A_YEAR = 252
LIMITS = {"vix": 5.0, "vix3m": 5.0, "vvix": 5.0}
"""Days: the longest weekend of an exchange."""

CBOE = "own, after Cboe VIX White Paper 2019"
TERM = "own, after Johnson 2017"
FEATURES = {
    "implied_level": Feature("VIX / 100", CBOE, ("side:vix",), 0),
    "implied_change_5": Feature("ln(VIX / VIX 5 bars ago)", CBOE, ("side:vix",), 5),
    "implied_zscore_60": Feature("(VIX - SMA(60)) / standard deviation(60)", CBOE, ("side:vix",), 59),
    "implied_slope": Feature("VIX3M / VIX - 1", TERM, ("side:vix3m", "side:vix"), 0),
    "implied_slope_change_5": Feature("VIX3M / VIX - the same 5 bars ago", TERM, ("side:vix3m", "side:vix"), 5),
    "implied_vol_of_vol": Feature("VVIX / 100", "own, after Park 2015", ("side:vvix",), 0),
    "variance_premium_21": Feature(
        "(VIX / 100)^2 - 252 SMA(21) of squared log returns",
        "own, after Bollerslev, Tauchen & Zhou 2009",
        ("close", "side:vix"),
        21,
    ),
}


def compute(bars: Bars, series: Series) -> dict[str, Floats]:
    """The implied-volatility features of one symbol."""
    vix, vix3m, vvix = (series[name] for name in LIMITS)
    slope = ratio(vix3m, vix) - 1.0
    realised = SESSIONS_A_YEAR * rolling_mean(bars.ret * bars.ret, 21)
    return {
        "implied_level": vix / 100.0,
        "implied_change_5": log_return(vix, 5),
        "implied_zscore_60": zscore(vix, 60),
        "implied_slope": slope,
        "implied_slope_change_5": slope - shift(slope, 5),
        "implied_vol_of_vol": vvix / 100.0,
        "variance_premium_21": (vix / 100.0) ** 2 - realised,
    }


IMPLIED_VOLATILITY = side_family("implied_volatility", "1", FEATURES, LIMITS, compute)
