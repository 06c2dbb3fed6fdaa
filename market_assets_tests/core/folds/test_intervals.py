"""Reading label intervals: units, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.folds.intervals import FOREVER, NEVER, later, meets, read_intervals

DAYS = np.array(["2020-01-01", "2020-01-03"], "M8[D]")
HOURS = np.array(["2020-01-02T12", "2020-01-03T05"], "M8[h]")


@pytest.mark.parametrize(
    ("t0", "t1", "met"), [(1, 4, False), (1, 5, True), (6, 7, True), (4, 12, True), (10, 11, True), (11, 12, False)]
)
def test_touching_is_meeting(t0, t1, met):
    """Both ends of the range [5, 10] count, on scalars and on arrays."""
    assert meets(t0, t1, 5, 10) is met
    assert meets(np.array([t0]), np.array([t1]), 5, 10).tolist() == [met]


def test_whole_numbers_pass_through():
    """int32 and unsigned become int64."""
    t0, t1, embargo = read_intervals(np.array([3, 1], np.int32), np.array([4, 1], np.uint8), 2)
    assert (t0.tolist(), t1.tolist(), embargo) == ([3, 1], [4, 1], 2)
    assert t0.dtype == t1.dtype == np.int64


def test_the_finest_unit_counts():
    """An embargo of 90 minutes is not rounded to days or hours."""
    t0, t1, embargo = read_intervals(DAYS, HOURS, np.timedelta64(90, "m"))
    np.testing.assert_array_equal(t0, DAYS.astype("M8[m]").astype(np.int64))
    np.testing.assert_array_equal(t1, HOURS.astype("M8[m]").astype(np.int64))
    assert embargo == 90
    assert read_intervals(DAYS, HOURS)[1].tolist() == HOURS.astype(np.int64).tolist()


def test_a_sum_stops_at_the_last_time():
    """An embargo cannot run into the past."""
    assert later(FOREVER - 1, 5) == FOREVER
    assert later(3, 5) == 8


NAT = np.array(["2020-01-01", "NaT"], "M8[D]")


@pytest.mark.parametrize(
    ("t0", "t1", "embargo", "rule"),
    [
        ([1, 2], [1], 0, "interval_shape"),
        ([[1]], [[1]], 0, "interval_shape"),
        ([1.0], [2.0], 0, "interval_type"),
        (DAYS, [1, 2], 0, "interval_type"),
        ([1, 5], [1, 4], 0, "interval_order"),
        (DAYS, NAT, 0, "interval_missing"),
        (NAT, DAYS, np.timedelta64(1, "h"), "interval_missing"),
        ([1, NEVER], [1, 2], 0, "interval_missing"),
        ([1], np.array([2**63], np.uint64), 0, "interval_range"),
        (np.array(["9999-01-01"], "M8[D]"), np.array(["2020-01-01"], "M8[ns]"), 0, "interval_range"),
        ([1], [2], -1, "embargo_sign"),
        (DAYS, DAYS, np.timedelta64("NaT", "D"), "embargo_sign"),
        ([1], [2], np.timedelta64(1, "D"), "embargo_type"),
        (DAYS, DAYS, 3, "embargo_type"),
        ([1], [2], 0.5, "embargo_type"),
        (DAYS, DAYS, np.timedelta64(1, "M"), "embargo_type"),
    ],
)
def test_what_is_no_interval_is_refused(t0, t1, embargo, rule):
    """Typed, with the rule and where it is broken."""
    with pytest.raises(BadInputError) as caught:
        read_intervals(t0, t1, embargo)
    assert caught.value.rule == rule


def test_the_row_is_named():
    """Row 1 ends before it starts."""
    with pytest.raises(BadInputError, match="row 1, column t1: the label ends before it starts"):
        read_intervals([1, 5], [1, 4])


def test_no_rows_are_too_few():
    """An empty list of integers is not enough data."""
    with pytest.raises(NotEnoughDataError, match="there are no label intervals"):
        read_intervals(np.array([], np.int64), np.array([], np.int64))
