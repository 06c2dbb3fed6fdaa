"""Element-wise numba kernels on one symbol's series: safe ratios, logarithms and shifts.

Kernels of one file never call kernels of another file: numba's on-disk cache watches the caller's
file only, so a cross-file call could run stale code after an edit.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from market_assets.core.market.panel import Floats

_HUGE = 1e300


@njit(cache=True, error_model="numpy")
def ratio(a: Floats, b: Floats) -> Floats:
    """``a / b`` with NaN wherever the quotient is undefined or not finite; shapes (n,)."""
    out = np.empty(a.size)
    for i in range(a.size):
        quotient = a[i] / b[i]
        out[i] = quotient if -_HUGE < quotient < _HUGE else np.nan
    return out


@njit(cache=True, error_model="numpy")
def log_ratio(a: Floats, b: Floats) -> Floats:
    """``ln(a / b)`` with NaN unless both are positive; shapes (n,)."""
    out = np.empty(a.size)
    for i in range(a.size):
        out[i] = math.log(a[i] / b[i]) if a[i] > 0.0 and b[i] > 0.0 else np.nan
    return out


@njit(cache=True, error_model="numpy")
def log_return(x: Floats, lag: int) -> Floats:
    """``ln(x_t / x_{t-lag})``, NaN in the first ``lag`` rows."""
    out = np.full(x.size, np.nan)
    for i in range(lag, x.size):
        if x[i] > 0.0 and x[i - lag] > 0.0:
            out[i] = math.log(x[i] / x[i - lag])
    return out


@njit(cache=True, error_model="numpy")
def shift(x: Floats, lag: int) -> Floats:
    """``x_{t-lag}`` for ``lag >= 0``, NaN in the first ``lag`` rows."""
    out = np.full(x.size, np.nan)
    for i in range(lag, x.size):
        out[i] = x[i - lag]
    return out


@njit(cache=True, error_model="numpy")
def signed_streak(x: Floats) -> Floats:
    """Length of the run of equal signs that ends at each row, signed; zero or NaN ends a run."""
    out = np.zeros(x.size)
    run = 0.0
    for i in range(x.size):
        if x[i] > 0.0:
            run = max(run, 0.0) + 1.0
        elif x[i] < 0.0:
            run = min(run, 0.0) - 1.0
        else:
            run = 0.0
        out[i] = run
    return out
