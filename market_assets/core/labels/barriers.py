"""The first touch of two price levels by a path of bars, and the walks over events and rows that ask for it.

The kernels stand in one file because numba invalidates its disk cache by the file of the caller only.
"""

from __future__ import annotations

import numpy as np
from numba import njit

UPPER, LOWER, VERTICAL, BROKEN, AMBIGUOUS = 1, -1, 0, 2, 3
"""What ended a path: a level, the last bar, a bar with a missing price, or a bar of both levels left undecided."""

STOP, TARGET, BAR_DIRECTION, DROP = 0, 1, 2, 3
"""Rule for a bar that reaches both levels, see ``spec.TouchRule.tie``."""

AT_LEVEL, AT_OPEN, AT_TIE, AT_CLOSE = 0, 1, 2, 3
"""Where a path was filled: at a level, at the open (gap), at a level chosen by the tie rule, at the last close."""


@njit(cache=True)
def first_touch(
    open_, high, low, close, first, last, upper, lower, side, strict=False, tie=STOP
):  # pragma: no cover - compiled
    """Walk the bars ``first..last`` (both included) until a level is reached.

    Order within a bar: (1) an open at or beyond a level is filled at the open (gap); (2) a bar that reaches
    both levels is resolved by ``tie``, since bars do not tell which came first; (3) a single level is filled
    at its price; (4) after the last bar the position is closed at its close. Prices are compared with price
    levels, never returns with percentages: 10.7 reaches 10 + 0.7, yet 10.7 / 10 - 1 is below 0.07 in floating
    point. (Lopez de Prado 2018, section 3.4, extended to OHLC bars.)

    Parameters
    ----------
    open_, high, low, close : (n_rows,) prices.
    first, last : rows of the path.
    upper, lower : price levels, ``inf`` / ``-inf`` to switch one off.
    side : 1 for a long position (stop = lower), -1 for a short one (stop = upper).
    strict : a level is reached only by a price beyond it, not by one exactly at it.
    tie : ``STOP`` first, ``TARGET`` first, ``BAR_DIRECTION`` or ``DROP``.

    Returns
    -------
    row, fill price, one of ``UPPER``, ``LOWER``, ``VERTICAL``, ``BROKEN``, ``AMBIGUOUS`` (both without a fill),
    and one of ``AT_LEVEL``, ``AT_OPEN``, ``AT_TIE``, ``AT_CLOSE``.
    """
    for row in range(first, last + 1):
        opened = open_[row]
        if not np.isfinite(opened + high[row] + low[row] + close[row]):
            return row, np.nan, BROKEN, AT_LEVEL
        if opened >= upper and not (strict and opened == upper):
            return row, opened, UPPER, AT_OPEN
        if opened <= lower and not (strict and opened == lower):
            return row, opened, LOWER, AT_OPEN
        above = high[row] >= upper and not (strict and high[row] == upper)
        below = low[row] <= lower and not (strict and low[row] == lower)
        if above and below:
            if tie == DROP:
                return row, np.nan, AMBIGUOUS, AT_TIE
            # a falling bar is read as open, high, low, close
            upper_first = close[row] < opened if tie == BAR_DIRECTION else (side < 0) == (tie == STOP)
            return (row, upper, UPPER, AT_TIE) if upper_first else (row, lower, LOWER, AT_TIE)
        if above:
            return row, upper, UPPER, AT_LEVEL
        if below:
            return row, lower, LOWER, AT_LEVEL
    return last, close[last], VERTICAL, AT_CLOSE


@njit(cache=True)
def walk(open_, high, low, close, first, last, upper, lower, side, strict, tie):  # pragma: no cover - compiled
    """``first_touch`` of every event; all but the bars and the two rules are (n_events,)."""
    n = first.size
    row, fill = np.empty(n, np.int64), np.empty(n)
    touched, how = np.empty(n, np.int8), np.empty(n, np.int8)
    for k in range(n):
        row[k], fill[k], touched[k], how[k] = first_touch(
            open_, high, low, close, first[k], last[k], upper[k], lower[k], side[k], strict, tie
        )
    return row, fill, touched, how


@njit(cache=True)
def scan(
    offsets, side, open_, high, low, close, ts, entry, unit, profit, stop, holding, strict, tie, out
):  # pragma: no cover - compiled
    """Outcome of an event at every row whose ``side`` is not 0; see ``triple_barrier.triple_barrier`` for the rule.

    Parameters
    ----------
    side, ts, entry, unit : (n_rows,) position, time of the bar, entry price, and unit of the distances in price.
    profit, stop : distances of the barriers from the entry price, in units.
    holding : bars held.
    out : filled here: defined, gross return of the position, barrier (1 profit, -1 stop, 0 vertical), end_row, and the
        time of the last bar the label did or could touch; each (n_rows,). An undefined row keeps what stood in the
        first four. numpy makes such arrays faster than compiled code does: it asks for huge pages.
    """
    defined, gross, barrier, end_row, end_ts = out
    for symbol in range(offsets.size - 1):
        begin, final = offsets[symbol], offsets[symbol + 1] - 1
        floor, ceiling = _ranges(open_, high, low, close, begin, final)
        for row in range(begin, final + 1):
            last = min(row + holding, final)
            end_ts[row] = ts[last]
            here, price, gain, loss = side[row], entry[row], profit * unit[row], stop * unit[row]
            if here == 0 or row == final or not (gain > 0.0 and loss > 0.0 and np.isfinite(gain + loss)):
                continue
            if not (price > 0.0 and np.isfinite(price)):
                continue
            upper, lower = (price + gain, price - loss) if here > 0 else (price + loss, price - gain)
            # bars that stay within the levels need no rule; most do. An unsigned index is never counted from the end
            near, behind = np.uint64(row + 1 - begin), np.uint64(last - begin)
            while near < behind and floor[near] > lower and ceiling[near] < upper:
                near += np.uint64(1)
            first = begin + np.int64(near)
            end, fill, touched, _ = first_touch(open_, high, low, close, first, last, upper, lower, here, strict, tie)
            if touched in (BROKEN, AMBIGUOUS) or (touched == VERTICAL and row + holding > final):
                continue
            defined[row], gross[row] = True, here * (fill / price - 1.0)
            barrier[row], end_row[row], end_ts[row] = here * touched, end, ts[end]


@njit(cache=True)
def _ranges(open_, high, low, close, begin, final):  # pragma: no cover - compiled
    """Least and largest price of the bars ``begin..final``, without bound where one is missing."""
    floor, ceiling = np.empty(final + 1 - begin), np.empty(final + 1 - begin)
    for row in range(begin, final + 1):
        whole = np.isfinite(open_[row] + high[row] + low[row] + close[row])
        floor[row - begin] = min(open_[row], min(high[row], low[row])) if whole else -np.inf
        ceiling[row - begin] = max(open_[row], max(high[row], low[row])) if whole else np.inf
    return floor, ceiling
