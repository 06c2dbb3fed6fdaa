"""VPIN: the share of volume that is one-sided, with buys and sells told apart by bulk volume classification.

Source: Easley, Lopez de Prado & O'Hara (2012) eq. 1-4. No trade is signed: the size of a price change, in units of its
usual size, says how much of the volume behind it bought.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

from market_assets.core.features.elementwise import ratio
from market_assets.core.features.rolling import rolling_sum
from market_assets.core.market.panel import Floats


class Buckets(NamedTuple):
    """Buckets of equal volume: what bought and what sold in each, and the row that filled it, shapes (m,)."""

    buy: Floats
    sell: Floats
    row: NDArray[np.int64]


def buy_share(change: Floats, sigma: Floats | float, *, freedom: float | None = None) -> Floats:
    """Share of the volume that bought, cdf(``change`` / ``sigma``), in 0..1, shape (n,).

    Parameters
    ----------
    change : price change, or log return, over each bar or bucket.
    sigma : its standard deviation. In a feature it must come from earlier rows. Where it is 0 a rise is all buying,
        a fall all selling, and no change half of each.
    freedom : degrees of freedom of a Student t in place of the normal; the authors also use 0.25.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where((change == 0.0) & ~np.isnan(sigma), 0.0, change / sigma)
    return ndtr(score) if freedom is None else stdtr(freedom, score)


@njit(cache=True, error_model="numpy")
def _fill(volume: Floats, share: Floats, size: float) -> tuple[Floats, NDArray[np.int64]]:
    count = int(volume.sum() / size) + 1
    buy, row = np.empty(count), np.empty(count, np.int64)
    done, room, bought = 0, size, 0.0
    for i in range(volume.size):
        rest = volume[i]
        while rest >= room and done < count:
            bought += share[i] * room
            rest -= room
            buy[done], row[done] = min(bought, size), i
            done, room, bought = done + 1, size, 0.0
        bought += share[i] * rest
        room -= rest
    return buy[:done].copy(), row[:done].copy()


def volume_buckets(volume: Floats, share: Floats, size: float) -> Buckets:
    """Cut a series of bars into buckets of ``size`` volume; a bar that overfills one is split over the next.

    Parameters
    ----------
    volume : volume of each bar, shape (n,), not negative.
    share : ``buy_share`` of each bar, shape (n,).

    Raises
    ------
    ValueError
        when ``size`` is not positive, or a volume or share is missing or negative. The last bucket, when it is not
        full, is left out.
    """
    if not size > 0.0:
        raise ValueError(f"a bucket needs a positive volume, got {size}")
    if not (np.all(volume >= 0.0) and np.all((share >= 0.0) & (share <= 1.0))):
        raise ValueError("volumes must be known and not negative, shares known and within 0..1")
    buy, row = _fill(volume, share, size)
    return Buckets(buy, size - buy, row)


def vpin(buy: Floats, sell: Floats, window: int) -> Floats:
    """Sum of |buy - sell| over sum of buy + sell over the last ``window`` buckets, 0..1, shape (n,).

    With buckets of equal volume V the denominator is ``window`` V, as printed. NaN before a full window, and when
    nothing was traded.
    """
    return ratio(rolling_sum(np.abs(buy - sell), window), rolling_sum(buy + sell, window))
