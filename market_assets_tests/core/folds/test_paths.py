"""Splits and paths of combinatorial cross-validation."""

from __future__ import annotations

import pytest

from market_assets.core.folds.paths import path_splits, split_groups

# Lopez de Prado (2018), figures 12.1 and 12.2, for (6, 2), numbered from 0.
SPLITS = [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (1, 2), (1, 3), (1, 4), (1, 5), (2, 3), (2, 4), (2, 5)]
SPLITS += [(3, 4), (3, 5), (4, 5)]
PATHS = [
    [0, 0, 1, 2, 3, 4],
    [1, 5, 5, 6, 7, 8],
    [2, 6, 9, 9, 10, 11],
    [3, 7, 10, 12, 12, 13],
    [4, 8, 11, 13, 14, 14],
]


def test_published_splits():
    """Fifteen splits in lexicographic order."""
    assert list(split_groups(6, 2)) == SPLITS


def test_published_paths():
    """Five paths; path j takes the j-th split in which a group is tested."""
    assert path_splits(6, 2).tolist() == PATHS


@pytest.mark.parametrize(("groups", "tested"), [(2, 1), (5, 2), (7, 3), (8, 7)])
def test_every_split_and_group_lies_on_one_path(groups, tested):
    """The paths use every prediction exactly once."""
    used = [(split, group) for path in path_splits(groups, tested) for group, split in enumerate(path)]
    wanted = [(n, group) for n, chosen in enumerate(split_groups(groups, tested)) for group in chosen]
    assert sorted(used) == sorted(wanted)
