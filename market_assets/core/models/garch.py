"""GARCH(1,1) with a constant mean: filter, likelihood and forecast at given parameters (Bollerslev 1986).

    r_t = mu + e_t,    e_t ~ N(0, s_t),    s_t = omega + alpha e_{t-1}^2 + beta s_{t-1}

s_t rests on returns before t only. The first of them needs a variance from before the sample, the start value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.series import as_returns


@dataclass(frozen=True)
class Garch11:
    """Parameters in the unit of the returns.

    Parameters
    ----------
    mu : mean return. omega, alpha, beta : of the variance, omega > 0, the others >= 0, alpha + beta <= 1.
    start : e^2 and s before the first return.

    Raises
    ------
    BadInputError
        rule ``garch_parameters``.
    """

    mu: float
    omega: float
    alpha: float
    beta: float
    start: float

    def __post_init__(self) -> None:
        values = (self.mu, self.omega, self.alpha, self.beta, self.start)
        positive = self.omega > 0.0 and self.alpha >= 0.0 and self.beta >= 0.0 and self.start >= 0.0
        if not (all(map(math.isfinite, values)) and positive and self.persistence <= 1.0 + 1e-12):
            raise BadInputError("garch_parameters", f"no variance process has the parameters {self}")

    @property
    def persistence(self) -> float:
        """alpha + beta: the share of a shock to the variance that is left a session later."""
        return self.alpha + self.beta

    @property
    def long_run(self) -> float:
        """Variance that forecasts approach, omega / (1 - alpha - beta); infinite at persistence 1."""
        left = 1.0 - self.persistence
        return self.omega / left if left > 1e-12 else math.inf


def backcast(residuals: ArrayLike, decay: float = 0.94, length: int = 75) -> float:
    """Start value: exponentially weighted mean of the first ``length`` squared residuals, the earliest weighs most.

    It looks ahead inside those sessions, so variances there are not known in real time.

    Raises
    ------
    NotEnoughDataError
        without residuals.
    """
    squares = np.square(as_returns(residuals)[:length])
    weights = decay ** np.arange(len(squares))
    return float((weights * squares).sum() / weights.sum())


def conditional_variance(returns: ArrayLike, model: Garch11) -> Floats:
    """s_0 .. s_T, shape (T + 1,), for returns (T,): entry t is known before return t; the last is the next forecast."""
    values = as_returns(returns)
    return _filter(values - model.mu, model.omega, model.alpha, model.beta, model.start)


def log_likelihood(returns: ArrayLike, model: Garch11) -> float:
    """Gaussian log likelihood of returns (T,), constant included."""
    values = as_returns(returns)
    total, _, _ = likelihood_terms(values, model.mu, model.omega, model.alpha, model.beta, model.start)
    return float(total)


def forecast_variance(next_variance: float, model: Garch11, horizon: int) -> Floats:
    """Variances of the next ``horizon`` sessions, shape (horizon,), from that of the first one.

    Raises
    ------
    NotEnoughDataError
        ``horizon`` below 1.
    """
    if horizon < 1:
        raise NotEnoughDataError(f"a forecast over {horizon} sessions is empty")
    out = np.empty(horizon)
    out[0] = next_variance
    for step in range(1, horizon):
        out[step] = model.omega + model.persistence * out[step - 1]
    return out


@njit(cache=True)
def _filter(residuals, omega, alpha, beta, start):  # pragma: no cover - compiled
    out = np.empty(len(residuals) + 1)
    out[0] = omega + (alpha + beta) * start
    for t in range(len(residuals)):
        out[t + 1] = omega + alpha * residuals[t] ** 2 + beta * out[t]
    return out


@njit(cache=True)
def likelihood_terms(returns, mu, omega, alpha, beta, start):  # pragma: no cover - compiled
    """Log likelihood, its gradient (4,) in mu, omega, alpha, beta with the start held, and the sum of score products.

    The last is (4, 4), the outer products of the scores of the sessions.
    """
    total = 0.0
    gradient, outer = np.zeros(4), np.zeros((4, 4))
    slope, score = np.zeros(4), np.empty(4)  # of the variance, and of one term of the likelihood
    variance = omega + (alpha + beta) * start
    slope[1], slope[2], slope[3] = 1.0, start, start
    for t in range(len(returns)):
        residual = returns[t] - mu
        square = residual * residual
        total -= 0.5 * (math.log(2.0 * math.pi) + math.log(variance) + square / variance)
        pull = 0.5 * (square / variance - 1.0) / variance
        for i in range(4):
            score[i] = pull * slope[i]
        score[0] += residual / variance
        for i in range(4):
            gradient[i] += score[i]
            for j in range(4):
                outer[i, j] += score[i] * score[j]
        slope[0] = beta * slope[0] - 2.0 * alpha * residual
        slope[1] = beta * slope[1] + 1.0
        slope[2] = beta * slope[2] + square
        slope[3] = beta * slope[3] + variance
        variance = omega + alpha * square + beta * variance
    return total, gradient, outer
