"""Shared sessions, embargo, events and copies between the sides of a split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.leakage.edges import prove_apart, prove_splitter
from market_assets.core.leakage.sample import Sample
from market_assets_tests.core.leakage.samples import sample

T1 = np.array([2, 3, 4, 9, 5, 7, 8, 9, 10, 12, 12, 13, 14, 14, 14])
WORKED = Sample(
    x=np.arange(15.0)[:, None],
    y=np.zeros(15),
    weight=np.ones(15),
    code=np.zeros(15, dtype=np.int64),
    group=np.arange(15),
    t0=np.arange(15),
    t1=T1,
)
"""Fifteen labels, number 3 long; the training rows with an embargo of one session were worked out by hand."""
TABLE = {(0, 4): [11, 12, 13, 14], (5, 9): [0, 1, 2, 14], (10, 14): [0, 1, 2, 3, 4, 5, 6, 7]}


def split(first, last, rows):
    test = (WORKED.t0 >= first) & (WORKED.t0 <= last)
    return np.isin(np.arange(15), rows), test


@pytest.mark.parametrize("block", TABLE)
def test_worked_table_is_the_largest_clean_split(block):
    """The table passes, and every further row outside the test is a finding of the right kind."""
    train, test = split(*block, TABLE[block])
    assert prove_apart("d", "folds", [(train, test)], WORKED, embargo=1) == []
    for row in np.flatnonzero(~train & ~test):
        more = train.copy()
        more[row] = True
        (found,) = prove_apart("d", "folds", [(more, test)], WORKED, embargo=1)
        embargoed = row == {0: 10, 5: 13}.get(block[0])
        wanted = "training rows start in the embargo" if embargoed else "training labels share a session with the test"
        assert (found.variant, found.count) == (wanted, 1)


def test_rows_events_and_copies_on_both_sides():
    """A shared event or the same content counts, however far apart in time."""
    train, test = split(5, 9, [0, 1, 2, 14])
    event = replace(WORKED, group=np.where(np.arange(15) == 14, 6, WORKED.group))
    copy = replace(WORKED, x=np.where(np.arange(15) == 0, 7.0, WORKED.x[:, 0])[:, None])
    assert [one.variant for one in prove_apart("d", "f", [(train, test)], event, 1)] == [
        "training rows tell of an event that is tested"
    ]
    assert [one.variant for one in prove_apart("d", "f", [(train, test)], copy, 1)] == [
        "training rows repeat a test row"
    ]
    assert "rows are trained and tested" in [
        one.variant for one in prove_apart("d", "f", [(train | test, test)], WORKED, 1)
    ]


def test_rule_is_tried_beyond_the_sample():
    """A half-open rule is caught although no label of the sample ends on the edge."""
    data = sample(sessions=40)
    data = replace(data, t1=np.where(data.t1 == 20, data.t1 - 1, data.t1))

    def half_open(given):
        test = given.t0 >= 20
        return [((given.t1 <= 20) & ~test, test)]

    def closed(given):
        test = given.t0 >= 20
        return [((given.t1 < 20) & ~test, test)]

    assert prove_apart("d", "f", half_open(data), data, 0) == []
    (found,) = prove_splitter("d", "f", half_open, data, 0, seed=1)
    assert found.variant == "training labels share a session with the test"
    assert prove_splitter("d", "f", closed, data, 0, seed=1) == []


def test_empty_sides_are_refused():
    """No split and no row prove nothing."""
    none = np.zeros(15, dtype=bool)
    for splits in ([], [(none, ~none)], [(~none, none)]):
        with pytest.raises(NotEnoughDataError):
            prove_apart("d", "f", splits, WORKED, 0)
