"""Split conformal prediction: the exact finite-sample quantile of calibration scores.

With n exchangeable calibration scores, a new score is at most the k-th smallest, k = ceil((n + 1)(1 - alpha)), with
probability in [1 - alpha, 1 - alpha + 1 / (n + 1)] (Vovk et al. 2005; Lei et al. 2018, theorem 2.2; the upper end
needs scores without ties). Where k > n the quantile is infinite: that few scores cannot give the coverage.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats

Level = float | Fraction


def as_level(alpha: Level) -> Fraction:
    """``alpha`` as the exact fraction its decimal digits say: 0.1 is 1/10.

    Raises
    ------
    BadInputError
        rule ``miscoverage_range``: not strictly between 0 and 1.
    """
    try:
        level = alpha if isinstance(alpha, Fraction) else Fraction(repr(float(alpha)))
    except ValueError:
        level = Fraction(0)
    if not 0 < level < 1:
        raise BadInputError("miscoverage_range", f"alpha {alpha} is not strictly between 0 and 1")
    return level


def conformal_rank(n: int, alpha: Level) -> int:
    """Rank k = ceil((n + 1)(1 - alpha)) of the quantile, 1-based, in exact arithmetic; n + 1 means infinite."""
    return math.ceil((n + 1) * (1 - as_level(alpha)))


def conformal_quantile(scores: ArrayLike, alpha: Level) -> float:
    """The k-th smallest of the calibration scores (n,), infinite where k > n.

    ``np.quantile`` with ``method="higher"``, a common recipe, is one rank too high: numpy indexes (n - 1) q.

    Raises
    ------
    BadInputError
        rule ``conformal_scores``: not a vector, or a NaN.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or np.isnan(values).any():
        raise BadInputError("conformal_scores", f"scores must be a vector without NaN, got shape {values.shape}")
    rank = conformal_rank(values.size, alpha)
    return math.inf if rank > values.size else float(np.partition(values, rank - 1)[rank - 1])


def absolute_scores(prediction: ArrayLike, outcome: ArrayLike) -> Floats:
    """Regression scores |outcome - prediction|, shape (n,)."""
    return np.abs(np.asarray(outcome, dtype=np.float64) - np.asarray(prediction, dtype=np.float64))


def absolute_interval(prediction: ArrayLike, quantile: float) -> tuple[Floats, Floats]:
    """Ends of the interval prediction -+ quantile, each (n,)."""
    centre = np.asarray(prediction, dtype=np.float64)
    return centre - quantile, centre + quantile
