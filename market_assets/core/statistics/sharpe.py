"""Inference on one Sharpe ratio. Per period throughout: nothing here annualises.

Kurtosis is raw (normal = 3); skewness and kurtosis are population moments; the standard deviation has ddof 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.series import as_matrix, as_returns


@dataclass(frozen=True)
class Moments:
    """Moments of T per-period returns: ``std`` with ddof 1, ``skew`` and raw ``kurtosis`` of the population."""

    n: int
    mean: float
    std: float
    skew: float
    kurtosis: float


def moments(returns: ArrayLike) -> Moments:
    """Compute the moments of per-period returns, shape (T,).

    Raises
    ------
    NotEnoughDataError
        fewer than two periods, or returns that never vary: the Sharpe ratio is undefined there.
    """
    values = as_returns(returns, minimum=2)
    if values.min() == values.max():
        raise NotEnoughDataError(f"returns never vary (all {values[0]:g}): Sharpe ratio and moments are undefined")
    mean = float(values.mean())
    deviation = values - mean
    variance = float(np.mean(deviation**2))
    return Moments(
        n=len(values),
        mean=mean,
        std=math.sqrt(variance * len(values) / (len(values) - 1)),
        skew=float(np.mean(deviation**3)) / variance**1.5,
        kurtosis=float(np.mean(deviation**4)) / variance**2,
    )


def sharpe_ratio(returns: ArrayLike, risk_free: float = 0.0) -> float:
    """Sharpe ratio per period, (mean - risk_free) / std with ddof 1; errors as in ``moments``."""
    found = moments(returns)
    return (found.mean - risk_free) / found.std


def sharpe_ratios(matrix: ArrayLike) -> Floats:
    """Per-period Sharpe ratio of every column of a (T, N) matrix; NaN marks a column that never varies."""
    values = as_matrix(matrix, minimum=2)
    flat = values.min(axis=0) == values.max(axis=0)
    std = np.where(flat, np.nan, values.std(axis=0, ddof=1))
    return values.mean(axis=0) / std


def se_lo_iid(sr: float, n: int) -> float:
    """Standard error for iid normal returns: sqrt((1 + SR^2 / 2) / T) (Lo 2002, eq. 9)."""
    return math.sqrt((1.0 + 0.5 * sr**2) / n)


def variance_factor(sr: float, skew: float, kurtosis: float) -> float:
    """Return 1 - skew SR + (kurtosis - 1) / 4 SR^2: T times the variance of the Sharpe ratio (Mertens 2002).

    Raises
    ------
    BadInputError
        moments that no distribution has (kurtosis < 1 + skew^2), where the factor may turn negative.
    """
    if kurtosis < 1.0 + skew**2 - 1e-9:
        raise BadInputError("possible_moments", f"raw kurtosis {kurtosis:g} < 1 + skew^2 with skew {skew:g}")
    return max(0.0, 1.0 - skew * sr + (kurtosis - 1.0) / 4.0 * sr**2)


def se_mertens(sr: float, n: int, skew: float, kurtosis: float) -> float:
    """Standard error for non-normal iid returns, divided by T (Mertens 2002)."""
    return math.sqrt(variance_factor(sr, skew, kurtosis) / n)


def se_bailey_lopez_de_prado(sr: float, n: int, skew: float, kurtosis: float) -> float:
    """Standard error for non-normal iid returns, divided by T - 1 (Bailey & Lopez de Prado 2012, eq. 8)."""
    if n < 2:
        raise NotEnoughDataError("the standard error of a Sharpe ratio needs at least two periods")
    return math.sqrt(variance_factor(sr, skew, kurtosis) / (n - 1))


def probabilistic_sharpe(sr: float, n: int, skew: float, kurtosis: float, benchmark: float = 0.0) -> float:
    """Probability that the true Sharpe ratio exceeds ``benchmark`` (both per period).

    Bailey & Lopez de Prado 2012, eq. 9, with the T - 1 standard error.
    """
    excess = sr - benchmark
    error = se_bailey_lopez_de_prado(sr, n, skew, kurtosis)
    if error == 0.0:  # two-point moments at the exact Sharpe ratio where the variance vanishes
        return float(np.heaviside(excess, 0.5))
    return float(ndtr(excess / error))


def min_track_record_length(
    sr: float, skew: float, kurtosis: float, benchmark: float = 0.0, confidence: float = 0.95
) -> float:
    """Periods needed before ``sr`` beats ``benchmark`` at ``confidence`` (Bailey & Lopez de Prado 2012, eq. 13).

    A real number: round up to report. Infinite when ``sr <= benchmark``: no track record can show it, although the
    raw formula, which squares the difference, would give a finite number.
    """
    if not 0.0 < confidence < 1.0:
        raise BadInputError("confidence_range", f"confidence {confidence:g} is not between 0 and 1")
    if not sr > benchmark:
        return math.inf
    return 1.0 + variance_factor(sr, skew, kurtosis) * (float(ndtri(confidence)) / (sr - benchmark)) ** 2
