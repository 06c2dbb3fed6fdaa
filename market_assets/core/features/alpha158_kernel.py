"""All 158 columns of Alpha158 for one symbol in one call, as a numba kernel.

A window of 10 bars is two of 5, one of 20 two of 10, one of 30 the newest 20 and the 10 before, one of 60 two of 30.
Sums, moments (Chan, Golub & LeVeque 1979) and extremes of the longer window are joined from the shorter ones. Nothing
runs on from row to row, so a value depends on its window alone, to the byte, at one or two operations a window.
A NaN in the window makes the value NaN; rows with less than a full window are NaN. No kernel of another file is called:
numba's cache would not see a change there.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from market_assets.core.market.panel import Floats

WINDOWS = (5, 10, 20, 30, 60)
_FIRST = range(13, 158, 5)
"""Column of the shortest window of each operator, after the 13 columns of one bar."""
ROC, MA, STD, BETA, RSQR, RESI, MAX, MIN, QTLU, QTLD, RANK, RSV, IMAX, IMIN, IMXD = _FIRST[:15]
CORR, CORD, CNTP, CNTN, CNTD, SUMP, SUMN, SUMD, VMA, VSTD, WVMA, VSUMP, VSUMN, VSUMD = _FIRST[15:]
_NEWER = (-1, 0, 1, 2, 3)
"""For every window the number of the one that covers its newest part, and below that of the part before."""
_OLDER = (-1, 0, 1, 1, 3)

_ROUNDING = 1e-12
"""A standard deviation below this share of the mean is rounding, and counts as zero."""
_HUGE = 1e300


@njit(cache=True, error_model="numpy")
def _divide(a: Floats, b: Floats, out: Floats) -> None:
    """``a / b`` into ``out``, NaN where the quotient is not finite."""
    for i in range(out.size):
        quotient = a[i] / b[i]
        out[i] = quotient if -_HUGE < quotient < _HUGE else np.nan


@njit(cache=True, error_model="numpy")
def _sums(x: Floats) -> Floats:
    """Sums over the five windows, shape (5, n)."""
    n = x.size
    out = np.full((5, n), np.nan)
    base = out[0]
    for i in range(4, n):
        base[i] = x[i] + x[i - 1] + x[i - 2] + x[i - 3] + x[i - 4]
    for k in range(1, 5):
        window, lag = WINDOWS[k], WINDOWS[_NEWER[k]]
        newer, older, into = out[_NEWER[k]], out[_OLDER[k]], out[k]
        for i in range(window - 1, n):
            into[i] = newer[i] + older[i - lag]
    return out


@njit(cache=True, error_model="numpy")
def _means(x: Floats) -> Floats:
    """Means over the five windows, shape (5, n)."""
    out = _sums(x)
    for k in range(5):
        into = out[k]
        for i in range(x.size):
            into[i] /= WINDOWS[k]
    return out


@njit(cache=True, error_model="numpy")
def _comoments(x: Floats, mean_x: Floats, y: Floats, mean_y: Floats) -> Floats:
    """Sums of products of deviations from the window's means, shape (5, n)."""
    n = x.size
    out = np.full((5, n), np.nan)
    base = out[0]
    for i in range(4, n):
        mx, my = mean_x[0, i], mean_y[0, i]
        near = (x[i] - mx) * (y[i] - my) + (x[i - 1] - mx) * (y[i - 1] - my)
        far = (x[i - 3] - mx) * (y[i - 3] - my) + (x[i - 4] - mx) * (y[i - 4] - my)
        base[i] = near + (x[i - 2] - mx) * (y[i - 2] - my) + far
    for k in range(1, 5):
        window, lag = WINDOWS[k], WINDOWS[_NEWER[k]]
        share = lag * (window - lag) / window
        newer, older, into = out[_NEWER[k]], out[_OLDER[k]], out[k]
        x_newer, x_older = mean_x[_NEWER[k]], mean_x[_OLDER[k]]
        y_newer, y_older = mean_y[_NEWER[k]], mean_y[_OLDER[k]]
        for i in range(window - 1, n):
            apart = (x_newer[i] - x_older[i - lag]) * (y_newer[i] - y_older[i - lag])
            into[i] = newer[i] + older[i - lag] + apart * share
    return out


@njit(cache=True, error_model="numpy")
def _squares(x: Floats, mean: Floats) -> Floats:
    """Sums of squared deviations, shape (5, n); exactly 0 where the window is constant up to rounding."""
    out = _comoments(x, mean, x, mean)
    for k in range(5):
        into, centre = out[k], mean[k]
        for i in range(x.size):
            floor = _ROUNDING * centre[i]
            into[i] = 0.0 if into[i] <= floor * floor * (WINDOWS[k] - 1) else into[i]
    return out


@njit(cache=True, error_model="numpy")
def _trends(x: Floats, mean: Floats) -> Floats:
    """Sums of (time - mean time) times value, time counted in bars, shape (5, n)."""
    n = x.size
    out = np.full((5, n), np.nan)
    base = out[0]
    for i in range(4, n):
        base[i] = 2.0 * (x[i] - x[i - 4]) + (x[i - 1] - x[i - 3])
    for k in range(1, 5):
        window, lag = WINDOWS[k], WINDOWS[_NEWER[k]]
        # the centres of the two parts lie half the window apart
        share = lag * (window - lag) / 2.0
        newer, older, into = out[_NEWER[k]], out[_OLDER[k]], out[k]
        level, before = mean[_NEWER[k]], mean[_OLDER[k]]
        for i in range(window - 1, n):
            into[i] = newer[i] + older[i - lag] + (level[i] - before[i - lag]) * share
    return out


@njit(cache=True, error_model="numpy")
def _peaks(x: Floats) -> tuple[Floats, Floats]:
    """Largest value of the five windows and bars since it (the earliest of equals), both of shape (5, n)."""
    n = x.size
    best = np.full((5, n), np.nan)
    age = np.zeros((5, n))
    top, since = best[0], age[0]
    for i in range(4, n):
        top[i] = x[i]
    for lag in range(1, 5):
        for i in range(4, n):
            past = x[i - lag]
            better = (past >= top[i]) or (past != past)
            top[i] = past if better else top[i]
            since[i] = float(lag) if better else since[i]
    for k in range(1, 5):
        window, lag = WINDOWS[k], WINDOWS[_NEWER[k]]
        top, newer, older = best[k], best[_NEWER[k]], best[_OLDER[k]]
        since, since_newer, since_older = age[k], age[_NEWER[k]], age[_OLDER[k]]
        for i in range(window - 1, n):
            past = older[i - lag]
            better = (past >= newer[i]) or (past != past)
            top[i] = past if better else newer[i]
            since[i] = lag + since_older[i - lag] if better else since_newer[i]
    return best, age


@njit(cache=True, error_model="numpy")
def _quantiles(x: Floats, window: int, upper: Floats, lower: Floats) -> None:
    """The 0.8 and 0.2 quantiles of a window, linear between order statistics, from a window that is kept sorted.

    Taking out the oldest value and putting in the newest are selects over the window, not searches: they vectorise.
    """
    ordered = np.full(window + 1, np.inf)
    rest = np.full(window + 1, np.inf)
    rest[0] = -np.inf
    high, low = 0.8 * (window - 1), 0.2 * (window - 1)
    at_high, at_low = int(high), int(low)
    blank = -1  # the last row with a NaN, which stands as infinity among the ordered
    for i in range(x.size):
        value = x[i]
        if value != value:
            value, blank = np.inf, i
        oldest = x[i - window] if i >= window else np.inf
        oldest = np.inf if oldest != oldest else oldest
        for j in range(window - 1):
            rest[j + 1] = ordered[j] if ordered[j] < oldest else ordered[j + 1]
        for j in range(window):
            capped = rest[j + 1] if rest[j + 1] < value else value
            ordered[j] = rest[j] if rest[j] > capped else capped
        if i >= window - 1 and i - blank >= window:
            upper[i] = ordered[at_high] + (ordered[at_high + 1] - ordered[at_high]) * (high - at_high)
            lower[i] = ordered[at_low] + (ordered[at_low + 1] - ordered[at_low]) * (low - at_low)
        else:
            upper[i] = lower[i] = np.nan


@njit(cache=True, error_model="numpy")
def _bar_shapes(open_: Floats, high: Floats, low: Floats, close: Floats, out: Floats, start: int) -> None:
    """Candle parts by open and by range, and the prices by close; a part of a one-price bar is 0."""
    for i in range(close.size):
        at = start + i
        top, bottom = max(open_[i], close[i]), min(open_[i], close[i])
        span = high[i] - low[i]
        parts = (close[i] - open_[i], high[i] - top, bottom - low[i], (close[i] - low[i]) - (high[i] - close[i]))
        out[1, at] = span / open_[i]
        for number, first in enumerate((0, 3, 5, 7)):
            out[first, at] = parts[number] / open_[i]
            out[first + (2 if number == 0 else 1), at] = parts[number] / span if span > 0.0 else 0.0 * parts[number]
        out[9, at] = open_[i] / close[i]
        out[10, at] = high[i] / close[i]
        out[11, at] = low[i] / close[i]
        out[12, at] = (high[i] + low[i] + close[i]) / 3.0 / close[i]
    for column in range(13):
        row = out[column, start : start + close.size]
        for i in range(close.size):
            row[i] = row[i] if -_HUGE < row[i] < _HUGE else np.nan


@njit(cache=True, error_model="numpy")
def _lines(close: Floats, out: Floats, start: int) -> None:
    """Returns, mean, deviation, and the least-squares line of the close on time."""
    n = close.size
    mean = _means(close)
    square = _squares(close, mean)
    trend = _trends(close, mean)
    value = np.empty(n)
    for k in range(5):
        window = WINDOWS[k]
        time_square = window * (window * window - 1.0) / 12.0
        roc, fit = out[ROC + k, start : start + n], out[RSQR + k, start : start + n]
        roc[:window] = np.nan
        for i in range(window, n):
            quotient = close[i - window] / close[i]
            roc[i] = quotient if -_HUGE < quotient < _HUGE else np.nan
        _divide(mean[k], close, out[MA + k, start : start + n])
        for i in range(n):
            value[i] = math.sqrt(square[k, i] / (window - 1))
        _divide(value, close, out[STD + k, start : start + n])
        for i in range(n):
            value[i] = trend[k, i] / time_square
        _divide(value, close, out[BETA + k, start : start + n])
        for i in range(n):
            value[i] = close[i] - mean[k, i] - value[i] * ((window - 1) / 2.0)
        _divide(value, close, out[RESI + k, start : start + n])
        for i in range(n):
            explained = trend[k, i] * trend[k, i] / time_square
            fit[i] = min(1.0, explained / square[k, i]) if square[k, i] > 0.0 else np.nan


@njit(cache=True, error_model="numpy")
def _channels(high: Floats, low: Floats, close: Floats, out: Floats, start: int) -> None:
    """Highest high, lowest low, where they lie and where the close stands between them; quantiles of the close."""
    n = close.size
    top, since_top = _peaks(high)
    bottom, since_bottom = _peaks(-low)
    value, other = np.empty(n), np.empty(n)
    for k in range(5):
        window = WINDOWS[k]
        latest, lowest = out[IMAX + k, start : start + n], out[IMIN + k, start : start + n]
        between = out[IMXD + k, start : start + n]
        for i in range(n):
            # adding a NaN extreme makes the place NaN, adding 0 x a number changes nothing
            latest[i] = (window - since_top[k, i]) / window + 0.0 * top[k, i]
            lowest[i] = (window - since_bottom[k, i]) / window + 0.0 * bottom[k, i]
            between[i] = (since_bottom[k, i] - since_top[k, i]) / window + 0.0 * (top[k, i] + bottom[k, i])
        _divide(top[k], close, out[MAX + k, start : start + n])
        for i in range(n):
            value[i], other[i] = close[i] + bottom[k, i], top[k, i] + bottom[k, i]
        _divide(value, other, out[RSV + k, start : start + n])
        _divide(-bottom[k], close, out[MIN + k, start : start + n])
        _quantiles(close, window, value, other)
        _divide(value, close, out[QTLU + k, start : start + n])
        _divide(other, close, out[QTLD + k, start : start + n])


@njit(cache=True, error_model="numpy")
def _ranks(close: Floats, out: Floats, start: int) -> None:
    """Average rank of the close among the closes of the window, over the window's length."""
    n = close.size
    below = np.ones(n)
    lag = 1
    for k in range(5):
        window = WINDOWS[k]
        while lag < min(window, n):
            now, past, count = close[lag:], close[: n - lag], below[lag:]
            for i in range(n - lag):
                # selects, not branches: the loop vectorises; a NaN on either side is neither below, equal nor above
                at_least = 0.5 if past[i] == now[i] else (0.0 if past[i] > now[i] else np.nan)
                count[i] += 1.0 if past[i] < now[i] else at_least
            lag += 1
        rank = out[RANK + k, start : start + n]
        for i in range(n):
            rank[i] = below[i] / window if i >= window - 1 else np.nan


@njit(cache=True, error_model="numpy")
def _correlations(x: Floats, y: Floats, out: Floats, first: int, start: int) -> None:
    """Pearson correlation; NaN where one of both is constant."""
    n = x.size
    mean_x, mean_y = _means(x), _means(y)
    both = _comoments(x, mean_x, y, mean_y)
    square_x, square_y = _squares(x, mean_x), _squares(y, mean_y)
    for k in range(5):
        into = out[first + k, start : start + n]
        for i in range(n):
            scale = math.sqrt(square_x[k, i]) * math.sqrt(square_y[k, i])
            into[i] = min(1.0, max(-1.0, both[k, i] / scale)) if scale > 0.0 else np.nan


@njit(cache=True, error_model="numpy")
def _balances(gain: Floats, loss: Floats, out: Floats, first: int, start: int) -> None:
    """Shares of gains, of losses, and their difference, in the sum of both."""
    n = gain.size
    gains, losses = _sums(gain), _sums(loss)
    value, total = np.empty(n), np.empty(n)
    for k in range(5):
        for i in range(n):
            value[i], total[i] = gains[k, i] - losses[k, i], gains[k, i] + losses[k, i]
        _divide(gains[k], total, out[first + k, start : start + n])
        _divide(losses[k], total, out[first + 5 + k, start : start + n])
        _divide(value, total, out[first + 10 + k, start : start + n])


@njit(cache=True, error_model="numpy")
def _variations(x: Floats, by: Floats, own: bool, out: Floats, first: int, start: int) -> None:
    """Standard deviation of ``x`` by a series, or by its own mean (``own``); with a series, the mean by it before."""
    n = x.size
    mean = _means(x)
    square = _squares(x, mean)
    value = np.empty(n)
    for k in range(5):
        for i in range(n):
            value[i] = math.sqrt(square[k, i] / (WINDOWS[k] - 1))
        if not own:
            _divide(mean[k], by, out[first - 5 + k, start : start + n])
        _divide(value, mean[k] if own else by, out[first + k, start : start + n])


@njit(cache=True, error_model="numpy")
def _steps(x: Floats) -> tuple[Floats, Floats]:
    """Rise and fall since the row before, each at least 0; NaN in the first row."""
    rise, fall = np.full(x.size, np.nan), np.full(x.size, np.nan)
    for i in range(1, x.size):
        change = x[i] - x[i - 1]
        # not max and min: a NaN must stay
        rise[i] = 0.0 if change < 0.0 else change
        fall[i] = 0.0 if change > 0.0 else -change
    return rise, fall


@njit(cache=True, error_model="numpy")
def _counts(rise: Floats, fall: Floats, out: Floats, start: int) -> None:
    """Shares of rows that rose, that fell, and their difference."""
    n = rise.size
    rose, fell = _sums(np.sign(rise)), _sums(np.sign(fall))
    for k in range(5):
        ups, downs = out[CNTP + k, start : start + n], out[CNTN + k, start : start + n]
        between = out[CNTD + k, start : start + n]
        for i in range(n):
            ups[i], downs[i] = rose[k, i] / WINDOWS[k], fell[k, i] / WINDOWS[k]
            between[i] = (rose[k, i] - fell[k, i]) / WINDOWS[k]


@njit(cache=True, error_model="numpy")
def alpha158(open_: Floats, high: Floats, low: Floats, close: Floats, volume: Floats, out: Floats, start: int) -> None:
    """Write the columns of one symbol into ``out[:, start : start + n]``; ``out`` is C-contiguous, (158, n_rows)."""
    n = close.size
    change, turnover = np.full(n, np.nan), np.full(n, np.nan)
    log_volume, log_change = np.empty(n), np.full(n, np.nan)
    for i in range(n):
        log_volume[i] = math.log(volume[i] + 1.0)
    for i in range(1, n):
        change[i] = close[i] / close[i - 1]
        turnover[i] = abs(change[i] - 1.0) * volume[i]
        if volume[i - 1] > 0.0:
            log_change[i] = math.log(volume[i] / volume[i - 1] + 1.0)
    _bar_shapes(open_, high, low, close, out, start)
    _lines(close, out, start)
    _channels(high, low, close, out, start)
    _ranks(close, out, start)
    _correlations(close, log_volume, out, CORR, start)
    _correlations(change, log_change, out, CORD, start)
    rise, fall = _steps(close)
    _counts(rise, fall, out, start)
    _balances(rise, fall, out, SUMP, start)
    _variations(volume, volume, False, out, VSTD, start)
    _variations(turnover, turnover, True, out, WVMA, start)
    rise, fall = _steps(volume)
    _balances(rise, fall, out, VSUMP, start)
