"""Conformalized quantile regression (Romano, Patterson & Candes 2019)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats


def cqr_scores(low: ArrayLike, high: ArrayLike, outcome: ArrayLike) -> Floats:
    """How far each outcome (n,) lies outside its predicted quantiles: max(low - y, y - high), eq. 6.

    Negative inside, so that quantiles that are too wide are narrowed.

    Raises
    ------
    BadInputError
        rule ``quantile_pair``: vectors of different length, or a low quantile above the high one.
    """
    lower, upper, y = (np.asarray(part, dtype=np.float64) for part in (low, high, outcome))
    if lower.ndim != 1 or not lower.shape == upper.shape == y.shape or np.any(lower > upper):
        raise BadInputError("quantile_pair", "low and high quantiles must be vectors like the outcome, low <= high")
    return np.maximum(lower - y, y - upper)


def cqr_interval(low: ArrayLike, high: ArrayLike, quantile: float) -> tuple[Floats, Floats]:
    """Ends low - quantile and high + quantile, each (n,), eq. 7; where they cross the interval is empty."""
    lower, upper = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    return lower - quantile, upper + quantile
