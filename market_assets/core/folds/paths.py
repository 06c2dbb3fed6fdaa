"""Splits and backtest paths of combinatorial cross-validation."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray


def split_groups(groups: int, test_groups: int) -> tuple[tuple[int, ...], ...]:
    """Test groups of every split, in lexicographic order."""
    return tuple(combinations(range(groups), test_groups))


def path_splits(groups: int, test_groups: int) -> NDArray[np.int64]:
    """Which split predicts which group on which path.

    Path j takes, for every group, the j-th split in which that group is tested, so every (split, test group)
    pair is used exactly once.

    Returns
    -------
    (C(groups - 1, test_groups - 1), groups) split numbers.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, section 12.3 and figure 12.2.
    """
    splits = split_groups(groups, test_groups)
    columns = [[number for number, tested in enumerate(splits) if group in tested] for group in range(groups)]
    return np.array(columns, dtype=np.int64).T
