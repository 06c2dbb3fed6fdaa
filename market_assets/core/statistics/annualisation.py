"""Time aggregation of the Sharpe ratio when returns are autocorrelated (Lo 2002)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.series import as_returns


def annualisation_factor(periods: int, autocorrelations: ArrayLike) -> float:
    """Return eta(q) with SR over q periods = eta(q) SR per period: q / sqrt(q + 2 sum_k (q - k) rho_k).

    Lo 2002, eq. 20. The square root of q, right for independent returns only, overstates the Sharpe ratio of
    positively autocorrelated ones.

    Parameters
    ----------
    periods : q, at least 1.
    autocorrelations : rho_1 .. rho_(q-1), shape (q - 1,).

    Raises
    ------
    BadInputError
        rule ``periods``, ``autocorrelation``, or ``possible_autocorrelations``: no process has these, since the sum of
        q returns would have no positive variance.
    """
    if periods < 1 or periods != int(periods):
        raise BadInputError("periods", f"the number of periods must be a whole number >= 1, got {periods!r}")
    rho = np.asarray(autocorrelations, dtype=np.float64)
    if rho.shape != (periods - 1,) or not (np.abs(rho) <= 1.0).all():
        raise BadInputError("autocorrelation", f"expected {periods - 1} autocorrelations within [-1, 1]")
    variance = periods + 2.0 * float((periods - np.arange(1, periods)) @ rho)
    if variance <= 0.0:
        raise BadInputError("possible_autocorrelations", f"the sum of {periods} returns has variance {variance:g}")
    return periods / math.sqrt(variance)


def annualisation_factor_ar1(periods: int, rho: float) -> float:
    """``annualisation_factor`` of a first-order autoregression: rho_k = rho^k, |rho| < 1 (Lo 2002, eq. 21)."""
    if not abs(rho) < 1.0:
        raise BadInputError("autocorrelation", f"a stationary AR(1) has |rho| < 1, got {rho!r}")
    return annualisation_factor(periods, rho ** np.arange(1, periods))


def autocorrelations(returns: ArrayLike, lags: int) -> Floats:
    """Sample autocorrelations rho_1 .. rho_lags, each autocovariance divided by T; shape (lags,).

    Raises
    ------
    NotEnoughDataError
        not more periods than lags, or returns that never vary.
    """
    values = as_returns(returns, minimum=lags + 1)
    if values.min() == values.max():
        raise NotEnoughDataError("returns never vary: their autocorrelations are undefined")
    deviation = values - values.mean()
    total = float(deviation @ deviation)
    return np.array([float(deviation[lag:] @ deviation[:-lag]) / total for lag in range(1, lags + 1)])
