"""Rolling normalization of one series by its own past, as numba kernels.

The window of a row is the row itself and the ``window - 1`` before it; gaps in it are left out. A NaN stays NaN, and so
does a row with fewer than ``least`` values in its window. Each value depends on the values of its window alone, to the
byte: moments are summed newest first for every row, and quantiles come from the sorted window, which is exact.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from market_assets.core.market.panel import Floats

_ROUNDING = 1e-12
_MAD_TO_SD = 1.4826
_MEAN_AD_TO_SD = 1.2533


@njit(cache=True, error_model="numpy")
def rolling_zscore(x: Floats, window: int, least: int) -> Floats:
    """(x - mean) / sample standard deviation of the window, shape (n,); 0 where the window is constant."""
    n = x.size
    present = np.where(np.isnan(x), 0.0, 1.0)
    filled = np.where(np.isnan(x), 0.0, x)
    count = np.zeros(n)
    mean = np.zeros(n)
    for lag in range(min(window, n)):
        for i in range(lag, n):
            count[i] += present[i - lag]
            mean[i] += filled[i - lag]
    mean /= count
    square = np.zeros(n)
    for lag in range(min(window, n)):
        for i in range(lag, n):
            deviation = (filled[i - lag] - mean[i]) * present[i - lag]
            square[i] += deviation * deviation
    out = np.full(n, np.nan)
    for i in range(n):
        if present[i] == 1.0 and count[i] >= least:
            spread = np.sqrt(square[i] / (count[i] - 1.0))
            out[i] = (x[i] - mean[i]) / spread if spread > _ROUNDING * abs(mean[i]) else 0.0
    return out


@njit(cache=True, error_model="numpy")
def _slide(ordered: Floats, size: int, gone: float, new: float) -> int:
    """Take ``gone`` out of the first ``size`` sorted values and put ``new`` in; NaN is neither. The new size."""
    if gone == gone:
        at = np.searchsorted(ordered[:size], gone)
        for k in range(at, size - 1):
            ordered[k] = ordered[k + 1]
        size -= 1
    if new == new:
        at = np.searchsorted(ordered[:size], new)
        for k in range(size, at, -1):
            ordered[k] = ordered[k - 1]
        ordered[at] = new
        size += 1
    return size


@njit(cache=True, error_model="numpy")
def _quantile(ordered: Floats, size: int, share: float) -> float:
    """Linear interpolation between the order statistics (Hyndman & Fan 1996, type 7)."""
    place = share * (size - 1)
    below = int(np.floor(place))
    above = min(below + 1, size - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


@njit(cache=True, error_model="numpy")
def rolling_winsorize(x: Floats, window: int, least: int, low: float, high: float) -> Floats:
    """x clipped at two quantiles of the window, shape (n,)."""
    n = x.size
    clean = x + 0.0  # one zero: the sorted window does not tell -0.0 from 0.0
    ordered = np.empty(window + 1)
    out = np.full(n, np.nan)
    size = 0
    for i in range(n):
        size = _slide(ordered, size, clean[i - window] if i >= window else np.nan, clean[i])
        if clean[i] == clean[i] and size >= least:
            out[i] = min(max(clean[i], _quantile(ordered, size, low)), _quantile(ordered, size, high))
    return out


@njit(cache=True, error_model="numpy")
def _absolute_deviations(ordered: Floats, size: int, centre: float, into: Floats) -> None:
    """Sorted distances of sorted values from ``centre``: two runs that grow outwards, merged."""
    right = np.searchsorted(ordered[:size], centre)
    left = right - 1
    for k in range(size):
        if right >= size or (left >= 0 and centre - ordered[left] <= ordered[right] - centre):
            into[k] = centre - ordered[left]
            left -= 1
        else:
            into[k] = ordered[right] - centre
            right += 1


@njit(cache=True, error_model="numpy")
def rolling_median_mad(x: Floats, window: int, least: int) -> Floats:
    """(x - median) / scaled median absolute deviation of the window, shape (n,).

    Where that deviation is 0 the scaled mean absolute deviation takes its place (Iglewicz & Hoaglin 1993); 0 where the
    window is constant.
    """
    n = x.size
    clean = x + 0.0
    ordered = np.empty(window + 1)
    away: NDArray[np.float64] = np.empty(window + 1)
    out = np.full(n, np.nan)
    size = 0
    for i in range(n):
        size = _slide(ordered, size, clean[i - window] if i >= window else np.nan, clean[i])
        if clean[i] != clean[i] or size < least:
            continue
        centre = _quantile(ordered, size, 0.5)
        _absolute_deviations(ordered, size, centre, away)
        scale = _MAD_TO_SD * _quantile(away, size, 0.5)
        if scale == 0.0:
            total = 0.0
            for k in range(size):
                total += away[k]
            scale = _MEAN_AD_TO_SD * total / size
        out[i] = (clean[i] - centre) / scale if scale > 0.0 else 0.0
    return out
