"""Stationary (1994) and circular block (1992) bootstrap of Politis & Romano, and percentile intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.series import as_returns

_CHUNK = 1000  # resamples drawn at once: bounds the uniform numbers to 1000 x T


@dataclass(frozen=True)
class Interval:
    """Equal-tailed percentile interval."""

    low: float
    high: float


@dataclass(frozen=True)
class ReturnIntervals:
    """Intervals of the per-period Sharpe ratio, the per-period mean and the maximum drawdown (<= 0)."""

    sharpe: Interval
    mean: Interval
    max_drawdown: Interval
    level: float
    reps: int
    mean_block: float


def stationary_indices(n: int, mean_block: float, reps: int, seed: int) -> NDArray[np.int32]:
    """Draw resample indices, shape (reps, n): blocks of geometric length that wrap around the end.

    Parameters
    ----------
    n : number of periods.
    mean_block : expected block length, 1 = independent draws.
    reps : number of resamples; one row each.
    seed : of a PCG64 generator.
    """
    if n < 1 or reps < 1 or not mean_block >= 1.0:
        raise BadInputError("bootstrap_size", f"n {n}, reps {reps} and mean block {mean_block} must be at least 1")
    generator = np.random.Generator(np.random.PCG64(seed))
    beyond = np.random.Generator(np.random.PCG64(seed).advance(reps * n))  # the starts follow the uniforms
    starts, out = beyond.integers(0, n, reps), np.empty((reps, n), np.int32)
    for row in range(0, reps, _CHUNK):
        rows = slice(row, min(row + _CHUNK, reps))
        out[rows] = _indices(generator.random((rows.stop - row, n)), starts[rows], 1.0 / mean_block)
    return out


def circular_indices(n: int, block: int, reps: int, seed: int) -> NDArray[np.int32]:
    """Draw resample indices, shape (reps, n): blocks of ``block`` periods that wrap around the end, the last one cut.

    Parameters
    ----------
    n, reps, seed : as in ``stationary_indices``.
    block : length of every block, 1 = independent draws.
    """
    if n < 1 or reps < 1 or not block >= 1 or block != int(block):
        raise BadInputError("bootstrap_size", f"n {n}, reps {reps} and block {block} must be whole numbers >= 1")
    generator = np.random.Generator(np.random.PCG64(seed))
    starts = generator.integers(0, n, (reps, -(-n // block)), dtype=np.int32)
    out = np.repeat(starts, block, axis=1)[:, :n] + (np.arange(n, dtype=np.int32) % block)
    return out % np.int32(n)


@njit(cache=True)
def _indices(uniform, start, chance):  # pragma: no cover - compiled
    reps, n = uniform.shape
    out = np.empty((reps, n), np.int32)
    for rep in range(reps):
        position = start[rep]
        out[rep, 0] = position
        for step in range(1, n):
            draw = uniform[rep, step]
            if draw < chance:  # a new block; given that, draw / chance is uniform again and places it
                position = min(np.int64(draw / chance * n), n - 1)
            else:
                position = position + 1 if position + 1 < n else 0
            out[rep, step] = position
    return out


def bootstrap_figures(returns: ArrayLike, indices: NDArray[np.int32]) -> Floats:
    """Sharpe ratio, mean and maximum drawdown of every resample, shape (reps, 3).

    A resample of zeros (no position held) has Sharpe ratio 0; one that is constant elsewhere has NaN.
    """
    values = as_returns(returns, minimum=2)
    if indices.ndim != 2 or indices.min() < 0 or indices.max() >= len(values):
        raise BadInputError("bootstrap_indices", "indices must be a (reps, n) matrix of positions in the returns")
    return _figures(values, indices)


@njit(cache=True)
def _figures(values, indices):  # pragma: no cover - compiled
    reps, n = indices.shape
    out = np.empty((reps, 3))
    for rep in range(reps):
        total, square, equity, peak, worst = 0.0, 0.0, 1.0, 1.0, 0.0
        low, high = np.inf, -np.inf
        for step in range(n):
            value = values[indices[rep, step]]
            total += value
            low, high = min(low, value), max(high, value)
            equity *= 1.0 + value
            peak = max(peak, equity)
            worst = min(worst, equity / peak - 1.0)
        mean = total / n
        for step in range(n):
            square += (values[indices[rep, step]] - mean) ** 2
        if low < high:
            out[rep, 0] = mean / np.sqrt(square / (n - 1))
        else:
            out[rep, 0] = 0.0 if low == 0.0 else np.nan
        out[rep, 1] = mean
        out[rep, 2] = worst
    return out


def return_intervals(
    returns: ArrayLike, *, reps: int, mean_block: float, seed: int, level: float = 0.95
) -> ReturnIntervals:
    """Percentile intervals of Sharpe ratio, mean and maximum drawdown by the stationary bootstrap.

    Parameters
    ----------
    returns : net returns per period, shape (T,).
    reps, mean_block, seed : see ``stationary_indices``.
    level : coverage aimed at.

    Raises
    ------
    NotEnoughDataError
        fewer than two periods, or a resample whose Sharpe ratio is undefined.
    """
    values = as_returns(returns, minimum=2)
    if not 0.0 < level < 1.0:
        raise BadInputError("confidence_range", f"level {level:g} is not between 0 and 1")
    figures = bootstrap_figures(values, stationary_indices(len(values), mean_block, reps, seed))
    if np.isnan(figures).any():
        raise NotEnoughDataError("a bootstrap resample never varies: the interval of the Sharpe ratio is undefined")
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(figures, [tail, 1.0 - tail], axis=0)
    sharpe, mean, drawdown = (Interval(float(a), float(b)) for a, b in zip(low, high, strict=True))
    return ReturnIntervals(sharpe, mean, drawdown, level=level, reps=reps, mean_block=mean_block)
