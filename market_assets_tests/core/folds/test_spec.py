"""Fold parameters and fold keys."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec, fold_keys, share_of


def test_default_keys_are_six_walk_forward_and_fifteen_combinatorial():
    """Keys follow from the spec alone: wf00..wf05, cp00..cp14."""
    assert fold_keys(FoldSpec()) == (*(f"wf{n:02d}" for n in range(6)), *(f"cp{n:02d}" for n in range(15)))


def test_keys_stay_unique_and_sorted_beyond_a_hundred_splits():
    """Wide plans get wider numbers."""
    keys = fold_keys(FoldSpec(combinatorial=CombinatorialSpec(groups=10, test_groups=5)))[6:]
    assert len(set(keys)) == 252
    assert list(keys) == sorted(keys)
    assert keys[-1] == "cp251"


@pytest.mark.parametrize(
    ("groups", "test_groups", "splits", "paths"),
    [(6, 2, 15, 5), (3, 2, 3, 2), (5, 2, 10, 4), (8, 2, 28, 7), (10, 8, 45, 36)],
)
def test_published_counts(groups, test_groups, splits, paths):
    """C(N, k) splits and k/N C(N, k) paths (Lopez de Prado 2018, section 12.3)."""
    spec = CombinatorialSpec(groups=groups, test_groups=test_groups)
    assert (spec.splits, spec.paths) == (splits, paths)


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        (CombinatorialSpec, {"groups": 4, "test_groups": 4}),
        (CombinatorialSpec, {"groups": 20, "test_groups": 10}),
        (CombinatorialSpec, {"groups": 1}),
        (WalkForwardSpec, {"folds": 0}),
        (WalkForwardSpec, {"min_train": 1.0}),
        (FoldSpec, {"embargo": -0.01}),
        (FoldSpec, {"kfold": 5}),
    ],
)
def test_specs_refuse(kind, bad):
    """Nothing left to train on, too many splits, shares out of range, unknown keys."""
    with pytest.raises(ValidationError):
        kind(**bad)


@pytest.mark.parametrize(
    ("share", "count", "whole"), [(0.07, 100, 7), (0.01, 1260, 13), (0.0, 50, 0), (0.3, 1260, 378)]
)
def test_shares_round_up_without_binary_noise(share, count, whole):
    """0.07 * 100 is 7.000000000000001 in floating point; the share is still 7."""
    assert share_of(share, count) == whole
