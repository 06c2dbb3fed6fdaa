"""How splits of any library are judged and fed, without the libraries."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.split_judge import SortedCase, Tally
from benchmarks.peers.splitters import Splitter, embargo_in_rows, labels, longest_in_rows, share_of_rows
from benchmarks.suite.splits import HOPELESS, in_order, row, tally_ours, tally_peer, usable
from market_assets_tests.core.folds.interval_cases import random_case

ROWS = SortedCase(np.array([0, 2, 4, 7, 9]), np.array([2, 5, 4, 8, 9]), embargo=2)


def judged(train, test, duration=None):
    """(overlap, touch, embargo) of one split of five labels."""
    tally = Tally()
    tally.judge(ROWS, [(np.array(train, np.int64), np.array(test, np.int64))], duration)
    return tally.overlap, tally.touch, tally.embargo


def test_labels_that_share_an_instant_touch_and_do_not_overlap():
    """[0, 2] and [2, 5] share the instant 2; [2, 5] and [4, 4] too; [7, 8] is apart."""
    assert judged([0], [1]) == (0, 1, 0)
    assert judged([0, 3], [2]) == (0, 0, 0)
    assert judged([3], [1]) == (0, 0, 0)
    assert judged([], [1]) == (0, 0, 0)


def test_labels_that_share_more_overlap():
    """Two labels over the same time, planted."""
    tally = Tally()
    rows = SortedCase(np.array([0, 1]), np.array([3, 2]), embargo=0)
    tally.judge(rows, [(np.array([0]), np.array([1]))], None)
    assert (tally.run, tally.overlap, tally.touch) == (1, 1, 1)


def test_an_embargo_in_times_and_in_units():
    """The test label of row 1 ends at 5: two times after are 7 and 9, two units end at 7."""
    assert judged([4], [1], duration=False)[2] == 1
    assert judged([4], [1], duration=True)[2] == 0
    assert judged([3], [1], duration=True)[2] == 1
    assert judged([3], [1])[2] == 0


def test_what_a_bar_count_needs():
    """The longest label reaches two rows beyond its own; a share is turned back into two rows."""
    assert longest_in_rows(ROWS) == 1
    assert longest_in_rows(SortedCase(np.array([0, 1, 2]), np.array([2, 1, 2]), 0)) == 2
    assert embargo_in_rows(SortedCase(np.array([0, 0, 1, 2, 2, 2]), np.zeros(6, np.int64), 2)) == 4
    assert int(5 * share_of_rows(ROWS)) == 2
    assert labels(ROWS).index.is_unique


def test_our_splits_have_no_leak_and_every_case_runs():
    """Ten usable cases, four kinds."""
    for kind, tally in tally_ours(list(usable(10))).items():
        assert (tally.run, tally.overlap, tally.touch, tally.embargo) == (10, 0, 0, 0), kind


def k_fold_without_purge(_module, case, rows):
    """What every library leaks against: neighbours are trained on."""
    everything = np.arange(rows.t0.size)
    for test in np.array_split(everything, case.folds):
        yield np.setdiff1d(everything, test), test


def test_a_splitter_that_does_not_purge_leaks():
    """Plain K-fold on twenty cases."""
    cases = [random_case(seed) for seed in range(20)]
    tally = tally_peer(Splitter("numpy", "numpy", "plain", k_fold_without_purge, duration=False), cases)
    assert tally is not None
    assert tally.run == 20
    assert tally.overlap > 10
    assert tally.embargo > 10


def always_fails(_module, _case, rows):
    """A splitter that can do nothing."""
    raise ValueError(f"no way to split {rows.t0.size} rows")


def test_a_splitter_that_can_do_nothing_is_given_up():
    """The reason is counted without its numbers."""
    cases = [random_case(seed % 7) for seed in range(HOPELESS + 20)]
    tally = tally_peer(Splitter("numpy", "numpy", "none", always_fails), cases)
    assert tally is not None
    assert tally.refused == {"ValueError: no way to split N rows": HOPELESS}


def test_a_library_that_is_not_installed_says_so():
    """Not a number and not an error."""
    absent = Splitter("no-such-library", "no_such_library", "none", always_fails)
    assert tally_peer(absent, []) is None
    assert row("no-such-library", absent.version, "none", None, embargo=False)[1] == "not installed"


def test_rows_are_handed_over_in_time_order():
    """Starts sorted, ends with their own start."""
    case = random_case(5)
    rows = in_order(case)
    assert np.all(np.diff(rows.t0) >= 0)
    assert sorted(zip(rows.t0, rows.t1, strict=True)) == sorted(zip(case.t0, case.t1, strict=True))
