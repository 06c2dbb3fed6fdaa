"""Row-wise ranks, scores and means of a session x symbol grid; NaN cells are left out."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from market_assets.core.features.elementwise import ratio
from market_assets.core.market.panel import Floats

_ROUNDING = 1e-12


@njit(cache=True, error_model="numpy")
def _mid_ranks(values: Floats, order: NDArray[np.int64], groups: NDArray[np.int64], n_groups: int) -> Floats:
    sessions, width = values.shape
    out = np.full((sessions, width), np.nan)
    last, at, seen, size = np.empty(n_groups), np.empty(n_groups), np.empty(n_groups), np.empty(n_groups)
    for s in range(sessions):
        seen[:] = 0.0
        for position in range(width):  # upwards: how many of the group are strictly below
            i = order[s, position]
            value = values[s, i]
            if value == value:
                g = groups[i]
                if seen[g] == 0.0 or value != last[g]:
                    at[g] = seen[g]
                    last[g] = value
                out[s, i] = at[g]
                seen[g] += 1.0
        size[:] = seen
        seen[:] = 0.0
        for position in range(width - 1, -1, -1):  # downwards: how many are strictly above
            i = order[s, position]
            value = values[s, i]
            if value == value:
                g = groups[i]
                if seen[g] == 0.0 or value != last[g]:
                    at[g] = seen[g]
                    last[g] = value
                out[s, i] = (out[s, i] + size[g] - at[g]) / (2.0 * size[g])
                seen[g] += 1.0
    return out


@njit(cache=True, error_model="numpy")
def group_scores(values: Floats, groups: NDArray[np.int64], n_groups: int) -> Floats:
    """(value - group mean) / group standard deviation (divisor n - 1) within each session; 0 where all are equal."""
    sessions, width = values.shape
    out = np.full((sessions, width), np.nan)
    count, mean, square = np.empty(n_groups), np.empty(n_groups), np.empty(n_groups)
    for s in range(sessions):
        count[:] = mean[:] = square[:] = 0.0
        for i in range(width):
            if values[s, i] == values[s, i]:
                count[groups[i]] += 1.0
                mean[groups[i]] += values[s, i]
        for g in range(n_groups):
            mean[g] /= max(count[g], 1.0)
        for i in range(width):
            if values[s, i] == values[s, i]:
                deviation = values[s, i] - mean[groups[i]]
                square[groups[i]] += deviation * deviation
        for i in range(width):
            if values[s, i] == values[s, i]:
                g = groups[i]
                std = np.sqrt(square[g] / max(count[g] - 1.0, 1.0))
                equal = std <= _ROUNDING * abs(mean[g])
                out[s, i] = 0.0 if equal else (values[s, i] - mean[g]) / std
    return out


def ascending(values: Floats) -> NDArray[np.int64]:
    """Order of the columns of every session, NaN last; shape (S, N)."""
    return np.argsort(values, axis=1, kind="stable").astype(np.int64)


def group_ranks(values: Floats, order: NDArray[np.int64], groups: NDArray[np.int64], n_groups: int) -> Floats:
    """Mid-rank of every cell within its group and session, as a share: (below + not above) / (2 count), in 0..1.

    Ties share their mid-rank; a lone member gets 0.5; the mean over a group is always 0.5.

    Parameters
    ----------
    values : (S, N), NaN = absent.
    order : ``ascending(values)``.
    groups, n_groups : group number of every column (N,), and how many there are.
    """
    return _mid_ranks(values, order, groups, n_groups)


def row_mean(values: Floats) -> Floats:
    """Mean of the defined cells of every session, NaN where there is none; shape (S,)."""
    known = ~np.isnan(values)
    return ratio(np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1).astype(np.float64))


def row_std(values: Floats) -> Floats:
    """Sample standard deviation of the defined cells of every session, NaN below two; shape (S,)."""
    deviation = values - row_mean(values)[:, None]
    known = ~np.isnan(deviation)
    total = np.where(known, deviation * deviation, 0.0).sum(axis=1)
    return np.sqrt(ratio(total, np.maximum(known.sum(axis=1) - 1.0, 0.0)))
