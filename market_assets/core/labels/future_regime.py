"""The regime of the market to come."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from market_assets.core.features.layout import Layout
from market_assets.core.features.market_series import mean_level, returns_grid
from market_assets.core.features.rolling import rolling_std
from market_assets.core.labels.horizon import forward_windows
from market_assets.core.labels.regimes import MARKET
from market_assets.core.labels.target import Target
from market_assets.core.market.panel import Panel
from market_assets.core.spec import spec


@spec
class FutureRegimeSpec:
    """Regime of the market over the next ``horizon`` sessions, measured by its past volatility.

    Parameters
    ----------
    horizon : sessions ahead.
    history : sessions of the standard deviation that both thresholds are multiples of.
    trend : a move of at least this many deviations (x sqrt(horizon)) is a bull or a bear market.
    turbulent : a realised volatility of at least this many deviations is a high-volatility market, whatever the move.
    """

    kind: Literal["future_regime"] = "future_regime"
    horizon: Annotated[int, Field(ge=1, le=252)] = 20
    history: Annotated[int, Field(ge=2, le=2520)] = 100
    trend: Annotated[float, Field(gt=0, le=10)] = 0.5
    turbulent: Annotated[float, Field(gt=0, le=10)] = 1.5


def future_regime(panel: Panel, spec: FutureRegimeSpec) -> Target:
    """Bear 0, sideways 1, bull 2 or high volatility 3 (``regimes.MARKET``) of the sessions after the row's own.

    The market is the equal-weight mean of the traded symbols; only sessions after the decision enter the move and the
    realised volatility, only sessions up to it the thresholds. Undefined where either is not complete.
    """
    layout = Layout.of(panel)
    sessions = panel.sessions()[0].astype("datetime64[us]")
    value, until = np.full(layout.n_sessions, np.nan), sessions.copy()
    level = mean_level(returns_grid(layout))
    if level.session.size:
        ret = np.diff(np.log(level.values), prepend=0.0)  # the level begins at 1 plus its first return
        unit = rolling_std(ret, spec.history)
        move = forward_windows(ret, spec.horizon) * spec.horizon
        realised = np.sqrt(forward_windows(ret * ret, spec.horizon))
        threshold = spec.trend * unit * math.sqrt(spec.horizon)
        trend = 1.0 + (move >= threshold).astype(np.float64) - (move <= -threshold)
        code = np.where(realised >= spec.turbulent * unit, float(MARKET.index("high volatility")), trend)
        value[level.session] = np.where(np.isnan(unit + move), np.nan, code)
        ends = level.session[np.minimum(np.arange(level.session.size) + spec.horizon, level.session.size - 1)]
        until[level.session] = sessions[ends]
    of_row = value[layout.session]
    traded = np.repeat([kind != "level" for kind in panel.kinds], np.diff(panel.offsets))
    of_row = np.where(traded, of_row, np.nan)
    return Target(~np.isnan(of_row), of_row, panel.ts.astype("datetime64[us]"), until[layout.session])
