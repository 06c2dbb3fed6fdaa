"""Exact moments of the largest of K independent standard normals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from market_assets.core.errors import BadInputError

_GRID = np.linspace(-9.0, 13.0, 4401)  # beyond it the density is below 1e-17 for every K up to the limit
_MOST = 10**9


@dataclass(frozen=True)
class MaxNormal:
    """Mean and standard deviation of the maximum of ``count`` standard normals."""

    count: int
    mean: float
    std: float


def max_normal(count: int) -> MaxNormal:
    """Moments of the density K phi(x) Phi(x)^(K-1) by the trapezoidal rule.

    The rule converges geometrically on a density that is smooth and vanishes at both ends: about 1e-13 here. The mean
    is what ``expected_max`` approximates; the standard deviation is Exhibit 3 of Lopez de Prado, Lipton & Zoonekynd
    (2025). Equals .825645 at K = 2 and .525068 at K = 20.

    Parameters
    ----------
    count : K, from 1 to 10^9.
    """
    if not 1 <= count <= _MOST or count != int(count):
        raise BadInputError("trial_count", f"the number of normals must be a whole number within 1..1e9, got {count!r}")
    log_density = math.log(count) - 0.5 * _GRID**2 + (count - 1) * log_ndtr(_GRID)
    weight = np.exp(log_density)
    weight /= weight.sum()
    mean = float(weight @ _GRID)
    return MaxNormal(count=count, mean=mean, std=math.sqrt(float(weight @ (_GRID - mean) ** 2)))
