"""Exponentially weighted volatility of returns, known at the bar it stands at."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError

Floats = NDArray[np.float64]
Reference = Literal["bar", "day", "before_day"]
ONE_DAY = np.timedelta64(1, "D")


def lagged_returns(
    offsets: NDArray[np.int64], ts: NDArray[np.datetime64], close: Floats, reference: Reference
) -> Floats:
    """Simple return of every row since an earlier bar of its symbol.

    Parameters
    ----------
    offsets : (n_symbols + 1,) first row of every symbol.
    ts, close : (n_rows,) bar ends, ascending within a symbol, and prices.
    reference : ``bar`` since the previous bar; ``day`` since the last bar at least one day older; ``before_day``
        since the last bar more than one day older, which is the index arithmetic of snippet 3.1. It is meant for
        intraday bars: on one bar a day it gives two-bar returns.

    Returns
    -------
    (n_rows,), NaN where there is no earlier bar or a price is missing.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, snippet 3.1.
    """
    if reference not in ("bar", "day", "before_day"):
        raise BadInputError("return_reference", f"no returns since {reference!r}; there are bar, day and before_day")
    earlier = np.arange(close.size) - 1
    begin = np.repeat(offsets[:-1], np.diff(offsets))
    if reference != "bar":
        for first, last in pairwise(offsets):
            times = ts[first:last]
            side = "right" if reference == "day" else "left"
            earlier[first:last] = first - 1 + np.searchsorted(times, times - ONE_DAY, side=side)
    known = earlier >= begin
    out = np.full(close.size, np.nan)
    out[known] = close[known] / close[earlier[known]] - 1.0
    return out


def ewm_volatility(offsets: NDArray[np.int64], returns: Floats, span: int, min_returns: int = 2) -> Floats:
    """Standard deviation of the returns of a symbol up to and with each row, weights ``(1 - 2 / (span + 1))^age``.

    Bias-corrected and with normalised weights: the numbers of pandas ``ewm(span).std()``. Its memory has no end; what
    is older than 4 spans weighs under 0.04 %. Rows before a snapshot therefore move the value a little, rows
    after it never do.

    Parameters
    ----------
    offsets : (n_symbols + 1,) first row of every symbol.
    returns : (n_rows,); a missing one ages what came before, and its row has no volatility.
    span : more than 1.
    min_returns : returns needed, at least 2.

    Returns
    -------
    (n_rows,) per bar of the returns, not annualised; NaN where undefined.
    """
    if not (span > 1 and min_returns >= 2):
        raise BadInputError("ewm_span", f"a deviation needs a span > 1 and 2 returns, got {span} and {min_returns}")
    return _deviation(offsets, returns, 1.0 - 2.0 / (span + 1.0), min_returns)


@njit(cache=True)
def _deviation(offsets, returns, keep, least):  # pragma: no cover - compiled
    out = np.full(returns.size, np.nan)
    for symbol in range(offsets.size - 1):
        mean = variance = total = squares = 0.0
        seen = 0
        for row in range(offsets[symbol], offsets[symbol + 1]):
            total, squares = total * keep, squares * keep * keep
            value = returns[row]
            if not np.isfinite(value):
                continue
            before = mean
            mean = (total * mean + value) / (total + 1.0)
            variance = (total * (variance + (before - mean) ** 2) + (value - mean) ** 2) / (total + 1.0)
            total, squares, seen = total + 1.0, squares + 1.0, seen + 1
            if seen >= least:
                out[row] = np.sqrt(variance * total * total / (total * total - squares))
    return out
