"""Average true range."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.labels.atr import average_true_range
from market_assets_tests.core.labels.panels import panel_of, random_bars, random_panel


def plain_atr(panel, window):
    """The definition, row by row."""
    out = np.full(panel.n_rows, np.nan)
    for index in range(len(panel.symbols)):
        rows = range(panel.rows(index).start, panel.rows(index).stop)
        for row in rows:
            if row - rows.start < window:
                continue
            ranges = []
            for t in range(row - window + 1, row + 1):
                high, low, before = panel.high[t], panel.low[t], panel.close[t - 1]
                ranges.append(np.max([high - low, abs(high - before), abs(low - before)]))
            out[row] = np.mean(ranges)
    return out


def atr(panel, window):
    return average_true_range(panel.offsets, panel.high, panel.low, panel.close, window)


@pytest.mark.parametrize("window", [1, 3, 20])
def test_kernel_equals_the_definition(window):
    """The compiled mean equals the plain one on panels with holes and missing prices."""
    for seed in range(5):
        panel = random_panel(np.random.default_rng(seed), missing=0.01)
        np.testing.assert_allclose(atr(panel, window), plain_atr(panel, window), rtol=1e-13)


def test_hand_computed_value():
    """Two bars: ranges 3 (gap to the previous close) and 2 give an ATR(2) of 2.5."""
    bars = np.array([[10, 10, 10, 10], [12, 13, 11.5, 12], [12, 13, 11, 12]])
    np.testing.assert_array_equal(atr(panel_of({"A": bars}), 2), [np.nan, np.nan, 2.5])


@pytest.mark.parametrize("column", ["high", "low", "close"])
def test_a_missing_price_blanks_every_window_that_needs_it(column):
    """No window steps over a NaN; a missing close also blanks the bar after it."""
    panel = panel_of({"A": random_bars(np.random.default_rng(0), 30)})
    getattr(panel, column)[10] = np.nan
    blank = np.flatnonzero(np.isnan(atr(panel, 3)))
    reached = range(11, 14) if column == "close" else range(10, 13)
    assert blank.tolist() == [0, 1, 2, *reached]


def test_value_does_not_depend_on_where_the_data_begins():
    """Cutting old bars off leaves the same bytes once the window is full."""
    bars = random_bars(np.random.default_rng(3), 60) * 1.0137
    whole, cut = panel_of({"A": bars}), panel_of({"A": bars[17:]})
    np.testing.assert_array_equal(atr(whole, 5)[17 + 5 :], atr(cut, 5)[5:])
