"""Probability of backtest overfitting by combinatorially symmetric cross-validation (CSCV)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.series import as_matrix


@dataclass(frozen=True)
class Cscv:
    """Outcome of CSCV; arrays have one entry per in-sample set, in lexicographic order.

    ``slope``, ``intercept`` and ``r2`` regress the winner's out-of-sample on its in-sample performance; they are
    None when the in-sample performance is constant. ``dropped`` counts the oldest rows left out.
    """

    pbo: float
    logits: Floats
    winners: NDArray[np.int64]
    in_sample: Floats
    out_of_sample: Floats
    slope: float | None
    intercept: float | None
    r2: float | None
    loss_probability: float
    blocks: int
    dropped: int


def cscv(returns: ArrayLike, blocks: int = 16) -> Cscv:
    """Run CSCV (Bailey, Borwein, Lopez de Prado & Zhu 2017, Algorithm 2.3) on per-period Sharpe ratios.

    The rows are cut into ``blocks`` equal blocks; every half of them is in-sample once, the rest out-of-sample. With
    r the average rank (1 = worst) out of sample of the in-sample best, the logit is ln(w / (1 - w)), w = r / (N + 1),
    and PBO is the share of logits <= 0.

    Conventions: when the blocks do not divide T, the oldest rows are dropped; of equal in-sample winners the first
    column is taken; a column that is zero throughout a half (no position held) has performance 0 there.

    Parameters
    ----------
    returns : shape (T, N), one column per configuration tried, N >= 2, T >= 2 * blocks.
    blocks : even number S, at most 20.

    Raises
    ------
    NotEnoughDataError
        too few rows or columns, or a column that is constant (not zero) over half of the blocks.
    """
    matrix = as_matrix(returns)
    if blocks % 2 or not 2 <= blocks <= 20:
        raise BadInputError("block_count", f"the number of blocks must be even and within 2..20, got {blocks}")
    n_rows, n_columns = matrix.shape
    if n_columns < 2 or n_rows < 2 * blocks:
        raise NotEnoughDataError(f"PBO with {blocks} blocks needs >= 2 columns and {2 * blocks} rows: {matrix.shape}")
    size, dropped = divmod(n_rows, blocks)
    cube = matrix[dropped:].reshape(blocks, size, n_columns)
    idle = _idle_blocks(cube)
    centre = cube.mean(axis=(0, 1))  # sums of squares lose no digits once the columns are centred
    shifted = cube - centre
    halves = np.array(list(combinations(range(blocks), blocks // 2)), dtype=np.int64)
    winners, inside, outside, ranks = _evaluate(
        halves, shifted.sum(axis=1), (shifted**2).sum(axis=1), idle, centre, size
    )
    if not (np.isfinite(inside).all() and np.isfinite(outside).all()):
        raise NotEnoughDataError("a column hardly varies over half of the blocks: its Sharpe ratio is undefined")
    share = ranks / (n_columns + 1)
    logits = np.log(share / (1.0 - share))
    slope, intercept, r2 = _regress(inside, outside)
    return Cscv(
        pbo=float(np.mean(logits <= 0.0)),
        logits=logits,
        winners=winners,
        in_sample=inside,
        out_of_sample=outside,
        slope=slope,
        intercept=intercept,
        r2=r2,
        loss_probability=float(np.mean(outside < 0.0)),
        blocks=blocks,
        dropped=dropped,
    )


def _idle_blocks(cube: Floats) -> NDArray[np.int64]:
    """Mark the blocks (S, N) where a column is zero; refuse a column that is a constant over half of them."""
    low, high = cube.min(axis=1), cube.max(axis=1)
    constant = (low == high) & (low != 0.0)
    for column in np.flatnonzero(constant.sum(axis=0) * 2 >= len(cube)):
        _, counts = np.unique(low[constant[:, column], column], return_counts=True)
        if counts.max() * 2 >= len(cube):
            raise NotEnoughDataError(f"column {column} is constant over half of the blocks: Sharpe ratio undefined")
    return ((low == 0.0) & (high == 0.0)).astype(np.int64)


def _regress(x: Floats, y: Floats) -> tuple[float | None, float | None, float | None]:
    """OLS slope, intercept and R^2 of y on x; None where x is constant up to rounding."""
    if np.ptp(x) <= 1e-12 * max(1.0, float(np.abs(x).max())):
        return None, None, None
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    total = float(dy @ dy)
    r2 = slope * float(dx @ dy) / total if total > 0.0 else None
    return slope, float(y.mean() - slope * x.mean()), r2


@njit(cache=True)
def _performance(blocks, sums, squares, idle, centre, size, out):  # pragma: no cover - compiled
    """Sharpe ratio of every column over the joined ``blocks``, written to ``out``."""
    n_columns = len(centre)
    count = size * len(blocks)
    total, square, zero = np.zeros(n_columns), np.zeros(n_columns), np.zeros(n_columns, np.int64)
    for block in blocks:
        for column in range(n_columns):
            total[column] += sums[block, column]
            square[column] += squares[block, column]
            zero[column] += idle[block, column]
    for column in range(n_columns):
        variance = (square[column] - total[column] * total[column] / count) / (count - 1)
        if zero[column] == len(blocks):
            out[column] = 0.0
        elif variance > 0.0:
            out[column] = (total[column] / count + centre[column]) / np.sqrt(variance)
        else:
            out[column] = np.nan


@njit(cache=True)
def _rank(values, chosen):  # pragma: no cover - compiled
    """Average rank of ``values[chosen]``, 1 = smallest."""
    below, equal = 0, 0
    for value in values:
        if value < values[chosen]:
            below += 1
        elif value == values[chosen]:
            equal += 1
    return below + 0.5 * (equal + 1)


@njit(cache=True)
def _evaluate(halves, sums, squares, idle, centre, size):  # pragma: no cover - compiled
    """Winner, its performance in and out of sample and its rank, for every half.

    In lexicographic order the complement of half c is half C - 1 - c, so each Sharpe ratio serves twice.
    """
    n_halves, n_columns = len(halves), len(centre)
    winners = np.empty(n_halves, np.int64)
    inside, outside, ranks = np.empty(n_halves), np.empty(n_halves), np.empty(n_halves)
    first, second = np.empty(n_columns), np.empty(n_columns)
    for half in range(n_halves // 2):
        mirror = n_halves - 1 - half
        _performance(halves[half], sums, squares, idle, centre, size, first)
        _performance(halves[mirror], sums, squares, idle, centre, size, second)
        for index in (half, mirror):
            seen, unseen = (first, second) if index == half else (second, first)
            best = np.argmax(seen)
            winners[index], inside[index], outside[index] = best, seen[best], unseen[best]
            ranks[index] = _rank(unseen, best)
    return winners, inside, outside, ranks
