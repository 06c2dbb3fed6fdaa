"""Price impact from bars: Kyle's lambda and Amihud's illiquidity.

Sources: Kyle (1985), as the regression of Lopez de Prado (2018) section 19.4.1; Amihud (2002) eq. 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from market_assets.core.features.comoment import rolling_fit
from market_assets.core.features.elementwise import ratio, shift
from market_assets.core.features.rolling import rolling_sum
from market_assets.core.market.panel import Floats


class Impact(NamedTuple):
    """A line of price change on signed volume, per window: shapes (n,), NaN where undefined."""

    slope: Floats
    intercept: Floats
    t_value: Floats
    r_squared: Floats


def kyle_lambda(change: Floats, signed_volume: Floats, window: int, *, intercept: bool = True) -> Impact:
    """Kyle's lambda: the slope of ``change`` = a + lambda ``signed_volume`` over the last ``window`` rows.

    Parameters
    ----------
    change : price changes (lambda in money per share) or log returns.
    signed_volume : volume that bought minus volume that sold.
    intercept : False takes a = 0.
    """
    return Impact(*rolling_fit(signed_volume, change, window, intercept))


def amihud_daily(close: Floats, volume: Floats) -> Floats:
    """|simple return| / (close x volume) of every bar, shape (n,); NaN in the first row and without volume."""
    move = np.abs(ratio(close, shift(close, 1)) - 1.0)
    return ratio(move, close * volume)


def amihud(close: Floats, volume: Floats, window: int) -> Floats:
    """Mean of ``amihud_daily`` over those of the last ``window`` bars that traded, shape (n,).

    A bar without volume is left out, not counted as zero; NaN when none traded, and before ``window`` returns.
    """
    daily = amihud_daily(close, volume)
    idle = (volume == 0.0) & ~np.isnan(shift(close, 1))
    traded = np.where(idle, 0.0, 1.0)
    return ratio(rolling_sum(np.where(idle, 0.0, daily), window), rolling_sum(traded, window))
