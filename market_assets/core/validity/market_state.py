"""What the market is like on each session, from bars up to that session's close."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError
from market_assets.core.features.cross_section import row_mean
from market_assets.core.features.elementwise import ratio
from market_assets.core.features.extremes import rolling_rank
from market_assets.core.features.regime_market import market_features
from market_assets.core.features.rolling import rolling_mean, rolling_std
from market_assets.core.market.grid import PriceGrid
from market_assets.core.market.panel import Floats

Codes = NDArray[np.int64]
State = TypeVar("State", bound=np.generic)

VOLATILITY = ("low volatility", "middle volatility", "high volatility")
"""Names of the codes of ``volatility_state``."""

REGIMES = tuple(f"{volatility}, {trend}" for volatility in VOLATILITY for trend in ("falling", "sideways", "rising"))
"""Names of the codes of ``market_regimes``."""


def market_returns(grid: PriceGrid) -> Floats:
    """Equal-weight mean close-to-close return (S,) of the names with bars on both sessions; NaN where there is none."""
    close = np.where(grid.traded & (grid.close > 0.0), grid.close, np.nan)
    out = np.full(len(close), np.nan)
    if len(close) > 1:
        out[1:] = row_mean(close[1:] / close[:-1] - 1.0)
    return out


def market_level(returns: Floats) -> Floats:
    """Compounded level of the market returns (S,), flat where there is none."""
    return np.cumprod(1.0 + np.nan_to_num(returns, nan=0.0), dtype=np.float64)


def market_regimes(level: Floats) -> Codes:
    """Regime code 3 volatility + trend of the market level (S,), see ``REGIMES``; -1 where the past is too short.

    Volatility is the third (0, 1, 2) in which the 20-session standard deviation ranks among its last 100 values.
    Trend is rising (2) above both the 20- and the 100-session mean, falling (0) below both, else sideways (1).
    """
    states = market_features(np.ascontiguousarray(level, dtype=np.float64))
    code = 3.0 * states["state_volatility"] + states["state_trend"] + 1.0
    return np.where(np.isnan(code), -1.0, code).astype(np.int64)


def volatility_state(regimes: Codes) -> Codes:
    """Third of the volatility (0, 1, 2) of regime codes, any shape; -1 where the regime is unknown."""
    return np.where(regimes < 0, -1, regimes // 3)


def realised_volatility(returns: Floats, window: int) -> Floats:
    """Standard deviation of the last ``window`` market returns (S,); NaN where one of them is missing."""
    return rolling_std(np.ascontiguousarray(returns, dtype=np.float64), window)


def relative_liquidity(close: Floats, volume: Floats, window: int) -> Floats:
    """Median over names of dollar volume by its own mean of the last ``window`` sessions, (S,).

    Being relative to each name's own past, it does not move when names enter or leave. A name counts on sessions
    where its last ``window`` bars are complete; NaN where none does.

    Parameters
    ----------
    close, volume : (S, N), NaN where there is no bar; prices and volumes adjusted for splits alike.
    """
    dollars = np.ascontiguousarray((close * volume).T)
    share = np.array([ratio(name, rolling_mean(name, window)) for name in dollars]).T
    out = np.full(len(share), np.nan)
    some = ~np.isnan(share).all(axis=1)
    out[some] = np.nanmedian(share[some], axis=1)
    return out


def trailing_rank(values: Floats, history: int) -> Floats:
    """Rank 0..1 of each value (S,) among the last ``history`` existing values, itself the last; NaN before."""
    out = np.full(len(values), np.nan)
    known = np.flatnonzero(~np.isnan(values))
    out[known] = rolling_rank(np.ascontiguousarray(values[known]), history)
    return out


def lagged(states: NDArray[State], sessions: int, unknown: State | float | bool) -> NDArray[State]:
    """States (S,) as they were ``sessions`` earlier; ``unknown`` at the start.

    Row t of a backtest holds from open t - 1 to open t what was decided at close t - 2. So the state known when it was
    decided is 2 sessions earlier, and the calendar day it was held through is 1 session earlier.
    """
    if sessions < 0:
        raise BadInputError("state_lag", f"a lag of {sessions} sessions would look ahead")
    out = np.full_like(states, unknown)
    out[sessions:] = states[: len(states) - sessions]
    return out
