"""Random label intervals against the plain definition: no violation, and planted mistakes are seen."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.folds.interval_plans import combinatorial_purged, purged_k_fold, walk_forward
from market_assets_tests.core.folds.interval_cases import random_case
from market_assets_tests.core.folds.interval_oracle import (
    blocks_of,
    k_fold_violations,
    row_groups,
    violations,
    walk_violations,
)
from market_assets_tests.golden.cases import case as published
from market_assets_tests.golden.cases import cases as published_cases

CASES = 300
NO_ROWS = np.array([], np.int64)


def kinds(case):
    """One call and one check for every kind of split."""
    spec, embargo = case.combinatorial, {"embargo": case.embargo, "embargo_share": case.share}
    yield (
        lambda: purged_k_fold(case.t0, case.t1, case.folds, **embargo),
        lambda splits: k_fold_violations(splits, case),
    )
    yield (
        lambda: combinatorial_purged(case.t0, case.t1, spec, **embargo),
        lambda splits: k_fold_violations(splits, case, spec.test_groups, spec.groups),
    )
    for rolling in (False, True):
        yield (
            lambda rolling=rolling: walk_forward(case.t0, case.t1, replace(case.walk, rolling=rolling)),
            lambda splits, rolling=rolling: walk_violations(splits, case, rolling),
        )


def test_random_splits_keep_the_definition():
    """Irregular times, gaps, ties, many symbols, variable horizons, one long label: nothing leaks, nothing is lost.

    The 10,000 cases of the same generator are run by the ``splits`` benchmark.
    """
    splits_seen = refused = 0
    for seed in range(CASES):
        for make, check in kinds(random_case(seed)):
            try:
                splits = make()
            except NotEnoughDataError:
                refused += 1
                continue
            assert check(list(splits)) == []
            splits_seen += len(splits)
    assert splits_seen > 10 * CASES
    assert refused < CASES // 2


def test_a_refused_k_fold_has_a_fold_without_training_rows():
    """Where the planner refuses, the definition leaves nothing to train on in some fold; and only there."""
    refused = 0
    for seed in range(100):
        case = random_case(seed)
        case = replace(case, embargo=8 * (seed % 3), share=0.0)
        t0, t1 = case.t0.tolist(), case.t1.tolist()
        groups = row_groups(t0, 3)
        empty = False
        for number, rows in enumerate(groups):
            kept = violations((NO_ROWS, np.array(rows)), blocks_of(groups, (number,)), t0, t1, case.embargo)
            empty |= not kept  # every row that could be trained on is reported as held back
        try:
            purged_k_fold(case.t0, case.t1, 3, embargo=case.embargo)
        except NotEnoughDataError:
            refused += 1
            assert empty
        else:
            assert not empty
    assert 5 < refused < 95


def buggy(bug, case, groups, tested):
    """(train rows, test rows) of one split by a planner with one mistake; embargoes are durations."""
    test = np.sort(np.concatenate([groups[number] for number in tested]))
    free = ~np.isin(np.arange(case.t0.size), test)
    for block in blocks_of(groups, tested):
        rows = np.array(block)
        low, high, start = case.t0[rows].min(), case.t1[rows].max(), case.t0[rows].max()
        if bug == "half open":
            free &= (case.t1 <= low) | (case.t0 >= high)
            free &= (case.t0 <= high) | (case.t0 > high + case.embargo)
        elif bug == "hull from the last label":
            last = case.t1[rows[np.argmax(case.t0[rows])]]
            free &= (case.t1 < low) | (case.t0 > last + case.embargo)
        elif bug == "embargo from test rows":
            free &= (case.t1 < low) | ((case.t0 > high) & (case.t0 > start + case.embargo))
        elif bug == "test begins at the first label end":
            free &= (case.t1 < case.t1[rows[np.argmin(case.t0[rows])]]) | (case.t0 > high + case.embargo)
        elif bug == "nothing before the test":
            free &= case.t0 > high + case.embargo
        else:
            free &= (case.t1 < low) | (case.t0 > high + case.embargo)
    return np.flatnonzero(free), test


OVERLAP, EMBARGO = "label overlaps a test label", "starts in an embargo"
BUGS = {
    "half open": {OVERLAP},
    "hull from the last label": {OVERLAP, EMBARGO},
    "embargo from test rows": {EMBARGO},
    "test begins at the first label end": {OVERLAP},
    "nothing before the test": {"held back without a reason"},
}


@pytest.mark.parametrize("bug", [*BUGS, "none"])
def test_planted_bugs_are_seen(bug):
    """Whenever a mistake changes a training set, the definition says so and names it."""
    changed, named = 0, set()
    for seed in range(80):
        case = replace(random_case(seed), share=0.0, embargo=3)
        t0, t1 = case.t0.tolist(), case.t1.tolist()
        groups = row_groups(t0, 4)
        for tested in [(1,), (0, 2), (1, 2)]:
            blocks = blocks_of(groups, tested)
            right, wrong = buggy("none", case, groups, tested), buggy(bug, case, groups, tested)
            differs = not np.array_equal(right[0], wrong[0])
            found = {text for _, text in violations(wrong, blocks, t0, t1, case.embargo)}
            assert bool(found) is differs
            named |= found
            changed += differs
    assert named == BUGS.get(bug, set())
    assert changed >= 20 if bug in BUGS else changed == 0


LEAKS = ("mlfinpy_0_1_2_train", "RiskLabAI_2_0_1_train", "afml_snippet_7_3_train")


@pytest.mark.parametrize("library", LEAKS)
@pytest.mark.parametrize("table", published_cases("purged_kfold"))
def test_published_mistakes_of_libraries_are_seen(table, library):
    """The training sets that three implementations give on the worked table are leaks by the definition."""
    given, expected = table["inputs"], table["expected"]
    t0, t1 = given["t0"], given["t1"]
    groups = row_groups(t0, given["k"])
    assert groups == given["folds"]
    for number, (train, split) in enumerate(zip(expected[library], expected["splits"], strict=True)):
        found = violations(
            (np.array(train), np.array(split["test"])), blocks_of(groups, (number,)), t0, t1, given["embargo_bars"]
        )
        assert [row for row, _ in found] == sorted(set(train) ^ set(split["train"]))


def test_the_published_answer_has_no_violation():
    """Ten combinatorial splits of the worked table; neighbouring groups are one block, by the oracle too."""
    table = published("cpcv_purged", "table15_N5_k2_embargo1")
    t0, t1 = table["inputs"]["t0"], table["inputs"]["t1"]
    groups = row_groups(t0, 5)
    for split in table["expected"]["splits"]:
        rows = np.array(split["train"]), np.array(split["test"])
        assert violations(rows, blocks_of(groups, tuple(split["test_groups"])), t0, t1, 1) == []


def test_one_wrong_walk_forward_row_is_seen():
    """A row that is added or left out is named."""
    case = random_case(3)
    splits = [(train, test) for train, test in walk_forward(case.t0, case.t1, replace(case.walk, rolling=False))]
    train, test = splits[-1]
    assert walk_violations([*splits[:-1], (train[1:], test)], case, rolling=False) == [
        (train[0], "held back without a reason")
    ]
    future = test[np.argmax(case.t1[test])]
    assert (future, "label overlaps the test or what follows") in walk_violations(
        [*splits[:-1], (np.append(train, future), test)], case, rolling=False
    )


def test_every_kind_of_case_is_drawn():
    """Ties, single symbols, long labels in the middle, touching labels and both forms of embargo."""
    drawn = [random_case(seed) for seed in range(200)]
    assert 60 < sum(case.single for case in drawn) < 140
    assert all(case.single is (np.unique(case.t0).size == case.t0.size) or not case.single for case in drawn)
    assert sum(case.share > 0 for case in drawn) > 60
    assert sum(case.embargo > 0 for case in drawn) > 60
    longest = [np.argmax(case.t1 - case.t0) != np.argmax(case.t0) for case in drawn]
    assert sum(longest) > 150
    touching = [
        any(first == second for first, second in itertools.product(case.t1.tolist(), case.t0.tolist()))
        for case in drawn
    ]
    assert sum(touching) > 150
