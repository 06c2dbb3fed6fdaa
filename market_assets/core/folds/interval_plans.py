"""Purged K-fold, combinatorial and walk-forward splits of plain label intervals, whatever holds the rows.

The rows of all symbols stand on one time axis and are purged across symbols. Groups are cut from the sorted distinct
label starts, so that rows of one time are always in one group; the first groups take the remainder.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from market_assets.core.errors import BadInputError
from market_assets.core.folds.blocks import Range, cut
from market_assets.core.folds.distinct import distinct_times
from market_assets.core.folds.interval_splits import MAX_GROUPS, NO_GROUP, IntervalSplits, forbidden
from market_assets.core.folds.intervals import FOREVER, NEVER, Duration, Times, later, read_intervals
from market_assets.core.folds.paths import path_splits, split_groups
from market_assets.core.folds.spec import CombinatorialSpec, WalkForwardSpec, share_of


def purged_k_fold(
    t0: ArrayLike, t1: ArrayLike, folds: int = 5, *, embargo: Duration = 0, embargo_share: float = 0.0
) -> IntervalSplits:
    """Every fold is tested once, on what its purge and embargo leave of the others.

    Parameters
    ----------
    t0, t1 : (n,) first and last time of every label, both included, in any order (see ``read_intervals``).
    folds : 2 to 63.
    embargo : a duration; no training label starts within it after the last label end of a test block.
    embargo_share : in its place, a share of the distinct label starts, rounded up to E: the first E of them after
        the last label end of a test block are not trained on.

    Raises
    ------
    BadInputError
        for intervals that are none, and for parameters out of range.
    NotEnoughDataError
        for fewer distinct times than folds, or a split without a training row.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, sections 7.4.1 and 7.4.2.
    """
    return _combinatorial(t0, t1, folds, 1, embargo, embargo_share)


def combinatorial_purged(
    t0: ArrayLike,
    t1: ArrayLike,
    spec: CombinatorialSpec | None = None,
    *,
    embargo: Duration = 0,
    embargo_share: float = 0.0,
) -> IntervalSplits:
    """Every choice of test groups is one split; ``paths`` puts them together to backtest paths.

    Parameters and errors are those of ``purged_k_fold``; ``spec`` defaults to 6 groups, 2 of them tested.

    References
    ----------
    Lopez de Prado (2018), sections 12.3 and 12.4.
    """
    chosen = spec or CombinatorialSpec()
    return _combinatorial(t0, t1, chosen.groups, chosen.test_groups, embargo, embargo_share)


def walk_forward(t0: ArrayLike, t1: ArrayLike, spec: WalkForwardSpec | None = None) -> IntervalSplits:
    """Consecutive test blocks, each on the labels that ended before the block begins.

    The first ``min_train`` of the distinct times, rounded up, are tested in no split. With ``spec.rolling`` only rows
    of that many times before a block are trained on. Nothing after a test is, so there is no embargo.
    Errors are those of ``purged_k_fold``.
    """
    chosen = spec or WalkForwardSpec()
    starts, ends, _ = read_intervals(t0, t1)
    _check_count(chosen.folds)
    times = distinct_times(starts)
    kept = share_of(chosen.min_train, times.size)
    what = "walk-forward test blocks after the first training span"
    blocks = cut(kept, times.size - 1, chosen.folds, what, "distinct times")
    low = _firsts(times, blocks)
    opens = np.array([times[first - kept] if chosen.rolling else NEVER for first, _ in blocks], np.int64)
    until = np.full(low.size, FOREVER, np.int64)
    tested = tuple((number,) for number in range(chosen.folds))
    forbids = forbidden(starts, ends, opens, low, until)
    return IntervalSplits(forbids, _group_of(starts, low), tested, np.arange(chosen.folds).reshape(1, -1))


def _combinatorial(
    t0: ArrayLike, t1: ArrayLike, groups: int, test_groups: int, embargo: Duration, share: float
) -> IntervalSplits:
    starts, ends, length = read_intervals(t0, t1, embargo)
    if groups < 2:
        raise BadInputError("fold_count", f"there must be two folds or more, not {groups}")
    _check_count(groups)
    if not 0.0 <= share <= 0.5 or (share and length):
        raise BadInputError(
            "embargo_share", f"give an embargo or a share of it within 0..0.5, not {embargo} and {share}"
        )
    times = distinct_times(starts)
    low = _firsts(times, cut(0, times.size - 1, groups, "folds", "distinct times"))
    group = _group_of(starts, low)
    reach = _reach(group, ends, groups)
    if share:
        skip = np.searchsorted(times, reach, side="right") + share_of(share, times.size) - 1
        until = np.maximum(reach, times[np.minimum(skip, times.size - 1)])
    else:
        until = np.array([later(int(end), length) for end in reach], np.int64)
    return IntervalSplits(
        forbidden(starts, ends, np.full(groups, NEVER, np.int64), low, until),
        group,
        split_groups(groups, test_groups),
        path_splits(groups, test_groups),
    )


def _check_count(folds: int) -> None:
    if folds > MAX_GROUPS:
        raise BadInputError("fold_count", f"there may be {MAX_GROUPS} folds at most, not {folds}")


def _firsts(times: Times, blocks: tuple[Range, ...]) -> Times:
    return times[np.array([first for first, _ in blocks])]


@njit(cache=True)
def _group_of(t0, low):
    """Last group that begins at or before a row, 255 before the first."""
    group = np.full(t0.size, NO_GROUP, np.uint8)
    for first in low:
        for row in range(t0.size):  # the inner loop is over rows, so that it runs in vector registers
            group[row] += np.uint8(t0[row] >= first)  # 255 + 1 wraps to 0
    return group


@njit(cache=True)
def _reach(group, t1, groups):
    """Last label end of every group: of the longest label, not of the last one."""
    reach = np.full(groups, NEVER, np.int64)
    for row in range(group.size):
        reach[group[row]] = max(reach[group[row]], t1[row])
    return reach
