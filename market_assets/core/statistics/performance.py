"""The figures people read about a return series, undefined ones as None."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.statistics.risk import (
    annual_growth,
    calmar_ratio,
    expected_shortfall,
    max_drawdown,
    sortino_ratio,
)
from market_assets.core.statistics.series import as_returns
from market_assets.core.statistics.sharpe import sharpe_ratio

Figures = dict[str, float | None]


def performance(net: ArrayLike, gross: ArrayLike, turnover: ArrayLike, periods_per_year: float) -> Figures:
    """Summarise net returns; every entry is a finite float or None where it is undefined.

    Parameters
    ----------
    net, gross, turnover : shape (T,), per period; costs are gross - net, turnover is two-way.
    periods_per_year : 252 for daily bars.

    Returns
    -------
    sharpe, sortino, volatility, annual_return (compound), annual_cost : annualised, the ratios by the square root of
    ``periods_per_year``; max_drawdown (<= 0), calmar, expected_shortfall (95 %, a loss per period), turnover (mean
    per period), cost_share (costs over gross profit, None when there is no gross profit), hit_rate (share of
    winning periods among those that won or lost), total_return, observations.
    """
    values, before, traded = as_returns(net, minimum=1), as_returns(gross), as_returns(turnover)
    root = math.sqrt(periods_per_year)
    decided = values[values != 0.0]
    costs, profit = float(np.sum(before - values)), float(np.sum(before))
    return {
        "observations": float(len(values)),
        "sharpe": _scaled(root, lambda: sharpe_ratio(values)),
        "sortino": _scaled(root, lambda: sortino_ratio(values)),
        "calmar": _scaled(1.0, lambda: calmar_ratio(values, periods_per_year)),
        "annual_return": annual_growth(values, periods_per_year),
        "total_return": float(np.prod(1.0 + values)) - 1.0,
        "volatility": float(values.std(ddof=1)) * root if len(values) > 1 else None,
        "max_drawdown": max_drawdown(values),
        "expected_shortfall": expected_shortfall(values),
        "turnover": float(traded.mean()),
        "annual_cost": costs / len(values) * periods_per_year,
        "cost_share": costs / profit if profit > 0.0 else None,
        "hit_rate": float(np.mean(decided > 0.0)) if len(decided) else None,
    }


def _scaled(factor: float, statistic: Callable[[], float]) -> float | None:
    """``factor`` times the statistic, None where it is undefined."""
    try:
        return factor * statistic()
    except NotEnoughDataError:
        return None
