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


REACH, TILE = 16, 512
"""Bars after the decision that ``scan`` looks at for many rows at once, and how many rows: they fit the first cache."""


@njit(cache=True)
def bar_touch(opened, high, low, close, upper, lower, over, under, side, tie):  # pragma: no cover - compiled
    """What one bar does to two levels: fill price, what it touched (``VERTICAL``: nothing, and no fill), and how.

    Order within the bar: (1) an open at or beyond a level is filled at the open (gap); (2) a bar that reaches
    both levels is resolved by ``tie``, since bars do not tell which came first; (3) a single level is filled
    at its price. ``over`` and ``under`` are the least and the largest price that reach ``upper`` and ``lower``.
    Nothing here branches: which level a bar reaches cannot be predicted, and so ``scan`` asks many bars at once.
    """
    gap_up, gap_down, above, below = opened >= over, opened <= under, high >= over, low <= under
    gap, both = gap_up | gap_down, above & below
    # a falling bar is read as open, high, low, close
    upper_first = (close < opened) if tie == BAR_DIRECTION else ((side < 0) == (tie == STOP))
    up = gap_up | ((not gap) & above & (upper_first | (not below)))
    down = gap_down | ((not gap) & below & (not up))
    broken, dropped = not np.isfinite(opened + high + low + close), (tie == DROP) & both & (not gap)
    fill = np.nan if broken | dropped else (opened if gap else (upper if up else lower))
    touched = UPPER if up else (LOWER if down else VERTICAL)
    touched = BROKEN if broken else (AMBIGUOUS if dropped else touched)
    return fill, touched, AT_LEVEL if broken else (AT_OPEN if gap else (AT_TIE if both else AT_LEVEL))


@njit(cache=True)
def first_touch(
    open_, high, low, close, first, last, upper, lower, side, strict=False, tie=STOP
):  # pragma: no cover - compiled
    """Walk the bars ``first..last`` (both included) until a level is reached.

    ``bar_touch`` states the order of events within a bar; after the last one the position is closed at its close.
    Prices are compared with price levels, never returns with percentages: 10.7 reaches 10 + 0.7, yet 10.7 / 10 - 1
    is below 0.07 in floating point. (Lopez de Prado 2018, section 3.4, extended to OHLC bars.)

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
    over, under = (np.nextafter(upper, np.inf), np.nextafter(lower, -np.inf)) if strict else (upper, lower)
    for row in range(first, last + 1):
        bar = open_[row], high[row], low[row], close[row]
        fill, touched, how = bar_touch(*bar, upper, lower, over, under, side, tie)
        if touched != VERTICAL:
            return row, fill, touched, how
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


@njit(cache=True, nogil=True)
def scan(
    offsets, side, open_, high, low, close, ts, entry, ahead, unit, window, profit, stop, holding, strict, tie, out
):  # pragma: no cover - compiled
    """Outcome of an event at every row whose ``side`` is not 0; see ``triple_barrier.triple_barrier`` for the rule.

    Parameters
    ----------
    side, ts : (n_rows,) position, and time of the bar.
    entry, ahead : (n_rows,) prices, and how many bars after its own a row is entered at one, 0 or 1.
    unit, window : (n_rows,) unit of the distances in price; where ``window`` is not 0, not read: the unit is then the
        mean true range of so many bars.
    profit, stop : distances of the barriers from the entry price, in units.
    holding : bars held.
    out : filled here: defined, gross return of the position, barrier (1 profit, -1 stop, 0 vertical), end_row, and the
        time of the last bar the label did or could touch; each (n_rows,). An undefined row has False, NaN, 0 and -1 in
        the first four. numpy makes such arrays faster than compiled code does: it asks for huge pages.
    """
    reach, longest = min(holding, REACH), np.max(np.diff(offsets)) if offsets.size > 1 else 0
    floor, ceiling = np.empty(longest + reach), np.empty(longest + reach)
    for symbol in range(offsets.size - 1):
        begin, behind = offsets[symbol], offsets[symbol + 1]
        own = slice(begin, behind)
        _ranges(open_[own], high[own], low[own], close[own], reach, floor, ceiling)
        price, here = np.full(behind - begin, np.nan), side[own].astype(np.float64)
        price[: max(behind - begin - ahead, 0)] = entry[begin + ahead : behind]
        here[-1:] = 0.0  # nothing follows the last bar
        distance = np.empty(behind - begin) if window else unit[own]
        if window:
            mean_true_range(high[own], low[own], close[own], window, distance)
        for left in range(0, behind - begin, TILE):
            tile = slice(left, left + TILE)
            upper, lower = _levels(here[tile], price[tile], distance[tile], profit, stop)
            over, under = (np.nextafter(upper, np.inf), np.nextafter(lower, -np.inf)) if strict else (upper, lower)
            near = _first_near(floor[left:], ceiling[left:], over, under, reach)
            last, end = np.empty(near.size, np.int64), np.empty(near.size, np.int64)
            for k in range(near.size):
                last[k] = min(begin + left + k + holding, behind - 1)
                end[k] = min(begin + left + k + np.int64(near[k]), last[k])
            fill, touched = _touches(open_, high, low, close, end, upper, lower, over, under, here[tile], tie)
            for k in range(end.size if reach < holding else 0):
                if touched[k] == VERTICAL and end[k] < last[k] and fill[k] == fill[k]:
                    end[k], fill[k], touched[k], _ = first_touch(
                        *(open_, high, low, close, end[k] + 1, last[k], upper[k], lower[k], here[left + k], strict, tie)
                    )
            for k in range(max(behind - begin - left - holding, 0), end.size):
                if touched[k] == VERTICAL:
                    fill[k] = np.nan  # the bars end before the vertical barrier
            _settle(here[tile], price[tile], fill, touched, end, last, ts, begin + left, out)


@njit(cache=True)
def _ranges(open_, high, low, close, reach, floor, ceiling):  # pragma: no cover - compiled
    """Least and largest price of each bar, without bound where one is missing; behind the bars nothing to touch."""
    n = open_.size
    for row in range(n):
        whole = np.isfinite(open_[row] + high[row] + low[row] + close[row])
        floor[row] = min(open_[row], min(high[row], low[row])) if whole else -np.inf
        ceiling[row] = max(open_[row], max(high[row], low[row])) if whole else np.inf
    floor[n : n + reach], ceiling[n : n + reach] = np.inf, -np.inf


@njit(cache=True)
def _levels(here, price, unit, profit, stop):  # pragma: no cover - compiled
    """Upper and lower price level of each row; NaN where there is no position, no volatility or no entry price."""
    upper, lower = np.empty(price.size), np.empty(price.size)
    for k in range(price.size):
        gain, loss, way = profit * unit[k], stop * unit[k], here[k]
        good = (way != 0.0) & (gain > 0.0) & (loss > 0.0) & np.isfinite(gain + loss)
        good = good & (price[k] > 0.0) & np.isfinite(price[k])
        upper[k] = price[k] + (gain if way > 0.0 else loss) if good else np.nan
        lower[k] = price[k] - (loss if way > 0.0 else gain) if good else np.nan
    return upper, lower


@njit(cache=True)
def _first_near(floor, ceiling, over, under, reach):  # pragma: no cover - compiled
    """Bars until the first of the next ``reach`` that may touch a level, one more where none does."""
    near = np.full(over.size, reach + 1.0)
    for step in range(reach, 0, -1):
        low, high = floor[step : step + near.size], ceiling[step : step + near.size]
        for k in range(near.size):
            inside = (low[k] > under[k]) & (high[k] < over[k])
            near[k] = near[k] if inside else step
    return near


@njit(cache=True)
def _touches(open_, high, low, close, end, upper, lower, over, under, here, tie):  # pragma: no cover - compiled
    """``bar_touch`` of one bar for each row, its close where it touches nothing; NaN where there are no levels."""
    n = end.size
    opened, highest, lowest, closed = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    fill, touched = np.empty(n), np.empty(n)
    for k in range(n):
        row = np.uint64(end[k])  # an unsigned index is never counted from the end
        opened[k], highest[k], lowest[k], closed[k] = open_[row], high[row], low[row], close[row]
    for k in range(n):
        bar = opened[k], highest[k], lowest[k], closed[k]
        reached, what, _ = bar_touch(*bar, upper[k], lower[k], over[k], under[k], here[k], tie)
        at_close = closed[k] if upper[k] == upper[k] else np.nan
        fill[k], touched[k] = at_close if what == VERTICAL else reached, what
    return fill, touched


@njit(cache=True)
def _settle(here, price, fill, touched, end, last, ts, first, out):  # pragma: no cover - compiled
    """Write the outcome of the rows from ``first`` on; one without a fill is undefined."""
    rows = slice(first, first + end.size)
    defined, gross, barrier, end_row, end_ts = out[0][rows], out[1][rows], out[2][rows], out[3][rows], out[4][rows]
    for k in range(end.size):
        gross[k] = here[k] * (fill[k] / price[k] - 1.0)
    for k in range(end.size):
        known = gross[k] == gross[k]
        end_row[k] = end[k] if known else -1
        last[k] = end[k] if known else last[k]
    for k in range(end.size):
        known = gross[k] == gross[k]
        defined[k], barrier[k], end_ts[k] = known, np.int8(here[k] * touched[k]) if known else 0, ts[np.uint64(last[k])]


@njit(cache=True)
def mean_true_range(high, low, close, window, out):  # pragma: no cover - compiled
    """Fill the mean of the last ``window`` true ranges of one symbol; see ``atr.average_true_range``."""
    size = close.size - window
    out[: min(window, close.size)] = np.nan
    true_range = np.empty(max(close.size - 1, 0))
    for k in range(true_range.size):
        before, top, bottom = close[k], high[k + 1], low[k + 1]
        spread, up, down = top - bottom, abs(top - before), abs(bottom - before)
        # a comparison with NaN is false, so a missing price is carried by the sum
        true_range[k] = max(spread, max(up, down)) + 0.0 * (spread + up + down)
    total = out[window:]
    total[:] = 0.0
    # four at a time, oldest first: the order decides the last digit
    for lag in range(0, window - 3 if size > 0 else 0, 4):
        one, two = true_range[lag : lag + size], true_range[lag + 1 : lag + 1 + size]
        three, four = true_range[lag + 2 : lag + 2 + size], true_range[lag + 3 : lag + 3 + size]
        for k in range(size):
            total[k] = (((total[k] + one[k]) + two[k]) + three[k]) + four[k]
    for lag in range(window - window % 4, window if size > 0 else 0):
        one = true_range[lag : lag + size]
        for k in range(size):
            total[k] += one[k]
    for k in range(size):
        total[k] /= window
