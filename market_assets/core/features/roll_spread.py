"""Roll's spread: what the bounce between bid and ask leaves in the autocovariance of price changes.

Source: Roll (1984) eq. 2, s = 2 sqrt(-cov(dp_t, dp_{t-1})). Prices give a spread in money,
log prices a proportional one.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from market_assets.core.features.comoment import rolling_covariance
from market_assets.core.features.elementwise import shift
from market_assets.core.market.panel import Floats

Moment = Literal["sample", "population", "zero_mean"]
"""Divisor of the covariance: pairs - 1, pairs, or pairs with the means taken as zero."""


def roll_covariance(price: Floats, window: int, *, moment: Moment = "sample") -> Floats:
    """Covariance of successive changes of ``price`` over the last ``window`` pairs, shape (n,).

    A window of pairs spans ``window + 2`` prices; NaN before that.
    """
    change = price - shift(price, 1)
    divisor = window - 1 if moment == "sample" else window
    return rolling_covariance(shift(change, 1), change, window, moment != "zero_mean", divisor)


def roll_spread(
    price: Floats, window: int, *, moment: Moment = "sample", positive: Literal["zero", "nan"] = "zero"
) -> Floats:
    """2 sqrt(-covariance) over the last ``window`` pairs of price changes, shape (n,).

    Parameters
    ----------
    price : prices, or log prices for a proportional spread.
    moment : divisor and means of the covariance.
    positive : what a positive covariance gives, for which the model has no spread.
    """
    covariance = roll_covariance(price, window, moment=moment)
    undefined = 0.0 if positive == "zero" else np.nan
    return np.where(covariance > 0.0, undefined, 2.0 * np.sqrt(np.maximum(-covariance, 0.0)))
