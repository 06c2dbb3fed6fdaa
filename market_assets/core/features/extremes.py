"""Rolling order statistics of one series, as numba kernels; NaN rules as in ``rolling``."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from market_assets.core.market.panel import Floats


@njit(cache=True, error_model="numpy")
def rolling_max(x: Floats, window: int) -> Floats:
    """Largest value of the last ``window`` rows.

    A window is joined from two that overlap or touch, each time twice as long: a few passes instead of ``window``.
    """
    n = x.size
    out = np.full(n, np.nan)
    if n < window:
        return out
    best = x.copy()
    length = 1
    while length < window:
        lag = min(length, window - length)
        joined = np.empty(n)
        newer, older, into = best[lag:], best[: n - lag], joined[lag:]
        for i in range(n - lag):
            into[i] = older[i] if (older[i] > newer[i]) or (older[i] != older[i]) else newer[i]
        joined[:lag] = best[:lag]
        best = joined
        length += lag
    out[window - 1 :] = best[window - 1 :]
    return out


def rolling_min(x: Floats, window: int) -> Floats:
    """Smallest value of the last ``window`` rows."""
    return -rolling_max(-x, window)


@njit(cache=True, error_model="numpy")
def bars_since_max(x: Floats, window: int) -> Floats:
    """Bars since the (latest) largest value of the last ``window`` rows: 0 = this bar; NaN as ``rolling_max``."""
    n = x.size
    out = np.full(n, np.nan)
    if n < window:
        return out
    best, age = x.copy(), np.zeros(n)
    length = 1
    while length < window:
        lag = min(length, window - length)
        joined, aged = best.copy(), age.copy()
        newer, older, into = best[lag:], best[: n - lag], joined[lag:]
        since, before, aging = age[lag:], age[: n - lag], aged[lag:]
        for i in range(n - lag):
            better = (older[i] > newer[i]) or (older[i] != older[i])
            into[i] = older[i] if better else newer[i]
            aging[i] = before[i] + lag if better else since[i]
        best, age = joined, aged
        length += lag
    for i in range(window - 1, n):
        out[i] = age[i] if best[i] == best[i] else np.nan
    return out


@njit(cache=True, error_model="numpy")
def rolling_rank(x: Floats, window: int) -> Floats:
    """Share of the other rows of the window that lie below this row (ties count half): 0 lowest, 1 highest."""
    n = x.size
    out = np.full(n, np.nan)
    rows = n - window + 1
    if rows < 1:
        return out
    now = x[window - 1 :].copy()
    below = np.zeros(rows)
    for lag in range(1, window):
        past = x[window - 1 - lag : n - lag]
        for i in range(rows):
            # selects, not branches: the loop vectorises; a NaN on either side is neither below, equal nor above
            at_least = 0.5 if past[i] == now[i] else (0.0 if past[i] > now[i] else np.nan)
            below[i] += 1.0 if past[i] < now[i] else at_least
    out[window - 1 :] = below / (window - 1)
    return out


@njit(cache=True, error_model="numpy")
def permutation_entropy(x: Floats, window: int) -> Floats:
    """Entropy of the 6 orderings of 3 successive values over ``window`` rows, divided by ln 6 (Bandt & Pompe 2002).

    A tie keeps time order. The counts are integers, so sliding them is exact.
    """
    n = x.size
    out = np.full(n, np.nan)
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
    counts = np.zeros(8, np.int64)
    valid = 0
    for i in range(2, n):
        if code[i] >= 0:
            counts[code[i]] += 1
            valid += 1
        gone = i - patterns
        if gone >= 2 and code[gone] >= 0:
            counts[code[gone]] -= 1
            valid -= 1
        if valid == patterns:
            total = 0.0
            for pattern in range(8):
                total += table[counts[pattern]]
            out[i] = total / math.log(6.0)
    return out
