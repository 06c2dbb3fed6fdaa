"""Regime features of two single series: the market's level and the fear gauge."""

from __future__ import annotations

import math

import numpy as np

from market_assets.core.features.breaks import rolling_break
from market_assets.core.features.declaration import FEAR_CLOSE, MARKET_CLOSE, Feature
from market_assets.core.features.elementwise import log_ratio, log_return, ratio
from market_assets.core.features.extremes import bars_since_max, rolling_max, rolling_min, rolling_rank
from market_assets.core.features.market_series import Series
from market_assets.core.features.recursive import ewm_mean
from market_assets.core.features.rolling import (
    rolling_comoment,
    rolling_line,
    rolling_mean,
    rolling_shape,
    rolling_std,
)
from market_assets.core.market.panel import Floats

YEAR = 252.0
FEATURES_MARKET = {
    **{
        f"market_ret_{lag}": Feature(
            f"log return of the market over {lag} sessions",
            "own, after Moskowitz, Ooi & Pedersen 2012",
            MARKET_CLOSE,
            lag + 1,
        )
        for lag in (1, 5, 20, 60)
    },
    "market_gap_20": Feature("market level / SMA(20) - 1", "Brock, Lakonishok & LeBaron 1992", MARKET_CLOSE, 20),
    "market_gap_100": Feature("market level / SMA(100) - 1", "own, after Faber 2007", MARKET_CLOSE, 100),
    "market_slope_60": Feature(
        "least-squares slope of the ln market level over 60 sessions / market_std_60", "own", MARKET_CLOSE, 61
    ),
    "market_std_20": Feature(
        "standard deviation of the market's log returns over 20 sessions", "Schwert 1989", MARKET_CLOSE, 21
    ),
    "market_std_60": Feature(
        "standard deviation of the market's log returns over 60 sessions", "Schwert 1989", MARKET_CLOSE, 61
    ),
    "market_std_ratio_10_60": Feature(
        "standard deviation of the market's log returns over 10 / over 60 sessions", "own", MARKET_CLOSE, 61
    ),
    "market_std_rank_100": Feature("rank of market_std_20 among its last 100 values, 0..1", "own", MARKET_CLOSE, 120),
    "market_drawdown_126": Feature(
        "market level / highest of 126 sessions - 1", "Magdon-Ismail & Atiya 2004", MARKET_CLOSE, 126
    ),
    "market_drawdown_age_126": Feature("sessions since that high / 126", "own", MARKET_CLOSE, 126),
    "market_rebound_126": Feature("market level / lowest of 126 sessions - 1", "own", MARKET_CLOSE, 126),
    "market_skew_60": Feature(
        "adjusted skewness of the market's log returns over 60 sessions", "Joanes & Gill 1998", MARKET_CLOSE, 61
    ),
    "market_autocorr_60": Feature(
        "correlation over 60 sessions of the market's log return and the one before",
        "own, after Lo & MacKinlay 1988",
        MARKET_CLOSE,
        62,
    ),
    "break_mean_100": Feature(
        "largest cumulated deviation of market log returns over 100 sessions / (s sqrt(100)), signed",
        "Brown, Durbin & Evans 1975",
        MARKET_CLOSE,
        101,
    ),
    "break_variance_100": Feature(
        "Inclan-Tiao sqrt(n/2) (C_k/C_n - k/n), largest over 100 sessions, signed",
        "Inclan & Tiao 1994",
        MARKET_CLOSE,
        101,
    ),
    "state_trend": Feature(
        "+1 (-1) when the market is above (below) both SMA(20) and SMA(100), else 0", "own", MARKET_CLOSE, 100
    ),
    "state_volatility": Feature(
        "0, 1, 2: market_std_rank_100 in the lower, middle, upper third", "own", MARKET_CLOSE, 120
    ),
    "state_drawdown": Feature(
        "0, 1, 2: market_drawdown_126 above -5 %, down to -10 %, below", "own", MARKET_CLOSE, 126
    ),
}
FEATURES_FEAR = {
    "fear_level": Feature(
        "fear gauge / 100: volatility a year (VIX, or EWMA market volatility x sqrt(252))",
        "Whaley 2000",
        FEAR_CLOSE,
        21,
        recursive=True,
    ),
    "fear_gap_20": Feature("ln(fear gauge / its SMA(20))", "own, after Whaley 2000", FEAR_CLOSE, 40, recursive=True),
    "fear_change_5": Feature(
        "ln(fear gauge / fear gauge 5 sessions ago)", "own, after Whaley 2000", FEAR_CLOSE, 26, recursive=True
    ),
    "fear_z_60": Feature(
        "(fear gauge - SMA(60)) / standard deviation(60)", "own, after Whaley 2000", FEAR_CLOSE, 80, recursive=True
    ),
    "fear_rank_100": Feature(
        "rank of the fear gauge among its last 100 values, 0..1",
        "own, after Whaley 2000",
        FEAR_CLOSE,
        120,
        recursive=True,
    ),
    "fear_premium_20": Feature(
        "ln(fear_level / (market_std_20 x sqrt(252)))",
        "own, after Bollerslev, Tauchen & Zhou 2009",
        FEAR_CLOSE,
        21,
        recursive=True,
    ),
}


def market_features(level: Floats) -> dict[str, Floats]:
    """Features of the market's level (m,), each (m,)."""
    ret = log_return(level, 1)
    log_level = log_ratio(level, np.ones(level.size))
    gap20 = ratio(level, rolling_mean(level, 20)) - 1.0
    gap100 = ratio(level, rolling_mean(level, 100)) - 1.0
    std20, std60 = rolling_std(ret, 20), rolling_std(ret, 60)
    previous = np.concatenate([[np.nan], ret[:-1]])
    drawdown = ratio(level, rolling_max(level, 126)) - 1.0
    rank = rolling_rank(std20, 100)
    mean_break, variance_break = rolling_break(ret, 100)
    agree = np.where(np.sign(gap20) == np.sign(gap100), np.sign(gap20), 0.0)
    return {
        **{f"market_ret_{lag}": log_return(level, lag) for lag in (1, 5, 20, 60)},
        "market_gap_20": gap20,
        "market_gap_100": gap100,
        "market_slope_60": ratio(rolling_line(log_level, 60)[0], std60),
        "market_std_20": std20,
        "market_std_60": std60,
        "market_std_ratio_10_60": ratio(rolling_std(ret, 10), std60),
        "market_std_rank_100": rank,
        "market_drawdown_126": drawdown,
        "market_drawdown_age_126": bars_since_max(level, 126) / 126.0,
        "market_rebound_126": ratio(level, rolling_min(level, 126)) - 1.0,
        "market_skew_60": rolling_shape(ret, 60)[0],
        "market_autocorr_60": rolling_comoment(previous, ret, 60)[0],
        "break_mean_100": mean_break,
        "break_variance_100": variance_break,
        "state_trend": np.where(np.isnan(gap100), np.nan, agree),
        "state_volatility": _steps(rank, (1.0 / 3.0, 2.0 / 3.0)),
        "state_drawdown": _steps(-drawdown, (0.05, 0.10)),
    }


def _steps(values: Floats, bounds: tuple[float, float]) -> Floats:
    """0, 1 or 2 by how many bounds are reached; NaN stays."""
    steps = (values >= bounds[0]).astype(np.float64) + (values >= bounds[1])
    return np.where(np.isnan(values), np.nan, steps)


def fear_proxy(market: Series) -> Series:
    """EWMA volatility of the market in percent a year, in place of an implied-volatility index."""
    ret = log_return(market.values, 1)
    return Series(market.session, 100.0 * np.sqrt(YEAR * ewm_mean(ret * ret, 0.06, 20)))


def fear_features(level: Floats) -> dict[str, Floats]:
    """Features of the fear gauge (m,) in percent, each (m,)."""
    return {
        "fear_level": level / 100.0,
        "fear_gap_20": log_ratio(level, rolling_mean(level, 20)),
        "fear_change_5": log_return(level, 5),
        "fear_z_60": ratio(level - rolling_mean(level, 60), rolling_std(level, 60)),
        "fear_rank_100": rolling_rank(level, 100),
    }


def fear_premium(fear: Floats, market_std: Floats) -> Floats:
    """ln of feared over realised volatility, both a year."""
    return log_ratio(fear, market_std * math.sqrt(YEAR))
