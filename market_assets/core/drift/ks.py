"""Two-sample Kolmogorov-Smirnov test."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import kolmogorov

from market_assets.core.errors import BadInputError, NotEnoughDataError


@dataclass(frozen=True)
class KolmogorovSmirnov:
    """Largest distance of two empirical distribution functions and its asymptotic p-value."""

    statistic: float
    pvalue: float
    n: int
    m: int


def ks_two_sample(reference: ArrayLike, current: ArrayLike) -> KolmogorovSmirnov:
    """Compare two samples (Smirnov 1948).

    The statistic is max |F - G| over all pooled points, ties included. The p-value is the Kolmogorov series at
    D sqrt(nm / (n + m)): asymptotic, for independent draws; serial dependence makes it too small.

    Raises
    ------
    NotEnoughDataError
        an empty sample.
    BadInputError
        rule ``finite_sample``: a NaN or infinite value.
    """
    samples = [np.sort(np.asarray(sample, np.float64).ravel()) for sample in (reference, current)]
    if not all(len(sample) for sample in samples):
        raise NotEnoughDataError("the Kolmogorov-Smirnov test needs two samples that are not empty")
    if not all(np.isfinite(sample).all() for sample in samples):
        raise BadInputError("finite_sample", "the Kolmogorov-Smirnov test needs finite values")
    pooled = np.concatenate(samples)
    first, second = (np.searchsorted(sample, pooled, side="right") / len(sample) for sample in samples)
    statistic = float(np.abs(first - second).max())
    n, m = len(samples[0]), len(samples[1])
    return KolmogorovSmirnov(statistic, float(kolmogorov(statistic * math.sqrt(n * m / (n + m)))), n, m)
