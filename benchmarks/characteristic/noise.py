"""Shocks with mean 0 and variance 1 under the laws that returns are said to follow."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from scipy.signal import lfilter

from market_assets.core.market.panel import Floats

FREEDOM = 4.0
SKEW = 0.8  # below 1: the left tail is the longer one
PERSISTENCE = 0.1
ALPHA, BETA = 0.08, 0.90


def normal(generator: Generator, shape: tuple[int, int]) -> Floats:
    """Independent normal shocks."""
    return generator.standard_normal(shape)


def student(generator: Generator, shape: tuple[int, int]) -> Floats:
    """Independent Student t shocks with 4 degrees of freedom: the fourth moment does not exist."""
    return generator.standard_t(FREEDOM, shape) / math.sqrt(FREEDOM / (FREEDOM - 2.0))


def skewed(generator: Generator, shape: tuple[int, int]) -> Floats:
    """Student t shocks, stretched by 1/g to the left and g to the right (Fernandez & Steel 1998), g = 0.8."""
    size = np.abs(generator.standard_t(FREEDOM, shape))
    right = generator.random(shape) < SKEW**2 / (1.0 + SKEW**2)
    first = math.sqrt(FREEDOM / math.pi) * math.gamma((FREEDOM - 1.0) / 2.0) / math.gamma(FREEDOM / 2.0)  # E|t|
    second = FREEDOM / (FREEDOM - 2.0)
    mean = first * (SKEW - 1.0 / SKEW)
    square = second * (SKEW**4 + SKEW**-2) / (1.0 + SKEW**2)
    return (np.where(right, size * SKEW, -size / SKEW) - mean) / math.sqrt(square - mean**2)


def ar1(generator: Generator, shape: tuple[int, int]) -> Floats:
    """Normal shocks with autocorrelation 0.1, stationary from the first period."""
    step = math.sqrt(1.0 - PERSISTENCE**2)
    fresh = generator.standard_normal(shape)
    fresh[:, 0] /= step
    return np.asarray(lfilter([step], [1.0, -PERSISTENCE], fresh, axis=1))


def garch(generator: Generator, shape: tuple[int, int]) -> Floats:
    """Normal shocks under one volatility path, GARCH(1,1) with alpha 0.08 and beta 0.90, driven by the first row."""
    fresh = generator.standard_normal(shape)
    burn = generator.standard_normal(500)
    variance, path = 1.0, np.empty(shape[1])
    for shock in burn:
        variance = 1.0 - ALPHA - BETA + (ALPHA * shock**2 + BETA) * variance
    for step, shock in enumerate(fresh[0]):
        path[step] = variance
        variance = 1.0 - ALPHA - BETA + (ALPHA * shock**2 + BETA) * variance
    return fresh * np.sqrt(path)


LAWS: dict[str, Callable[[Generator, tuple[int, int]], Floats]] = {
    "normal": normal,
    "student": student,
    "skewed": skewed,
    "garch": garch,
    "ar1": ar1,
}
"""Law -> shocks (series, periods), standardised, series independent given the volatility path."""
