"""Purged splits of plain label intervals: published tables, errors, and agreement with the product's fold plan."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.folds.interval_plans import combinatorial_purged, purged_k_fold, walk_forward
from market_assets.core.folds.intervals import FOREVER
from market_assets.core.folds.plan import make_plan
from market_assets.core.folds.spec import CombinatorialSpec, FoldSpec, WalkForwardSpec
from market_assets_tests.core.folds.sets import TABLE_T1, intervals
from market_assets_tests.golden.cases import case, cases

DAY = np.datetime64("2024-03-01", "D")


def listed(splits):
    """(train rows, test rows) as lists."""
    return [(train.tolist(), test.tolist()) for train, test in splits]


def wanted(found):
    """The same of a published case."""
    return [(split["train"], split["test"]) for split in found["expected"]["splits"]]


@pytest.mark.parametrize("published", cases("purged_kfold"))
def test_published_purged_k_fold(published):
    """The worked table of fifteen labels, in its own order and in any other."""
    given = published["inputs"]
    t0, t1 = np.array(given["t0"]), np.array(given["t1"])
    splits = purged_k_fold(t0, t1, given["k"], embargo=given["embargo_bars"])
    assert listed(splits) == wanted(published)
    assert listed(purged_k_fold(t0, t1, given["k"], embargo_share=given["embargo_bars"] / 15)) == wanted(published)
    order = np.random.default_rng(0).permutation(t0.size)
    mixed = purged_k_fold(t0[order], t1[order], given["k"], embargo=given["embargo_bars"])
    assert [(sorted(order[train]), sorted(order[test])) for train, test in mixed] == wanted(published)


@pytest.mark.parametrize("published", cases("cpcv_counts"))
def test_published_counts(published):
    """Splits, paths and the share of rows trained on where nothing is purged."""
    spec = CombinatorialSpec(groups=published["inputs"]["n_groups"], test_groups=published["inputs"]["k_test"])
    rows = np.arange(spec.groups * 4)
    splits = combinatorial_purged(rows, rows, spec)
    assert len(splits) == published["expected"]["n_splits"]
    assert splits.paths.shape == (published["expected"]["n_paths"], spec.groups)
    assert len(splits[0][0]) / rows.size == pytest.approx(published["expected"]["train_fraction"])


@pytest.mark.parametrize("published", cases("cpcv_paths"))
def test_published_paths(published):
    """Groups tested in every split, and the split of every group on every path."""
    splits = combinatorial_purged(np.arange(24), np.arange(24))
    expected = published["expected"]
    assert [list(tested) for tested in splits.tested] == expected["test_groups_by_split"]
    assert splits.paths.tolist() == expected["split_used_for_group_in_path"]
    on_path = [
        [next(path for path in range(5) if splits.paths[path, group] == number) for group in tested]
        for number, tested in enumerate(splits.tested)
    ]
    assert on_path == expected["path_id_of_each_test_group"]


def test_published_combinatorial_splits_of_the_worked_table():
    """Ten splits with an embargo of one bar; neighbouring test groups are one block."""
    published = case("cpcv_purged", "table15_N5_k2_embargo1")
    given = published["inputs"]
    spec = CombinatorialSpec(groups=given["n_groups"], test_groups=given["k_test"])
    assert listed(combinatorial_purged(given["t0"], given["t1"], spec, embargo=1)) == wanted(published)


def test_published_combinatorial_splits_of_a_fixed_horizon():
    """The documented example of skfolio: a purge of one row is a label of one bar."""
    published = case("cpcv_purged", "skfolio_docstring_T12")
    spec = CombinatorialSpec(groups=3, test_groups=2)
    splits = combinatorial_purged(range(12), [*range(1, 12), 11], spec)
    assert [train for train, _ in listed(splits)] == published["expected"]["train"]


@pytest.mark.parametrize("published", cases("walk_forward_purged"))
def test_published_walk_forward(published):
    """A purge of one row: the rolling window of seven loses the row that reaches the test."""
    spec = WalkForwardSpec(folds=3, min_train=7 / 16, rolling=True)
    splits = walk_forward(range(16), [*range(1, 16), 15], spec)
    assert [list(split) for split in listed(splits)] == published["expected"]["splits"]


def test_expanding_walk_forward_keeps_every_earlier_label():
    """The worked table with two test blocks after the first 40 %."""
    assert listed(walk_forward(range(15), TABLE_T1, WalkForwardSpec(folds=2, min_train=0.4))) == [
        ([0, 1, 2, 4], [6, 7, 8, 9, 10]),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8], [11, 12, 13, 14]),
    ]


def test_datetimes_give_the_same_rows():
    """Days with an embargo of 36 hours: one day, not two, since labels start at midnight."""
    t0, t1 = DAY + np.arange(15), DAY + np.array(TABLE_T1)
    plain = listed(purged_k_fold(range(15), TABLE_T1, 3, embargo=1))
    assert listed(purged_k_fold(t0, t1, 3, embargo=np.timedelta64(36, "h"))) == plain


def test_rows_of_one_time_are_in_one_group():
    """Three symbols on four days in two folds: two days each, and both symbols of a day are purged."""
    t0 = np.tile(np.arange(4), 3)
    t1 = t0 + np.repeat([0, 1, 0], 4)
    (train, test), _ = purged_k_fold(t0, t1, 2)
    assert sorted(t0[test]) == [0] * 3 + [1] * 3
    assert t0[train].tolist() == [3, 3, 3]


def test_an_embargo_share_counts_times_and_not_rows():
    """A tenth of ten irregular times is one time, however long the gap before it."""
    t0 = np.repeat([0, 1, 2, 3, 4, 5, 100, 101, 200, 201], 2)
    (train, _), _ = purged_k_fold(t0, t0, 2, embargo_share=0.1)
    assert sorted(set(t0[train])) == [100, 101, 200, 201]


def test_an_embargo_beyond_the_last_time_that_can_be_written():
    """It forbids everything after, rather than wrapping round to the past."""
    with pytest.raises(NotEnoughDataError, match="split 0 of 2 keeps none of 4 rows"):
        purged_k_fold([0, 1, 2, 3], [0, 1, 2, 3], 2, embargo=int(FOREVER))


def test_the_most_folds():
    """63 folds of one row, each trained on the 62 others."""
    rows = np.arange(63)
    for number, (train, test) in enumerate(purged_k_fold(rows, rows, 63)):
        assert test.tolist() == [number]
        assert train.tolist() == [row for row in range(63) if row != number]


@pytest.mark.parametrize(("folds", "share"), [(1, 0.0), (64, 0.0), (3, -0.1), (3, 0.6)])
def test_parameters_out_of_range_are_refused(folds, share):
    """A typed error, before anything is computed."""
    with pytest.raises(BadInputError):
        purged_k_fold(range(100), range(100), folds, embargo_share=share)


def test_the_most_walk_forward_blocks():
    """63 blocks are split like any other; 64 are refused."""
    rows = np.arange(200)
    train, test = walk_forward(rows, rows, WalkForwardSpec(folds=63))[62]
    assert train.tolist() == list(range(test[0]))
    assert test[-1] == 199
    with pytest.raises(BadInputError, match="63 folds at most, not 64"):
        walk_forward(rows, rows, WalkForwardSpec(folds=64))


def test_an_embargo_is_given_once():
    """As a duration or as a share."""
    with pytest.raises(BadInputError, match=r"not 2 and 0\.1"):
        purged_k_fold(range(10), range(10), 3, embargo=2, embargo_share=0.1)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: purged_k_fold([1, 1, 2], [1, 1, 2], 3), "3 folds need at least 3 distinct times; there are 2"),
        (lambda: walk_forward([1, 2, 3], [1, 2, 3]), "6 walk-forward test blocks .* there are 2"),
        (lambda: purged_k_fold(range(6), [5] * 6, 3), "split 0 of 3 keeps none of 6 rows for training"),
        (lambda: walk_forward(range(10), [9] * 10, WalkForwardSpec(folds=2)), "split 0 of 2 keeps none"),
    ],
)
def test_too_few_rows_are_a_typed_error(call, text):
    """The error says what is needed or which split is empty."""
    with pytest.raises(NotEnoughDataError, match=text):
        call()


def test_the_fold_plan_of_the_product_is_the_same():
    """Where every session holds a row, the plan of a training set and these splits have the same rows."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        t0 = np.tile(np.arange(80), 3)
        t1 = np.minimum(t0 + rng.integers(0, 9, t0.size), 79)
        data = intervals(t0, t1, code=np.repeat([0, 1, 2], 80))
        spec = FoldSpec(walk_forward=WalkForwardSpec(folds=3, rolling=bool(seed % 2)), embargo=0.05)
        plan = make_plan(data, spec)
        splits = [*walk_forward(t0, t1, spec.walk_forward), *combinatorial_purged(t0, t1, embargo_share=0.05)]
        for fold, (train, test) in zip(plan.folds, splits, strict=True):
            np.testing.assert_array_equal(np.flatnonzero(fold.test_rows(data)), test)
            np.testing.assert_array_equal(np.flatnonzero(fold.train_rows(data)), train)
