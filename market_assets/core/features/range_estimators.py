"""Variance estimators from open, high, low and close, per bar (not annualised).

Each returns the variance over the last ``window`` bars, shape (n,), NaN before a full window.
Sources: Parkinson (1980); Garman & Klass (1980), in the practical form without the overnight gap;
Rogers & Satchell (1991); Yang & Zhang (2000) eq. 8-10; Barndorff-Nielsen & Shephard (2004) for bipower variation.
"""

from __future__ import annotations

import math

import numpy as np

from market_assets.core.features.bars import Bars
from market_assets.core.features.elementwise import log_ratio, shift
from market_assets.core.features.rolling import rolling_mean, rolling_sum, rolling_var
from market_assets.core.market.panel import Floats


def parkinson_bar(bars: Bars) -> Floats:
    """ln(H/L)^2 / (4 ln 2) of every bar."""
    return log_ratio(bars.high, bars.low) ** 2 / (4.0 * math.log(2.0))


def garman_klass_bar(bars: Bars) -> Floats:
    """ln(H/L)^2 / 2 - (2 ln 2 - 1) ln(C/O)^2 of every bar; never negative as C and O lie within H and L."""
    return 0.5 * log_ratio(bars.high, bars.low) ** 2 - (2.0 * math.log(2.0) - 1.0) * bars.intraday**2


def rogers_satchell_bar(bars: Bars) -> Floats:
    """ln(H/C) ln(H/O) + ln(L/C) ln(L/O) of every bar; unbiased under drift."""
    up = log_ratio(bars.high, bars.close) * log_ratio(bars.high, bars.open)
    return up + log_ratio(bars.low, bars.close) * log_ratio(bars.low, bars.open)


def parkinson(bars: Bars, window: int) -> Floats:
    """Mean of ``parkinson_bar``."""
    return rolling_mean(parkinson_bar(bars), window)


def garman_klass(bars: Bars, window: int) -> Floats:
    """Mean of ``garman_klass_bar``."""
    return rolling_mean(garman_klass_bar(bars), window)


def rogers_satchell(bars: Bars, window: int) -> Floats:
    """Mean of ``rogers_satchell_bar``."""
    return rolling_mean(rogers_satchell_bar(bars), window)


def yang_zhang_weight(window: int) -> float:
    """The weight k = 0.34 / (1.34 + (n + 1) / (n - 1)) that makes the estimator's variance smallest."""
    return 0.34 / (1.34 + (window + 1.0) / (window - 1.0))


def yang_zhang(bars: Bars, window: int) -> Floats:
    """V_overnight + k V_open-to-close + (1 - k) V_RS with k = ``yang_zhang_weight``.

    The first two are sample variances around their means (divisor n - 1), V_RS is a plain mean; all over the same
    ``window`` bars, so that one more bar supplies the first previous close.
    """
    k = yang_zhang_weight(window)
    gaps = rolling_var(bars.overnight, window)
    return gaps + k * rolling_var(bars.intraday, window) + (1.0 - k) * rogers_satchell(bars, window)


def bipower(ret: Floats, window: int) -> Floats:
    """pi/2 times the mean of |r_t| |r_{t-1}|, a variance that jumps hardly move, over ``window`` products."""
    size = np.abs(ret)
    return math.pi / 2.0 * rolling_mean(size * shift(size, 1), window)


def realized(ret: Floats, window: int) -> Floats:
    """Mean of squared log returns."""
    return rolling_sum(ret * ret, window) / window
