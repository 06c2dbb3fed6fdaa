"""First touch of two levels, on published and documented cases."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.labels.barriers import BROKEN, LOWER, UPPER, VERTICAL, first_touch

# Case "ties_and_gaps10", stop-first rule; entry at the close of t0 (convention case, hand-checked).
OPEN = np.array([100, 100.5, 101, 100.8, 103.2, 97.5, 99, 100, 100.2, 100.1])
HIGH = np.array([100.6, 101.2, 102.6, 102.2, 104.0, 98.2, 100.1, 100.9, 100.6, 100.4])
LOW = np.array([99.5, 100.1, 98.9, 100.2, 102.9, 96.8, 98.7, 99.5, 99.8, 99.9])
CLOSE = np.array([100, 101, 100.8, 101.8, 103.5, 98, 99.8, 100.3, 100.1, 100])
TIES_AND_GAPS = [  # t0, vertical, profit, stop, side -> touch, fill, level, return
    ((0, 4, 0.02, 0.01, 1), (2, 99.0, LOWER, -0.010000000000000009)),
    ((0, 4, 0.02, 0.02, 1), (2, 102.0, UPPER, 0.020000000000000018)),
    ((0, 4, 0.02, 0.01, -1), (1, 101.0, UPPER, -0.010000000000000009)),
    ((2, 5, 0.02, 0.02, 1), (4, 103.2, UPPER, 0.023809523809523947)),
    ((4, 7, 0.03, 0.03, 1), (5, 97.5, LOWER, -0.05797101449275366)),
    ((4, 7, 0.03, 0.03, -1), (5, 97.5, LOWER, 0.05797101449275366)),
    ((6, 9, 0.02, 0.02, 1), (9, 100.0, VERTICAL, 0.002004008016032177)),
    ((3, 4, 0.01, 0.01, 1), (4, 103.2, UPPER, 0.013752455795677854)),
    ((0, 1, 0.02, 0.02, 1), (1, 101.0, VERTICAL, 0.010000000000000009)),
]

# Case "path15" (Lopez de Prado 2018, snippet 3.2), inclusive touch; a multiple of 0 switches a barrier off.
PATH = np.array([100, 101, 100.5, 102.5, 101, 99, 98, 98.5, 103, 104, 103.5, 103.5, 101, 100, 100])
CLOSE_ONLY = [  # t0, vertical, profit multiple, stop multiple, target, side -> touch, barrier, return, sign
    ((0, 5, 1, 1, 0.02, 1), (3, "profit", 0.02499999999999991, 1)),
    ((2, 7, 1, 1, 0.02, 1), (6, "stop", -0.02487562189054726, -1)),
    ((3, 8, 2, 1, 0.015, 1), (5, "stop", -0.034146341463414664, -1)),
    ((5, 8, 1, 1, 0.03, 1), (8, "profit", 0.04040404040404044, 1)),
    ((9, 12, 1, 1, 0.02, 1), (12, "stop", -0.028846153846153855, -1)),
    ((9, 12, 1, 1, 0.02, -1), (12, "profit", 0.028846153846153855, 1)),
    ((10, 11, 1, 1, 0.01, 1), (11, "vertical", 0.0, 0)),
    ((4, 9, 0, 1, 0.02, 1), (6, "stop", -0.02970297029702973, -1)),
    ((4, 9, 1, 0, 0.02, 1), (9, "profit", 0.02970297029702973, 1)),
    ((0, 14, 0, 0, 0.02, 1), (14, "vertical", 0.0, 0)),
    ((1, 14, 1, 3, 0.01, -1), (5, "profit", 0.01980198019801982, 1)),
]


def levels(entry, profit, stop, side):
    """Upper and lower price level of percentages, 0 = off."""
    up, down = (profit, stop) if side > 0 else (stop, profit)
    return entry * (1 + up) if up else np.inf, entry * (1 - down) if down else -np.inf


@pytest.mark.parametrize(("event", "expected"), TIES_AND_GAPS)
def test_ties_and_gaps_resolve_as_published(event, expected):
    """Gap at the open first, then stop first on a tie, then the single level, then the vertical."""
    t0, vertical, profit, stop, side = event
    upper, lower = levels(CLOSE[t0], profit, stop, side)
    touch, fill, level = first_touch(OPEN, HIGH, LOW, CLOSE, t0 + 1, vertical, upper, lower, side)
    assert (touch, level) == (expected[0], expected[2])
    assert fill == pytest.approx(expected[1], abs=1e-12)
    assert side * (fill / CLOSE[t0] - 1) == pytest.approx(expected[3], abs=1e-12)


@pytest.mark.parametrize(("event", "expected"), CLOSE_ONLY)
def test_closes_alone_resolve_as_published(event, expected):
    """On bars that are only a close the rule is snippet 3.2 with an inclusive touch."""
    t0, vertical, profit, stop, target, side = event
    upper, lower = levels(PATH[t0], profit * target, stop * target, side)
    touch, fill, level = first_touch(PATH, PATH, PATH, PATH, t0 + 1, vertical, upper, lower, side)
    gain = side * (fill / PATH[t0] - 1)
    assert (touch, {0: "vertical", side: "profit", -side: "stop"}[level]) == expected[:2]
    assert gain == pytest.approx(expected[2], abs=1e-12)
    assert np.sign(gain) == expected[3]


def test_reaching_a_level_exactly_is_a_touch():
    """Case exact_touch: 25 % is exact in binary, and the inclusive rule touches at bar 2 (strict: never)."""
    path = np.array([100.0, 110.0, 125.0, 125.0, 90.0, 75.0])
    assert first_touch(path, path, path, path, 1, 3, 125.0, 75.0, 1) == (2, 125.0, UPPER)


def test_prices_are_compared_not_returns():
    """A high of 10.7 reaches 10 + 0.7 although its return is below 0.07 in floating point."""
    flat, high = np.array([10.0, 10.0]), np.array([10.0, 10.7])
    assert 10.7 / 10 - 1 < 0.07
    assert first_touch(flat, high, flat, flat, 1, 1, 10 + 0.7, 9.0, 1) == (1, 10.7, UPPER)


@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_missing_price_ends_the_path(column, value):
    """A bar with any missing or infinite price is broken, whatever the others say."""
    bars = [prices.copy() for prices in (OPEN, HIGH, LOW, CLOSE)]
    bars[column][2] = value
    row, fill, level = first_touch(*bars, 1, 4, 102.0, 99.0, 1)
    assert (row, level) == (2, BROKEN)
    assert np.isnan(fill)
