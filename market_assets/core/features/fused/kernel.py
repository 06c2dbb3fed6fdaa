"""The operations of a tape on one symbol's series, and the loop that runs a whole tape: one numba call a symbol.

Sums, moments and extremes of a window are joined from those of its newer and its older part, so that every one costs a
few passes whatever its length, and windows of one series share parts. Nothing runs on from row to row except what is
declared to remember: a value depends on its window alone, to the byte. A NaN in the window makes the value NaN; rows
with less than a full window are NaN. Loops that write one array, with selects instead of branches, vectorise.

All of it is one file because numba's cache on disk watches the file of a kernel alone: an operation in another file
could run stale after an edit.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from market_assets.core.market.panel import Floats

FourSeries = tuple[Floats, Floats, Floats, Floats]

_HUGE = 1e300
_TINY = 2.3e-308
_ROOT_HALF = 0x3FE6A09E667F3BCD
"""Bits of sqrt(1/2)."""
_LN2_HIGH, _LN2_LOW = float.fromhex("0x1.62e42feep-1"), float.fromhex("0x1.a39ef35793c76p-33")
"""ln 2 in two parts; the first has 21 bits to spare, so that its product with an exponent is exact."""
_ROUNDING = 1e-12
"""A standard deviation below this share of the mean is rounding, and counts as zero."""

ADD, SUB, MUL, RATIO, MAXIMUM, MINIMUM, GREATER, AT_LEAST, BOTH = range(9)
WHERE_ELSE, WHERE_NUMBER, LOG_RATIO, WHERE = range(9, 13)
"""Operations of two series (``WHERE``: three)."""

ADD_NUMBER, FROM_NUMBER, MUL_NUMBER, DIV_NUMBER, MAX_NUMBER, ABOVE_NUMBER, OTHER_THAN, CLIP = range(13, 21)
ABSOLUTE, NEGATIVE, SIGN, ROOT, IS_NAN, NOT, LOG = range(21, 28)
"""Of one series, with a number or without."""

LOG_RETURN, SHIFT, STREAK, SUM, APART, COMOMENT, POWERS, TREND = range(28, 36)
VARIANCE, CORRELATION, SHAPE, LINE, PATH, TOP, AGE, KNOWN, RANK, ENTROPY, FORGET, COLUMN, SECOND = range(36, 49)
"""Of windows and of runs; ``COLUMN`` is an input, ``SECOND`` the second value of the operation that it reads."""

WRITES, READS, WHOLES = 4, 7, 4
"""Values that an operation writes, series that it reads and numbers that it takes, whole or real, at most."""
LANES = WRITES
"""Series of one exponential mean."""
_READ, _WHOLE = 1 + WRITES, 1 + WRITES + READS


@njit(cache=True, error_model="numpy")
def _blank(out: Floats, rows: int) -> None:
    for i in range(min(rows, out.size)):
        out[i] = np.nan


@njit(cache=True, error_model="numpy")
def _log(x: Floats) -> None:
    """Natural logarithms in place; NaN unless the value is positive, finite and not subnormal.

    x = 2^e m with m in sqrt(1/2)..sqrt(2), and ln m = 2 atanh(s) with s = (m - 1) / (m + 1), as a series in s^2: within
    0.7 of the last digit. No library is called, so the loops vectorise, and every machine gives the same bytes.
    """
    n = x.size
    bits = x.view(np.int64)
    fraction, exponent = np.empty(n, np.int64), np.empty(n)
    for i in range(n):
        fraction[i] = bits[i] - (((bits[i] - _ROOT_HALF) >> 52) << 52)
    for i in range(n):
        exponent[i] = np.int32(np.int32((bits[i] - _ROOT_HALF) >> 32) >> 20)
    m = fraction.view(np.float64)
    for i in range(n):
        f = m[i] - 1.0
        s = f / (2.0 + f)
        z = s * s
        w = z * z
        even = w * (2 / 5 + w * (2 / 9 + w * (2 / 13 + w * (2 / 17 + w * (2 / 21)))))
        odd = z * (2 / 3 + w * (2 / 7 + w * (2 / 11 + w * (2 / 15 + w * (2 / 19)))))
        half = 0.5 * f * f
        rest = half - (s * (half + (even + odd)) + exponent[i] * _LN2_LOW)
        value = exponent[i] * _LN2_HIGH - (rest - f)
        x[i] = value if (x[i] >= _TINY) and (x[i] < np.inf) else np.nan


@njit(cache=True, error_model="numpy")
def _pair(op: int, a: Floats, b: Floats, k: float, out: Floats) -> None:
    """Operations on two series, row by row."""
    n = out.size
    if op == ADD:
        for i in range(n):
            out[i] = a[i] + b[i]
    elif op == SUB:
        for i in range(n):
            out[i] = a[i] - b[i]
    elif op in (MUL, BOTH):
        for i in range(n):
            out[i] = a[i] * b[i]
    elif op == RATIO:
        for i in range(n):
            quotient = a[i] / b[i]
            out[i] = (quotient if -_HUGE < quotient < _HUGE else np.nan) + k
    elif op == MAXIMUM:
        for i in range(n):
            out[i] = a[i] if (a[i] > b[i]) or (a[i] != a[i]) else b[i]
    elif op == MINIMUM:
        for i in range(n):
            out[i] = a[i] if (a[i] < b[i]) or (a[i] != a[i]) else b[i]
    elif op == GREATER:
        for i in range(n):
            out[i] = 1.0 if a[i] > b[i] else 0.0
    elif op == AT_LEAST:
        for i in range(n):
            out[i] = 1.0 if a[i] >= b[i] else 0.0
    elif op == WHERE_ELSE:
        for i in range(n):
            out[i] = b[i] if a[i] != 0.0 else k
    elif op == WHERE_NUMBER:
        for i in range(n):
            out[i] = k if a[i] != 0.0 else b[i]
    elif op == LOG_RATIO:
        for i in range(n):
            quotient = a[i] / b[i]
            out[i] = quotient if (a[i] > 0.0) & (b[i] > 0.0) else np.nan
        _log(out)


@njit(cache=True, error_model="numpy")
def _single(op: int, a: Floats, k: float, out: Floats) -> None:
    """Operations on one series and a number, row by row."""
    n = out.size
    if op == ADD_NUMBER:
        for i in range(n):
            out[i] = a[i] + k
    elif op == FROM_NUMBER:
        for i in range(n):
            out[i] = k - a[i]
    elif op == MUL_NUMBER:
        for i in range(n):
            out[i] = a[i] * k
    elif op == DIV_NUMBER:
        for i in range(n):
            out[i] = a[i] / k
    elif op == MAX_NUMBER:
        for i in range(n):
            out[i] = k if a[i] < k else a[i]
    elif op == ABOVE_NUMBER:
        for i in range(n):
            out[i] = 1.0 if a[i] > k else 0.0
    elif op == OTHER_THAN:
        for i in range(n):
            out[i] = 1.0 if a[i] != k else 0.0
    elif op == ABSOLUTE:
        for i in range(n):
            out[i] = abs(a[i])
    elif op == NEGATIVE:
        for i in range(n):
            out[i] = -a[i]
    elif op == SIGN:
        for i in range(n):
            out[i] = 1.0 if a[i] > 0.0 else (-1.0 if a[i] < 0.0 else (0.0 if a[i] == 0.0 else np.nan))
    elif op == ROOT:
        for i in range(n):
            out[i] = math.sqrt(a[i])
    elif op == IS_NAN:
        for i in range(n):
            out[i] = 1.0 if a[i] != a[i] else 0.0
    elif op == NOT:
        for i in range(n):
            out[i] = 1.0 - a[i]
    elif op == CLIP:
        for i in range(n):
            out[i] = k if a[i] > k else (-k if a[i] < -k else a[i])
    elif op == LOG:
        for i in range(n):
            out[i] = a[i] if a[i] > 0.0 else np.nan
        _log(out)


@njit(cache=True, error_model="numpy")
def _log_return(x: Floats, lag: int, out: Floats) -> None:
    _blank(out, lag)
    now, into = x[lag:], out[lag:]
    for i in range(into.size):
        quotient = now[i] / x[i]
        into[i] = quotient if (now[i] > 0.0) & (x[i] > 0.0) else np.nan
    _log(into)


@njit(cache=True, error_model="numpy")
def _column(x: Floats, k: float, out: Floats) -> None:
    for i in range(out.size):
        out[i] = x[i] + k


@njit(cache=True, error_model="numpy")
def _shift(x: Floats, lag: int, k: float, out: Floats) -> None:
    _blank(out, lag)
    into = out[lag:]
    # adding -0.0, unknown to the compiler, keeps the loop a loop: a call of memmove is slower at this length
    for i in range(into.size):
        into[i] = x[i] + k


@njit(cache=True, error_model="numpy")
def _streak(x: Floats, out: Floats) -> None:
    """Length of the run of equal signs that ends at each row, signed; zero or NaN ends a run."""
    run = 0.0
    for i in range(x.size):
        if x[i] > 0.0:
            run = max(run, 0.0) + 1.0
        elif x[i] < 0.0:
            run = min(run, 0.0) - 1.0
        else:
            run = 0.0
        out[i] = run


@njit(cache=True, error_model="numpy")
def _sum(newer: Floats, older: Floats, lag: int, out: Floats) -> None:
    """Sum of a window from those of its newer part, ``lag`` rows long, and of the older one."""
    _blank(out, lag)
    newer, into = newer[lag:], out[lag:]
    for i in range(into.size):
        into[i] = newer[i] + older[i]


@njit(cache=True, error_model="numpy")
def _apart(newer: Floats, older: Floats, lag: int, rest: int, out: Floats) -> None:
    """Mean of the newer part of a window less that of the older one, from their sums."""
    _blank(out, lag)
    newer, into = newer[lag:], out[lag:]
    of_newer, of_older = 1.0 / lag, 1.0 / rest
    for i in range(into.size):
        into[i] = newer[i] * of_newer - older[i] * of_older


@njit(cache=True, error_model="numpy")
def _comoment(newer: Floats, older: Floats, apart_x: Floats, apart_y: Floats, lag: int, rest: int, out: Floats) -> None:
    """Sum of products of deviations from the window's means, from those of its parts (Chan, Golub & LeVeque 1979)."""
    _blank(out, lag)
    newer, apart_x, apart_y, into = newer[lag:], apart_x[lag:], apart_y[lag:], out[lag:]
    share = lag * rest / float(lag + rest)
    for i in range(into.size):
        into[i] = newer[i] + older[i] + apart_x[i] * apart_y[i] * share


@njit(cache=True, error_model="numpy")
def _variance(total: Floats, mean: Floats, window: int, out: Floats) -> None:
    """Sample variance from the sum of squared deviations; exactly 0 where it is rounding."""
    for i in range(out.size):
        variance = total[i] / (window - 1)
        floor = _ROUNDING * mean[i]
        out[i] = 0.0 if variance <= floor * floor else variance


@njit(cache=True, error_model="numpy")
def _correlation(total: Floats, var_x: Floats, var_y: Floats, window: int, out: Floats) -> None:
    """Pearson correlation from ``_comoment``; NaN if one series is constant."""
    for i in range(out.size):
        value = total[i] / (window - 1) / math.sqrt(var_x[i]) / math.sqrt(var_y[i])
        value = 1.0 if value > 1.0 else (-1.0 if value < -1.0 else value)
        out[i] = value if (var_x[i] > 0.0) and (var_y[i] > 0.0) else np.nan


@njit(cache=True, error_model="numpy")
def _powers(
    squares: tuple[Floats, Floats],
    thirds: tuple[Floats, Floats],
    fourths: tuple[Floats, Floats],
    apart: Floats,
    lag: int,
    rest: int,
    third: Floats,
    fourth: Floats,
) -> None:
    """Sums of third and fourth powers of deviations from the window's mean, from those of its parts (Pebay 2008)."""
    _blank(third, lag)
    _blank(fourth, lag)
    two_new, two_old, three_new, three_old = squares[0][lag:], squares[1], thirds[0][lag:], thirds[1]
    four_new, four_old, apart = fourths[0][lag:], fourths[1], apart[lag:]
    into, other = third[lag:], fourth[lag:]
    a, b, n = float(rest), float(lag), float(lag + rest)
    cube, line = a * b * (a - b) / (n * n), 3.0 / n
    for i in range(into.size):
        d = apart[i]
        both = three_new[i] + three_old[i]
        into[i] = both + d * (d * d * cube + line * (a * two_new[i] - b * two_old[i]))
    quart, square = a * b * (a * a - a * b + b * b) / (n * n * n), 6.0 / (n * n)
    for i in range(into.size):
        d = apart[i]
        dd = d * d
        mixed = 4.0 / n * d * (a * three_new[i] - b * three_old[i])
        spread = dd * (dd * quart + square * (a * a * two_new[i] + b * b * two_old[i]))
        other[i] = four_new[i] + four_old[i] + (spread + mixed)


@njit(cache=True, error_model="numpy")
def _shape(third: Floats, fourth: Floats, var: Floats, window: int, skew: Floats, kurtosis: Floats) -> None:
    """Bias-adjusted skewness and excess kurtosis (Joanes & Gill 1998, G1 and G2)."""
    w = float(window)
    for i in range(var.size):
        m2 = var[i] * (w - 1.0) / w
        g1 = third[i] / w / (m2 * math.sqrt(m2))
        skew[i] = g1 * (math.sqrt(w * (w - 1.0)) / (w - 2.0)) if var[i] > 0.0 else np.nan
    for i in range(var.size):
        m2 = var[i] * (w - 1.0) / w
        g2 = fourth[i] / w / (m2 * m2) - 3.0
        kurtosis[i] = ((w + 1.0) * g2 + 6.0) * ((w - 1.0) / ((w - 2.0) * (w - 3.0))) if var[i] > 0.0 else np.nan


@njit(cache=True, error_model="numpy")
def _trend(newer: Floats, older: Floats, apart: Floats, lag: int, rest: int, out: Floats) -> None:
    """Sum of (time - mean time) times value, from those of the window's parts, whose centres lie half of it apart."""
    _blank(out, lag)
    newer, apart, into = newer[lag:], apart[lag:], out[lag:]
    share = lag * rest / 2.0
    for i in range(into.size):
        into[i] = newer[i] + older[i] + apart[i] * share


@njit(cache=True, error_model="numpy")
def _line(trend: Floats, var: Floats, window: int, slope: Floats, fit: Floats) -> None:
    """Slope per bar and R squared of the least-squares line on time; no fit where the series is constant."""
    time_square = window * (window * window - 1.0) / 12.0
    for i in range(var.size):
        share = trend[i] * trend[i] / time_square / (var[i] * (window - 1))
        fit[i] = (1.0 if share > 1.0 else share) if var[i] > 0.0 else np.nan
    for i in range(var.size):
        slope[i] = trend[i] / time_square


@njit(cache=True, error_model="numpy")
def _highest(x: Floats, mean: Floats, window: int, sign: float, path: Floats, high: Floats) -> None:
    """Highest point, at least 0, of the path of ``sign`` times the deviations from the mean, oldest first."""
    rows = path.size
    for i in range(rows):
        path[i] = 0.0
        high[i] = 0.0
    for age in range(window % 4):
        past = x[age : age + rows]
        for i in range(rows):
            here = path[i] + sign * (past[i] - mean[i])
            path[i] = here
            high[i] = here if here > high[i] else high[i]
    for age in range(window % 4, window, 4):
        past = x[age : age + rows + 3]
        for i in range(rows):
            centre, top = mean[i], high[i]
            one = path[i] + sign * (past[i] - centre)
            two = one + sign * (past[i + 1] - centre)
            three = two + sign * (past[i + 2] - centre)
            four = three + sign * (past[i + 3] - centre)
            path[i] = four
            top = one if one > top else top
            top = two if two > top else top
            top = three if three > top else top
            high[i] = four if four > top else top


@njit(cache=True, error_model="numpy")
def _path(x: Floats, mean: Floats, var: Floats, window: int, out: Floats) -> None:
    """Range of the cumulated deviations from the mean over the standard deviation (R/S), oldest row first."""
    n = x.size
    _blank(out, window - 1)
    rows = n - window + 1
    if rows < 1:
        return
    mean, var, share = mean[window - 1 :], var[window - 1 :], out[window - 1 :]
    path, high = np.empty(rows), np.empty(rows)
    _highest(x, mean, window, -1.0, path, high)
    for i in range(rows):
        share[i] = high[i]
    _highest(x, mean, window, 1.0, path, high)
    for i in range(rows):
        value = (high[i] + share[i]) / math.sqrt(var[i] * (window - 1) / window)
        share[i] = value if var[i] > 0.0 else np.nan


@njit(cache=True, error_model="numpy")
def _top(part: Floats, lag: int, out: Floats) -> None:
    """Largest value of two windows that overlap or touch, the older one ``lag`` rows before."""
    n = out.size
    _blank(out, lag)
    newer, into = part[lag:], out[lag:]
    for i in range(n - lag):
        into[i] = part[i] if (part[i] > newer[i]) or (part[i] != part[i]) else newer[i]


@njit(cache=True, error_model="numpy")
def _age(part: Floats, age: Floats, single: bool, lag: int, out: Floats) -> None:
    """Bars since the latest largest value of the two windows of ``_top``, from those of its parts."""
    n = out.size
    _blank(out, lag)
    newer, since, into = part[lag:], age[lag:], out[lag:]
    if single:
        for i in range(n - lag):
            into[i] = 1.0 if (part[i] > newer[i]) or (part[i] != part[i]) else 0.0
        return
    for i in range(n - lag):
        into[i] = age[i] + lag if (part[i] > newer[i]) or (part[i] != part[i]) else since[i]


@njit(cache=True, error_model="numpy")
def _rank(x: Floats, window: int, out: Floats) -> None:
    """Share of the other rows of the window that lie below this row, ties half."""
    n = x.size
    _blank(out, window - 1)
    rows = n - window + 1
    if rows < 1:
        return
    now, below = x[window - 1 :], out[window - 1 :]
    for i in range(rows):
        below[i] = 0.0
    # counted twice and in selects, not branches: the loops vectorise, and every count is exact
    for lag in range(1, 1 + (window - 1) % 2):
        past = x[window - 1 - lag : n - lag]
        for i in range(rows):
            below[i] += (1.0 if past[i] < now[i] else 0.0) + (1.0 if past[i] <= now[i] else 0.0)
    for lag in range(1 + (window - 1) % 2, window, 2):
        past = x[window - 2 - lag : n - lag]
        for i in range(rows):
            one = (1.0 if past[i] < now[i] else 0.0) + (1.0 if past[i] <= now[i] else 0.0)
            two = (1.0 if past[i + 1] < now[i] else 0.0) + (1.0 if past[i + 1] <= now[i] else 0.0)
            below[i] = below[i] + one + two
    for i in range(rows):
        below[i] = 0.5 * below[i] / (window - 1)
    blank = -window
    for i in range(n):
        if x[i] != x[i]:
            blank = i
        if i - blank < window:
            out[i] = np.nan


@njit(cache=True, error_model="numpy")
def _entropy(x: Floats, window: int, out: Floats) -> None:
    """Permutation entropy of the orderings of 3 successive values over ``window`` rows, divided by ln 6."""
    n = x.size
    _blank(out, n)
    patterns = window - 2
    code = np.full(n, -1)
    for i in range(2, n):
        a, b, c = x[i - 2], x[i - 1], x[i]
        if a == a and b == b and c == c:
            code[i] = 4 * (a > b) + 2 * (b > c) + 1 * (a > c)
    table = np.zeros(patterns + 1)
    for count in range(1, patterns + 1):
        share = count / patterns
        table[count] = -share * math.log(share)
    counts, parts = np.zeros(8, np.int64), np.zeros(8)
    valid = 0
    for i in range(2, n):
        if code[i] >= 0:
            counts[code[i]] += 1
            parts[code[i]] = table[counts[code[i]]]
            valid += 1
        gone = i - patterns
        if gone >= 2 and code[gone] >= 0:
            counts[code[gone]] -= 1
            parts[code[gone]] = table[counts[code[gone]]]
            valid -= 1
        if valid == patterns:
            # 1 and 6 are no orderings
            total = parts[0] + parts[2] + parts[3] + parts[4] + parts[5] + parts[7]
            out[i] = total / math.log(6.0)


@njit(cache=True, error_model="numpy")
def _decayed(series: FourSeries, keep: Floats, count: bool, outs: FourSeries) -> None:
    """Sums of four series, or counts of their rows, that shrink from row to row; a NaN row adds nothing.

    Each row waits for the row before it: four series that do not wait for each other take little longer than one.
    """
    x0, x1, x2, x3 = series
    out0, out1, out2, out3 = outs
    keep0, keep1, keep2, keep3 = keep[0], keep[1], keep[2], keep[3]
    t0 = t1 = t2 = t3 = 0.0
    if count:
        for i in range(x0.size):
            t0 = t0 * keep0 + (1.0 if x0[i] == x0[i] else 0.0)
            t1 = t1 * keep1 + (1.0 if x1[i] == x1[i] else 0.0)
            t2 = t2 * keep2 + (1.0 if x2[i] == x2[i] else 0.0)
            t3 = t3 * keep3 + (1.0 if x3[i] == x3[i] else 0.0)
            out0[i], out1[i], out2[i], out3[i] = t0, t1, t2, t3
        return
    for i in range(x0.size):
        t0 = t0 * keep0 + (x0[i] if x0[i] == x0[i] else 0.0)
        t1 = t1 * keep1 + (x1[i] if x1[i] == x1[i] else 0.0)
        t2 = t2 * keep2 + (x2[i] if x2[i] == x2[i] else 0.0)
        t3 = t3 * keep3 + (x3[i] if x3[i] == x3[i] else 0.0)
        out0[i], out1[i], out2[i], out3[i] = t0, t1, t2, t3


@njit(cache=True, error_model="numpy")
def _weighted(total: Floats, weight: Floats, x: Floats, warm: int) -> None:
    """Totals to means, in place; NaN before ``warm`` observations."""
    for i in range(total.size):
        total[i] = total[i] / weight[i] if weight[i] > 0.0 else np.nan
    seen = 0
    for i in range(total.size):
        seen += x[i] == x[i]
        if seen >= warm:
            break
        total[i] = np.nan


@njit(cache=True, error_model="numpy")
def _forget(series: FourSeries, alpha: Floats, warm: NDArray[np.int64], outs: FourSeries, lanes: int) -> None:
    """Exponentially weighted means with normalised weights; lanes that are not used repeat the last one."""
    keep, n = 1.0 - alpha, series[0].size
    weights = (np.empty(n), np.empty(n), np.empty(n), np.empty(n))
    _decayed(series, keep, False, outs)
    _decayed(series, keep, True, weights)
    for lane in range(lanes):
        _weighted(outs[lane], weights[lane], series[lane], warm[lane])


@njit(cache=True, error_model="numpy")
def _at(memory: Floats, start: int, n: int) -> Floats:
    return memory[start : start + n]


@njit(cache=True, error_model="numpy", nogil=True)
def run(
    code: NDArray[np.int64],
    numbers: Floats,
    places: NDArray[np.int64],
    bars: tuple[Floats, Floats, Floats, Floats, Floats],
    memory: Floats,
) -> None:
    """Run a tape over the bars of one symbol.

    Parameters
    ----------
    code : one line an operation, whole numbers: the operation, the slots that it writes, those that it reads, and its
        whole parameters; shape (lines, 1 + WRITES + READS + WHOLES).
    numbers : real parameters of each operation, shape (lines, WHOLES).
    places : where every slot begins in ``memory``.
    bars : open, high, low, close and volume, shapes (n,).
    """
    n = bars[0].size
    for line in range(code.shape[0]):
        op, k = code[line, 0], numbers[line, 0]
        first, second = code[line, _WHOLE], code[line, _WHOLE + 1]
        slots = places[code[line, 1:_WHOLE]]
        out, other = _at(memory, slots[0], n), _at(memory, slots[1], n)
        a, b = _at(memory, slots[WRITES], n), _at(memory, slots[WRITES + 1], n)
        c, d = _at(memory, slots[WRITES + 2], n), _at(memory, slots[WRITES + 3], n)
        if op < WHERE:
            _pair(op, a, b, k, out)
        elif op == WHERE:
            for i in range(n):
                out[i] = b[i] if a[i] != 0.0 else c[i]
        elif op < LOG_RETURN:
            _single(op, a, k, out)
        elif op == LOG_RETURN:
            _log_return(a, first, out)
        elif op == STREAK:
            _streak(a, out)
        elif op == SHIFT:
            _shift(a, first, k, out)
        elif op == SUM:
            _sum(a, b, first, out)
        elif op == APART:
            _apart(a, b, first, second, out)
        elif op == COMOMENT:
            _comoment(a, b, c, d, first, second, out)
        elif op == VARIANCE:
            _variance(a, b, first, out)
        elif op == CORRELATION:
            _correlation(a, b, c, first, out)
        elif op == POWERS:
            e, f, g = _at(memory, slots[8], n), _at(memory, slots[9], n), _at(memory, slots[10], n)
            _powers((a, b), (c, d), (e, f), g, first, second, out, other)
        elif op == TREND:
            _trend(a, b, c, first, second, out)
        elif op == SHAPE:
            _shape(a, b, c, first, out, other)
        elif op == LINE:
            _line(a, b, first, out, other)
        elif op == PATH:
            _path(a, b, c, first, out)
        elif op == TOP:
            _top(a, first, out)
        elif op == AGE:
            _age(a, b, second == 0, first, out)
        elif op == KNOWN:
            for i in range(n):
                out[i] = b[i] if a[i] == a[i] else np.nan
        elif op == RANK:
            _rank(a, first, out)
        elif op == ENTROPY:
            _entropy(a, first, out)
        elif op == FORGET:
            outs = (out, other, _at(memory, slots[2], n), _at(memory, slots[3], n))
            lanes = 1
            for lane in range(1, LANES):
                lanes += slots[lane] != slots[lane - 1]
            _forget((a, b, c, d), numbers[line], code[line, _WHOLE:], outs, lanes)
        elif op == COLUMN:
            _column(bars[first], k, out)
