"""The Kelly criterion: the stake with the fastest growth of wealth, for a bet, one asset and many."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats


def binary_kelly(probability: float, win: float, loss: float = 1.0) -> float:
    """Share of wealth to stake on a bet that pays ``win`` or costs ``loss`` per unit (Kelly 1956; Thorp 2006).

    f* = (p b - (1 - p) a) / (a b). Negative when the bet is unfavourable: the other side, at the same odds.

    Parameters
    ----------
    probability : p of winning, in [0, 1]. win, loss : b and a, both positive.

    Raises
    ------
    BadInputError
        rule ``kelly_bet``.
    """
    _check_bet(probability, win, loss)
    return (probability * win - (1.0 - probability) * loss) / (win * loss)


def binary_growth(stake: float, probability: float, win: float, loss: float = 1.0) -> float:
    """Expected log growth per bet at this stake; minus infinity where one outcome takes everything.

    Raises
    ------
    BadInputError
        rule ``kelly_bet``, also for a stake that is not finite.
    """
    _check_bet(probability, win, loss)
    if not math.isfinite(stake):
        raise BadInputError("kelly_bet", f"the stake {stake} is not finite")
    total = 0.0
    for chance, wealth in ((probability, 1.0 + stake * win), (1.0 - probability, 1.0 - stake * loss)):
        if chance > 0.0:
            total += chance * math.log(wealth) if wealth > 0.0 else -math.inf
    return total


def continuous_kelly(mean: float, volatility: float, rate: float = 0.0) -> float:
    """Exposure with the highest growth for a lognormal asset, (mu - r) / sigma^2 (Merton 1969; Thorp 2006, section 7).

    Parameters
    ----------
    mean, rate : expected return and riskless rate of a period. volatility : of the same period, positive.

    Raises
    ------
    BadInputError
        rule ``kelly_moments``: values that are not finite, or a volatility of zero or less.
    """
    if not all(map(math.isfinite, (mean, rate, volatility))) or volatility <= 0.0:
        raise BadInputError("kelly_moments", f"mean {mean}, rate {rate} and volatility {volatility} > 0 must be finite")
    return (mean - rate) / volatility**2


def kelly_weights(excess_mean: ArrayLike, covariance: ArrayLike) -> Floats:
    """Exposures (N,) with the highest growth, C^-1 m (Thorp 2006), unbounded and of either sign.

    Parameters
    ----------
    excess_mean : (N,) expected returns above the riskless rate. covariance : (N, N), positive definite.

    Raises
    ------
    BadInputError
        rule ``kelly_moments``: shapes, values that are not finite, a covariance that is not symmetric.
    NotEnoughDataError
        the covariance is not positive definite: some mix of the assets would be riskless and the stake infinite.
    """
    mean, matrix = _moments(excess_mean, covariance)
    try:
        factor = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError as error:
        raise NotEnoughDataError(f"the covariance of {mean.size} assets is not positive definite") from error
    return np.asarray(np.linalg.solve(factor.T, np.linalg.solve(factor, mean)), np.float64)


def kelly_growth(weights: ArrayLike, excess_mean: ArrayLike, covariance: ArrayLike, rate: float = 0.0) -> float:
    """Growth rate r + w'm - w'C w / 2 of constant exposures ``weights`` (N,); a scalar stands for one asset.

    Half of the full Kelly exposure keeps three quarters of its excess growth, twice of it keeps none.

    Raises
    ------
    BadInputError
        rule ``kelly_moments``, as ``kelly_weights``; also for weights of another shape or not finite.
    """
    mean, matrix = _moments(np.atleast_1d(excess_mean), np.atleast_2d(covariance))
    exposure = np.atleast_1d(np.asarray(weights, np.float64))
    if exposure.shape != mean.shape or not np.isfinite(exposure).all() or not math.isfinite(rate):
        raise BadInputError("kelly_moments", f"expected {mean.size} finite weights and a finite rate")
    return float(rate + exposure @ mean - exposure @ matrix @ exposure / 2.0)


def _check_bet(probability: float, win: float, loss: float) -> None:
    if not (0.0 <= probability <= 1.0 and 0.0 < win < math.inf and 0.0 < loss < math.inf):
        raise BadInputError("kelly_bet", f"a bet needs p in [0, 1] and odds > 0, got p {probability}, {win} to {loss}")


def _moments(excess_mean: ArrayLike, covariance: ArrayLike) -> tuple[Floats, Floats]:
    mean, matrix = np.asarray(excess_mean, np.float64), np.asarray(covariance, np.float64)
    if mean.ndim != 1 or not mean.size or matrix.shape != (mean.size, mean.size):
        raise BadInputError("kelly_moments", f"a mean of shape {mean.shape} needs a square covariance of that size")
    if not (np.isfinite(mean).all() and np.isfinite(matrix).all() and np.allclose(matrix, matrix.T, rtol=1e-9, atol=0)):
        raise BadInputError("kelly_moments", "mean and covariance must be finite, the covariance symmetric")
    return mean, matrix
