"""Has a feature's distribution moved? A two-sample test that respects dependence between rows and between sessions.

Rows of one session share the market and sessions share whole windows, so a test that counts rows as draws alarms
without cause. Here the reference is cut into blocks as long as the current sample, each block gives one figure, and the
current one is held against them with Student's t: figures of long blocks are nearly independent and nearly normal
however the rows depend (batch means; Ibragimov & Mueller 2010, "t-statistic based correlation and heterogeneity robust
inference", JBES 28(4)). Two figures are tried, of values mapped to (-1/2, 1/2) by the reference's distribution
function: their mean (location) and their mean square (spread); the p-value is twice the smaller one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats

MIN_BLOCKS = 5
"""Fewer blocks of reference say nothing about how much a block varies."""
GRID = 200
"""Points of the reference's distribution function."""


@dataclass(frozen=True)
class BlockTest:
    """p-value, the two t statistics (current minus reference), and the number of reference blocks."""

    pvalue: float
    location: float
    spread: float
    blocks: int


@dataclass(frozen=True, eq=False)
class Blocks:
    """Sessions of both samples laid out in blocks of equal length, shared by all features.

    Parameters
    ----------
    reference : (n,) block of each reference row, the last block being ``count - 1``; negative = not used.
    reference_session, current_session : (n,), (m,) number of the session of each row.
    count : number of reference blocks. length : sessions of a block.
    """

    reference: NDArray[np.int64]
    reference_session: NDArray[np.int64]
    current_session: NDArray[np.int64]
    count: int
    length: int


def make_blocks(reference_ts: ArrayLike, current_ts: ArrayLike) -> Blocks:
    """Blocks as long as the current sample, counted back from its begin; reference sessions inside it are left out.

    Parameters
    ----------
    reference_ts, current_ts : (n,) and (m,) session of each row.

    Raises
    ------
    NotEnoughDataError
        no current row, or fewer than ``MIN_BLOCKS`` blocks before it.
    """
    past, now = np.asarray(reference_ts), np.asarray(current_ts)
    if not now.size or not past.size:
        raise NotEnoughDataError("the drift test needs rows in both samples")
    current, current_session = np.unique(now, return_inverse=True)
    sessions, session = np.unique(past, return_inverse=True)
    before, length = int(np.searchsorted(sessions, current[0])), current.size
    count = before // length
    if count < MIN_BLOCKS:
        raise NotEnoughDataError(
            f"{before} reference sessions make {count} blocks of {length}; the drift test needs {MIN_BLOCKS}"
        )
    block = (session - (before - count * length)) // length
    return Blocks(np.where(session < before, block, -1), session, current_session, count, length)


def block_test(reference: ArrayLike, current: ArrayLike, blocks: Blocks) -> BlockTest:
    """Test one feature.

    Parameters
    ----------
    reference, current : (n,) and (m,) values, NaN where missing. blocks : of the same rows.

    Raises
    ------
    NotEnoughDataError
        fewer than ``MIN_BLOCKS`` reference blocks with a value, or none in a sample.
    BadInputError
        rule ``drift_rows``: values and blocks differ in length.
    """
    past, now = np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)
    if past.shape != blocks.reference.shape or now.shape != blocks.current_session.shape:
        raise BadInputError("drift_rows", f"{past.shape} and {now.shape} values do not match their sessions")
    used, seen = (blocks.reference >= 0) & ~np.isnan(past), ~np.isnan(now)
    if not seen.any() or not used.any():
        raise NotEnoughDataError("the feature has no value in one of the samples")
    grid = np.quantile(past[used], (np.arange(GRID) + 0.5) / GRID)
    old = _figures(_mapped(past[used], grid), blocks.reference_session[used], blocks.reference[used], blocks.count)
    session = blocks.current_session[seen]
    new = _figures(_mapped(now[seen], grid), session, np.zeros(session.size, dtype=np.int64), 1)[:, 0]
    old = old[:, ~np.isnan(old[0])]
    count = old.shape[1]
    if count < MIN_BLOCKS:
        raise NotEnoughDataError(f"the feature has values in {count} reference blocks; {MIN_BLOCKS} are needed")
    location, spread = (_statistic(row, float(value)) for row, value in zip(old, new, strict=True))
    tail = float(student.sf(max(abs(location), abs(spread)), count - 1))
    return BlockTest(min(1.0, 4.0 * tail), location, spread, count)


def _mapped(values: Floats, grid: Floats) -> Floats:
    """Values through the distribution function given by its quantiles; ties get the middle of their step."""
    low, high = (np.searchsorted(grid, values, side=side) for side in ("left", "right"))
    return (low + high) / (2.0 * GRID) - 0.5


def _figures(mapped: Floats, session: NDArray[np.int64], block: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Location and spread of every block, (2, count): means over sessions of means over the rows of a session."""
    size = int(session.max()) + 1
    rows = np.bincount(session, minlength=size)
    there = rows > 0
    home = np.zeros(size, dtype=np.int64)
    home[session] = block
    sessions = np.bincount(home[there], minlength=count)
    out = np.full((2, count), np.nan)
    for place, values in enumerate((mapped, mapped**2)):
        mean = np.bincount(session, values, minlength=size)[there] / rows[there]
        total = np.bincount(home[there], mean, minlength=count)
        np.divide(total, sessions, out=out[place], where=sessions > 0)
    return out


def _statistic(old: Floats, new: float) -> float:
    """Student's t of one new figure against those of the reference blocks."""
    distance, deviation = new - float(old.mean()), float(old.std(ddof=1))
    if deviation <= 1e-12:
        return 0.0 if abs(distance) <= 1e-12 else float(np.copysign(1e9, distance))
    return distance / (deviation * np.sqrt(1.0 + 1.0 / old.size))
