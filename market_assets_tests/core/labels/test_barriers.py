"""First touch of two levels by a path of bars; the published cases run through ``label_events``."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.labels.barriers import (
    AMBIGUOUS,
    AT_CLOSE,
    AT_LEVEL,
    AT_OPEN,
    AT_TIE,
    BAR_DIRECTION,
    BROKEN,
    DROP,
    LOWER,
    STOP,
    TARGET,
    UPPER,
    VERTICAL,
    first_touch,
)

OPEN, HIGH, LOW = np.array([100.0, 100.5, 101.0]), np.array([100.5, 101.5, 102.5]), np.array([99.5, 100.0, 98.5])
CLOSE = np.array([100.0, 101.0, 100.5])


def test_reaching_a_level_exactly_is_a_touch_unless_strict():
    """25 % is exact in binary: the inclusive rule touches at bar 2, the strict one never."""
    path = np.array([100.0, 110.0, 125.0, 125.0, 90.0, 75.0])
    bars = (path,) * 4
    assert first_touch(*bars, 1, 3, 125.0, 75.0, 1) == (2, 125.0, UPPER, AT_OPEN)
    assert first_touch(*bars, 1, 3, 125.0, 75.0, 1, True) == (3, 125.0, VERTICAL, AT_CLOSE)


def test_strict_asks_for_a_price_beyond_the_level_at_open_high_and_low():
    """Each of the four comparisons steps over equality, and takes the next price beyond."""
    flat = np.array([100.0, 100.0])
    for sign in (1, -1):
        level = 100.0 + sign
        for beyond, touched in ((0.0, VERTICAL), (0.25 * sign, sign)):
            reached = np.array([100.0, level + beyond])
            upper, lower = (level, 0.0) if sign > 0 else (np.inf, level)
            high, low = (reached, flat) if sign > 0 else (flat, reached)
            assert first_touch(flat, high, low, flat, 1, 1, upper, lower, 1, True)[2] == touched
            assert first_touch(reached, reached, reached, reached, 1, 1, upper, lower, 1, True)[2] == touched


def test_prices_are_compared_not_returns():
    """A high of 10.7 reaches 10 + 0.7 although its return is below 0.07 in floating point."""
    flat, high = np.array([10.0, 10.0]), np.array([10.0, 10.7])
    assert 10.7 / 10 - 1 < 0.07
    assert first_touch(flat, high, flat, flat, 1, 1, 10 + 0.7, 9.0, 1) == (1, 10.7, UPPER, AT_LEVEL)


@pytest.mark.parametrize(
    ("tie", "side", "touched"),
    [(STOP, 1, LOWER), (STOP, -1, UPPER), (TARGET, 1, UPPER), (TARGET, -1, LOWER), (BAR_DIRECTION, 1, UPPER)],
)
def test_a_bar_of_both_levels_follows_the_tie_rule(tie, side, touched):
    """The last bar falls from 101 to 100.5 and reaches 102 and 99; stop and target swap with the side."""
    level = {UPPER: 102.0, LOWER: 99.0}[touched]
    assert first_touch(OPEN, HIGH, LOW, CLOSE, 1, 2, 102.0, 99.0, side, False, tie) == (2, level, touched, AT_TIE)


def test_a_rising_bar_of_both_levels_reaches_the_lower_one_first():
    """Open, low, high, close: the direction of the bar decides, whatever the side."""
    rising = np.array([100.0, 101.0, 101.5])
    for side in (1, -1):
        assert first_touch(OPEN, HIGH, LOW, rising, 1, 2, 102.0, 99.0, side, False, BAR_DIRECTION)[2] == LOWER


def test_a_dropped_tie_has_no_fill():
    """An undecided bar ends the path without a price."""
    row, fill, touched, how = first_touch(OPEN, HIGH, LOW, CLOSE, 1, 2, 102.0, 99.0, 1, False, DROP)
    assert (row, touched, how) == (2, AMBIGUOUS, AT_TIE)
    assert np.isnan(fill)


@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_missing_price_ends_the_path(column, value):
    """A bar with any missing or infinite price is broken, whatever the others say."""
    bars = [prices.copy() for prices in (OPEN, HIGH, LOW, CLOSE)]
    bars[column][2] = value
    row, fill, touched, _ = first_touch(*bars, 1, 2, 102.0, 99.0, 1)
    assert (row, touched) == (2, BROKEN)
    assert np.isnan(fill)
