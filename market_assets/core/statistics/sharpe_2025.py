"""Sharpe ratio inference in the 2025 form of Lopez de Prado, Lipton & Zoonekynd ("How to Use the Sharpe Ratio").

Not the statistics of 2012 and 2014 in ``sharpe`` and ``deflated``: here the variance is taken at the Sharpe ratio of
the null hypothesis, not at the estimate; it is divided by T, not T - 1; returns may follow an AR(1); and the deflated
form rescales the variance by that of a maximum. State which of the two a gate uses. Everything is per period; kurtosis
is raw (normal = 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.statistics.deflated import expected_max
from market_assets.core.statistics.max_normal import max_normal


@dataclass(frozen=True)
class ReturnShape:
    """Population ``skew``, raw ``kurtosis`` and first-order autocorrelation ``rho`` of the returns."""

    skew: float = 0.0
    kurtosis: float = 3.0
    rho: float = 0.0

    def __post_init__(self) -> None:
        if self.kurtosis < 1.0 + self.skew**2 - 1e-9:
            raise BadInputError("possible_moments", f"raw kurtosis {self.kurtosis:g} < 1 + skew^2 ({self.skew:g})")
        if not abs(self.rho) < 1.0:
            raise BadInputError("autocorrelation", f"a stationary AR(1) has |rho| < 1, got {self.rho!r}")


@dataclass(frozen=True)
class Deflated2025:
    """``probability`` that the Sharpe ratio beats ``hurdle``; ``std`` is the standard error used, at the hurdle."""

    probability: float
    hurdle: float
    std: float


def asymptotic_variance(sr: float, shape: ReturnShape) -> float:
    """T times the variance of an estimate whose true value is ``sr``.

    a - b skew SR + c (kurtosis - 1) / 4 SR^2 with a = (1 + rho)/(1 - rho), b = 1 + rho/(1 - rho) + rho^2/(1 - rho^2),
    c = (1 + rho^2)/(1 - rho^2). For rho = 0 this is the factor of Mertens (2002).
    """
    rho = shape.rho
    a = (1.0 + rho) / (1.0 - rho)
    b = 1.0 + rho / (1.0 - rho) + rho**2 / (1.0 - rho**2)
    c = (1.0 + rho**2) / (1.0 - rho**2)
    return max(0.0, a - b * shape.skew * sr + c * (shape.kurtosis - 1.0) / 4.0 * sr**2)


def standard_error_2025(sr: float, n: int, shape: ReturnShape) -> float:
    """Standard error of the estimate from ``n`` periods when the true Sharpe ratio is ``sr``."""
    if n < 1:
        raise NotEnoughDataError("the standard error of a Sharpe ratio needs at least one period")
    return math.sqrt(asymptotic_variance(sr, shape) / n)


def probabilistic_sharpe_2025(sr: float, n: int, shape: ReturnShape, null: float = 0.0) -> float:
    """One minus the p-value of the estimate ``sr`` under a true Sharpe ratio ``null``."""
    return _normal_probability(sr - null, standard_error_2025(null, n, shape))


def min_track_record_length_2025(sr: float, shape: ReturnShape, null: float = 0.0, alpha: float = 0.05) -> float:
    """Periods needed before ``sr`` rejects ``null`` at level ``alpha``; infinite when ``sr <= null``."""
    quantile = _upper_quantile(alpha)
    if not sr > null:
        return math.inf
    return asymptotic_variance(null, shape) * (quantile / (sr - null)) ** 2


def critical_sharpe_2025(n: int, shape: ReturnShape, null: float = 0.0, alpha: float = 0.05) -> float:
    """Estimate above which ``null`` is rejected at level ``alpha``."""
    return null + _upper_quantile(alpha) * standard_error_2025(null, n, shape)


def power_2025(n: int, shape: ReturnShape, alternative: float, null: float = 0.0, alpha: float = 0.05) -> float:
    """Chance to reject ``null`` at level ``alpha`` when the true Sharpe ratio is ``alternative``."""
    critical = critical_sharpe_2025(n, shape, null, alpha)
    return _normal_probability(alternative - critical, standard_error_2025(alternative, n, shape))


def deflated_sharpe_2025(sr: float, n: int, shape: ReturnShape, *, trials: int, variance: float) -> Deflated2025:
    """Deflated Sharpe ratio: the probabilistic one against the expected maximum of ``trials``.

    The variance at that hurdle is multiplied by the variance of the maximum of K standard normals. One trial gives
    ``probabilistic_sharpe_2025`` against 0.

    Parameters
    ----------
    sr, n : Sharpe ratio of the chosen strategy and number of periods behind it.
    trials, variance : number of independent trials and variance of their per-period Sharpe ratios.
    """
    hurdle = expected_max(trials, variance)
    std = standard_error_2025(hurdle, n, shape) * max_normal(trials).std
    return Deflated2025(probability=_normal_probability(sr - hurdle, std), hurdle=hurdle, std=std)


def _normal_probability(excess: float, std: float) -> float:
    if std == 0.0:  # two-point moments at the exact Sharpe ratio where the variance vanishes
        return float(np.heaviside(excess, 0.5))
    return float(ndtr(excess / std))


def _upper_quantile(alpha: float) -> float:
    if not 0.0 < alpha < 1.0:
        raise BadInputError("confidence_range", f"level {alpha:g} is not between 0 and 1")
    return -float(ndtri(alpha))
