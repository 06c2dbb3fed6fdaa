"""Corwin and Schultz' spread from highs and lows: the range of two days holds twice the variance but one spread.

Source: Corwin & Schultz (2012) eq. 14 and 18, with the correction for overnight moves of their section III.B.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numba import njit

from market_assets.core.features.rolling import rolling_mean
from market_assets.core.market.panel import Floats

_ROOT = 3.0 - 2.0 * math.sqrt(2.0)


class TwoDays(NamedTuple):
    """Terms of each bar and the one before, shapes (n,), NaN in the first row; ``spread`` may be negative."""

    beta: Floats
    gamma: Floats
    alpha: Floats
    spread: Floats


@njit(cache=True, error_model="numpy")
def _ranges(high: Floats, low: Floats, close: Floats, overnight: bool) -> tuple[Floats, Floats]:
    """Sum of the two squared log ranges, and the squared log range of the two days together."""
    n = high.size
    beta, gamma = np.full(n, np.nan), np.full(n, np.nan)
    own = np.log(high / low)
    for i in range(1, n):
        if not (low[i - 1] > 0.0 and low[i] > 0.0 and close[i - 1] > 0.0):
            continue
        # a day that lies wholly above or below the last close has moved over night: that is price, not spread
        move = max(low[i] - close[i - 1], 0.0) + min(high[i] - close[i - 1], 0.0) if overnight else 0.0
        top, bottom = high[i] - move, low[i] - move
        before, now = own[i - 1], np.log(top / bottom) if move != 0.0 else own[i]
        both = np.log(max(high[i - 1], top) / min(low[i - 1], bottom))
        beta[i] = before * before + now * now
        gamma[i] = both * both
    return beta, gamma


def two_days(high: Floats, low: Floats, close: Floats, *, overnight: bool = True) -> TwoDays:
    """The estimate from every bar and the one before it.

    Parameters
    ----------
    high, low, close : shapes (n,), positive.
    overnight : shift a day whose range lies wholly above or below the last close back to that close first.
    """
    beta, gamma = _ranges(high, low, close, overnight)
    alpha = (math.sqrt(2.0) - 1.0) * np.sqrt(beta) / _ROOT - np.sqrt(gamma / _ROOT)
    grown = np.exp(alpha)
    return TwoDays(beta, gamma, alpha, 2.0 * (grown - 1.0) / (1.0 + grown))


def corwin_schultz(
    high: Floats,
    low: Floats,
    close: Floats,
    window: int,
    *,
    floor: Literal["each", "mean"] = "each",
    overnight: bool = True,
) -> Floats:
    """Mean of the last ``window`` two-day spreads, as a share of the price, shape (n,), never negative.

    ``floor="each"`` counts a negative two-day spread as zero before the mean, as the paper does; ``"mean"`` only
    floors the mean, which is another and lower number.
    """
    spread = two_days(high, low, close, overnight=overnight).spread
    if floor == "each":
        return rolling_mean(np.maximum(spread, 0.0), window)
    return np.maximum(rolling_mean(spread, window), 0.0)
