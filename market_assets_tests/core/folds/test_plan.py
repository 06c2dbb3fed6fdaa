"""Fold plans on published tables and on small cases."""

from __future__ import annotations

import json

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.folds.plan import FoldPlan, make_plan
from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec, fold_keys
from market_assets_tests.core.folds.sets import intervals, random_set, table15

# Worked table, 3 folds: train rows by embargo in bars (two independent implementations agree).
KFOLD = {
    0: [[10, 11, 12, 13, 14], [0, 1, 2, 13, 14], [0, 1, 2, 3, 4, 5, 6, 7]],
    1: [[11, 12, 13, 14], [0, 1, 2, 14], [0, 1, 2, 3, 4, 5, 6, 7]],
    2: [[12, 13, 14], [0, 1, 2], [0, 1, 2, 3, 4, 5, 6, 7]],
}
# Worked table, 5 groups, 2 tested, embargo 1: test rows and train rows.
CPCV = [
    ([0, 1, 2, 3, 4, 5], [11, 12, 13, 14]),
    ([0, 1, 2, 6, 7, 8], [12, 13, 14]),
    ([0, 1, 2, 9, 10, 11], [6]),
    ([0, 1, 2, 12, 13, 14], [6, 7, 8]),
    ([3, 4, 5, 6, 7, 8], [0, 12, 13, 14]),
    ([3, 4, 5, 9, 10, 11], [0]),
    ([3, 4, 5, 12, 13, 14], [0]),
    ([6, 7, 8, 9, 10, 11], [0, 1, 2, 4]),
    ([6, 7, 8, 12, 13, 14], [0, 1, 2, 4]),
    ([9, 10, 11, 12, 13, 14], [0, 1, 2, 4, 5, 6]),
]


def spec_of(groups=3, tested=1, embargo=0.0, folds=1, min_train=0.9, rolling=False):
    """A fold spec in one line."""
    walk = WalkForwardSpec(folds=folds, min_train=min_train, rolling=rolling)
    return FoldSpec(
        walk_forward=walk, combinatorial=CombinatorialSpec(groups=groups, test_groups=tested), embargo=embargo
    )


def rows_of(plan, data, prefix):
    """(test rows, train rows) of every fold of one kind."""
    return [
        (np.flatnonzero(fold.test_rows(data)).tolist(), np.flatnonzero(fold.train_rows(data)).tolist())
        for fold in plan.folds
        if fold.key.startswith(prefix)
    ]


@pytest.mark.parametrize("bars", KFOLD)
def test_purged_k_fold_of_the_worked_table(bars):
    """One test group is purged K-fold: the published train sets at embargo 0, 1 and 2."""
    data = table15()
    plan = make_plan(data, spec_of(embargo=bars / 16))
    assert [train for _, train in rows_of(plan, data, "cp")] == KFOLD[bars]


def test_combinatorial_folds_of_the_worked_table():
    """Ten splits with an embargo of one bar; neighbouring test groups are one block."""
    data = table15()
    plan = make_plan(data, spec_of(groups=5, tested=2, embargo=1 / 16))
    assert rows_of(plan, data, "cp") == CPCV
    assert [len(fold.test) for fold in plan.folds[1:]] == [1, 2, 2, 2, 1, 2, 2, 1, 2, 1]


def test_fixed_horizon_equals_a_purge_of_one_row():
    """The documented example of skfolio: T 12, 3 groups, 2 tested, purge 1."""
    data = intervals(range(12), [*range(1, 12), 11])
    plan = make_plan(data, spec_of(groups=3, tested=2))
    assert [train for _, train in rows_of(plan, data, "cp")] == [[9, 10, 11], [5, 6], [0, 1, 2]]


def test_rolling_walk_forward_equals_a_purge_of_one_row():
    """T 16, train 6, test 3, purge 1 (skfolio WalkForward): the window of 7 loses the row that reaches the test."""
    data = intervals(range(16), [*range(1, 16), 15])
    plan = make_plan(data, spec_of(folds=3, min_train=7 / 16, rolling=True))
    assert rows_of(plan, data, "wf") == [
        ([7, 8, 9], [0, 1, 2, 3, 4, 5]),
        ([10, 11, 12], [3, 4, 5, 6, 7, 8]),
        ([13, 14, 15], [6, 7, 8, 9, 10, 11]),
    ]


def test_expanding_walk_forward_keeps_every_earlier_label():
    """Training rows are those whose label ended before the test began."""
    data = table15()
    plan = make_plan(data, spec_of(folds=2, min_train=0.4))
    assert rows_of(plan, data, "wf") == [
        ([6, 7, 8, 9, 10], [0, 1, 2, 4]),
        ([11, 12, 13, 14], [0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ]


def test_a_test_row_purges_other_symbols_too():
    """Purging runs over time, whatever the symbol."""
    data = intervals([0, 1, 2, 3, 4, 5, 0, 5], [0, 1, 5, 3, 4, 5, 0, 5], code=[0] * 6 + [1] * 2)
    plan = make_plan(data, spec_of(groups=3, tested=1, min_train=0.5))
    assert rows_of(plan, data, "cp")[1] == ([2, 3], [0, 1, 6])


def test_test_rows_include_rows_without_a_label_and_train_rows_do_not():
    """Undefined and zero labels are predicted, never trained on."""
    trainable = [True, False] * 6
    data = intervals(range(12), range(12), trainable=trainable)
    plan = make_plan(data, spec_of(groups=3, tested=1, min_train=0.5))
    assert rows_of(plan, data, "cp")[0] == ([0, 1, 2, 3], [4, 6, 8, 10])


def test_first_parts_take_the_remainder_and_sessions_without_rows_stay_out():
    """Rows in sessions 3..13 of 20: groups of 4, 4, 3; the warm-up belongs to no fold."""
    data = intervals(range(3, 14), range(3, 14), sessions=20)
    plan = make_plan(data, spec_of(groups=3, tested=1, folds=3, min_train=0.6))
    assert plan.groups == ((3, 6), (7, 10), (11, 13))
    assert [fold.test for fold in plan.folds[:3]] == [((10, 11),), ((12, 12),), ((13, 13),)]


def test_keys_are_the_static_keys():
    """The plan has exactly the folds that the spec announces, in that order."""
    plan = make_plan(table15(), spec_of(groups=5, tested=2))
    assert tuple(fold.key for fold in plan.folds) == fold_keys(plan.spec)
    assert plan.fold("cp03") is plan.folds[4]
    with pytest.raises(KeyError, match="cp10"):
        plan.fold("cp10")


def test_a_path_names_the_fold_of_every_group():
    """Path 1 of (5, 2): the second split in which each group is tested."""
    plan = make_plan(table15(), spec_of(groups=5, tested=2))
    assert plan.path_of(1) == tuple(zip(plan.groups, ("cp01", "cp04", "cp04", "cp05", "cp06"), strict=True))
    for path in range(len(plan.paths)):
        for (first, last), key in plan.path_of(path):
            assert any(low <= first and last <= high for low, high in plan.fold(key).test)


def test_payload_survives_json():
    """A stored plan is the same plan."""
    for seed in range(20):
        plan = make_plan(random_set(np.random.default_rng(seed)), spec_of(groups=4, tested=2, folds=2, min_train=0.6))
        assert FoldPlan.from_payload(json.loads(json.dumps(plan.to_payload()))) == plan


@pytest.mark.parametrize(
    ("data", "spec", "text"),
    [
        (
            intervals(range(4), range(4)),
            spec_of(groups=6),
            "6 combinatorial groups need at least 6 sessions; there are 4",
        ),
        (intervals(range(10), range(10)), spec_of(folds=5), "5 walk-forward test blocks .* there are 1"),
        (intervals(range(10), [9] * 10), spec_of(min_train=0.5), "fold wf00 keeps none of 10 trainable rows"),
        (
            intervals([0, 1, 2, 3, 8, 9], [0, 1, 2, 3, 8, 9]),
            spec_of(min_train=0.5, groups=5),
            "sessions 4 to 5 hold no row",
        ),
        (intervals([], [], sessions=5), spec_of(), "the training set is empty"),
    ],
)
def test_too_little_data_is_a_typed_error(data, spec, text):
    """The error says which fold fails and what it needs."""
    with pytest.raises(NotEnoughDataError, match=text):
        make_plan(data, spec)
