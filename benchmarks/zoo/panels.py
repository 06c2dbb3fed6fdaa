"""Plain operations on (T, N) arrays with gaps, which only look back."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def fill_forward(values: Floats) -> Floats:
    """Last known value of each column; NaN before the first."""
    rows = np.where(np.isnan(values), 0, np.arange(values.shape[0])[:, None])
    return np.take_along_axis(values, np.maximum.accumulate(rows, axis=0), axis=0)


def fill_backward(values: Floats) -> Floats:
    """Next known value of each column: the leak of half the zoo."""
    return fill_forward(values[::-1])[::-1]


def shift(values: Floats, by: int = 1) -> Floats:
    """Rows moved ``by`` sessions later (earlier where negative); NaN where nothing moves in."""
    out = np.full(values.shape, np.nan)
    if by >= 0:
        out[by:] = values[: values.shape[0] - by]
    else:
        out[:by] = values[-by:]
    return out


def log_returns(close: Floats) -> Floats:
    """Log return of each session on the last known price; NaN in gaps."""
    return np.log(close) - np.log(shift(fill_forward(close)))


def windows(values: Floats, length: int) -> Floats:
    """Trailing windows (T, N, length) that end at each row; NaN before the start."""
    front = np.full((length - 1, values.shape[1]), np.nan)
    return np.ascontiguousarray(sliding_window_view(np.vstack([front, values]), length, axis=0))


def mean_known(values: Floats, axis: int) -> Floats:
    """Mean of what is there; 0 where nothing is."""
    there = ~np.isnan(values)
    count = there.sum(axis=axis)
    return np.where(there, values, 0.0).sum(axis=axis) / np.maximum(count, 1)


def std_known(values: Floats, axis: int) -> Floats:
    """Population standard deviation of what is there, at least 1e-6."""
    centre = np.expand_dims(mean_known(values, axis), axis)
    return np.sqrt(np.maximum(mean_known((values - centre) ** 2, axis), 1e-12))
