"""Exact interval of a proportion."""

from __future__ import annotations

from scipy.special import betaincinv

from market_assets.core.errors import BadInputError
from market_assets.core.statistics.bootstrap import Interval


def clopper_pearson(hits: int, n: int, level: float = 0.95) -> Interval:
    """Equal-tailed interval of a proportion from ``hits`` successes in ``n`` independent trials.

    Source: Clopper & Pearson (1934). It covers with at least ``level`` where the trials are independent. Overlapping
    labels and symbols that move together are not: for those it is too narrow, and only a lower bound of the doubt.

    Raises
    ------
    BadInputError
        rule ``proportion``: not 0 <= hits <= n with n >= 1, or a level outside (0, 1).
    """
    if not (0 <= hits <= n and n >= 1 and 0.0 < level < 1.0):
        raise BadInputError("proportion", f"{hits} of {n} at level {level} is not a proportion with an interval")
    tail = (1.0 - level) / 2.0
    low = float(betaincinv(hits, n - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1.0 - tail)) if hits < n else 1.0
    return Interval(low, high)
