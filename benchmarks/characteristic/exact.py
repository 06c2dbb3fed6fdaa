"""Exact intervals of a share, and the power no test of the same length can pass."""

from __future__ import annotations

import math

from scipy.special import betaincinv, ndtr, ndtri
from scipy.stats import nct, t

from benchmarks.characteristic.world import PERIODS


def clopper_pearson(hits: int, count: int, level: float = 0.95) -> tuple[float, float]:
    """Two-sided exact interval of a binomial share (Clopper & Pearson 1934)."""
    if not 0 <= hits <= count or count < 1:
        raise ValueError(f"{hits} of {count} is no share")
    tail = (1.0 - level) / 2.0
    low = 0.0 if hits == 0 else float(betaincinv(hits, count - hits + 1, tail))
    high = 1.0 if hits == count else float(betaincinv(hits + 1, count - hits, 1.0 - tail))
    return low, high


def single_test_power(sharpe: float, periods: int, level: float) -> float:
    """Power of one pre-registered one-sided t test of mean > 0, exact: non-central t with T - 1 degrees of freedom.

    Parameters
    ----------
    sharpe : true annual net Sharpe ratio; normal, independent returns.
    periods : length T of the record, 252 a year.
    level : chance to reject at Sharpe ratio 0.
    """
    critical = t.isf(level, periods - 1)
    return float(nct.sf(critical, periods - 1, sharpe / math.sqrt(PERIODS) * math.sqrt(periods)))


def single_test_power_normal(sharpe: float, periods: int, level: float) -> float:
    """The same by the normal approximation, Phi(SR sqrt(years) - z)."""
    return float(ndtr(sharpe * math.sqrt(periods / PERIODS) + ndtri(level)))
