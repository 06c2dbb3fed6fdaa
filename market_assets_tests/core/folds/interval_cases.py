"""Random label intervals, as nasty as data gets: one seed, one case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market_assets.core.folds.spec import CombinatorialSpec, WalkForwardSpec


@dataclass(frozen=True, eq=False)
class Case:
    """Label intervals in random order, and the parameters of every kind of split.

    ``embargo`` is a duration and ``share`` a share of the distinct times; one of them is 0. ``single`` says that no
    two rows start together.
    """

    t0: NDArray[np.int64]
    t1: NDArray[np.int64]
    single: bool
    folds: int
    combinatorial: CombinatorialSpec
    walk: WalkForwardSpec
    embargo: int
    share: float


def random_case(seed: int) -> Case:
    """Irregular times with gaps, one or many symbols, ties, overlapping labels of variable horizon.

    In a third of the cases one label in the middle is the longest by far; in a third label ends fall between times.
    """
    rng = np.random.default_rng(seed)
    axis = np.cumsum(rng.integers(1, int(rng.choice([2, 4, 12])), int(rng.integers(20, 36))))
    axis[int(rng.integers(0, axis.size)) :] += int(rng.choice([0, 40]))  # a holiday
    single = bool(rng.random() < 0.5)
    rows = [row for _ in range(1 if single else int(rng.integers(2, 4))) for row in _symbol(axis, single, rng)]
    t0, t1 = np.array(rows, np.int64)[rng.permutation(len(rows))].T
    groups = int(rng.integers(3, 6))
    by_share = rng.random() < 0.5
    return Case(
        t0,
        t1,
        single,
        int(rng.integers(3, 6)),
        CombinatorialSpec(groups=groups, test_groups=int(rng.integers(1, 3))),
        WalkForwardSpec(
            folds=int(rng.integers(1, 6)), min_train=float(rng.uniform(0.3, 0.6)), rolling=bool(rng.random() < 0.5)
        ),
        embargo=0 if by_share else int(rng.integers(0, 6)),
        share=float(rng.choice([0.01, 0.04, 0.1])) if by_share else 0.0,
    )


def _symbol(axis, single, rng):
    """(start, end) of the labels of one symbol: some of the times, horizons in its own bars."""
    own = axis if single else axis[rng.random(axis.size) < rng.uniform(0.3, 0.9)]
    longest = int(rng.integers(0, 5))
    steps = rng.integers(0, longest + 1, own.size) if rng.random() < 0.7 else np.full(own.size, longest)
    last = np.minimum(np.arange(own.size) + steps, own.size - 1)
    ends = own[last] if own.size else own
    if rng.random() < 1 / 3:
        ends = ends + rng.integers(0, 3, own.size)  # between the times
    if own.size > 4 and rng.random() < 1 / 3:
        middle = int(rng.integers(1, own.size - 2))
        ends[middle] = max(ends[middle], own[min(middle + 3 * (longest + 1), own.size - 1)])
    return list(zip(own, ends, strict=True))
