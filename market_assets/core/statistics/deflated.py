"""The Deflated Sharpe Ratio in its 2014 form (not the 2025 one, which is another statistic)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtri

from market_assets.core.errors import BadInputError
from market_assets.core.statistics.sharpe import probabilistic_sharpe

EULER_MASCHERONI = 0.5772156649015329


@dataclass(frozen=True)
class DeflatedSharpe:
    """``probability`` that the true Sharpe ratio exceeds ``hurdle``, the best expected of ``trials`` worthless ones."""

    probability: float
    hurdle: float
    trials: int
    variance: float


def expected_max(trials: int, variance: float, mean: float = 0.0) -> float:
    """Expected best Sharpe ratio among ``trials`` independent ones without skill (False Strategy theorem).

    mean + sqrt(V) [(1 - g) Z(1 - 1/N) + g Z(1 - 1/(N e))] with g the Euler-Mascheroni constant and Z the normal
    quantile (Bailey & Lopez de Prado 2014, eq. 1). One trial has no maximum to correct for: ``mean`` is returned.
    The approximation is 7.9 % low at N = 2 and 2.3 % high at N = 10.

    Parameters
    ----------
    trials : number of trials N, at least 1.
    variance : variance of the trials' Sharpe ratios, in the unit (per period, squared) of the Sharpe ratio tested.
    """
    if trials < 1 or trials != int(trials):
        raise BadInputError("trial_count", f"the number of trials must be a whole number >= 1, got {trials!r}")
    if not (math.isfinite(variance) and variance >= 0.0):
        raise BadInputError("trial_variance", f"the variance of the trials must be finite and >= 0, got {variance!r}")
    if trials == 1:
        return mean
    upper = float(ndtri(1.0 - 1.0 / trials))
    tail = float(ndtri(1.0 - 1.0 / (trials * math.e)))
    return mean + math.sqrt(variance) * ((1.0 - EULER_MASCHERONI) * upper + EULER_MASCHERONI * tail)


def deflated_sharpe(sr: float, n: int, skew: float, kurtosis: float, *, trials: int, variance: float) -> DeflatedSharpe:
    """Deflated Sharpe Ratio: the probabilistic one against ``expected_max`` (Bailey & Lopez de Prado 2014, eq. 2).

    Parameters
    ----------
    sr : per-period Sharpe ratio of the chosen strategy.
    n : number of periods behind it.
    skew, kurtosis : population skewness and raw kurtosis of its returns.
    trials, variance : see ``expected_max``; an annual variance must be divided by the periods per year first.
    """
    hurdle = expected_max(trials, variance)
    probability = probabilistic_sharpe(sr, n, skew, kurtosis, benchmark=hurdle)
    return DeflatedSharpe(probability=probability, hurdle=hurdle, trials=trials, variance=variance)
