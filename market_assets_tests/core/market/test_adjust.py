"""Forward total-return adjustment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from market_assets.core.market.adjust import adjust
from market_assets.core.market.synthetic import SyntheticSpec, synthesize
from market_assets_tests.core.market.panels import panel_of


def plain_returns(panel):
    """The data's definition of a total return, row by row; NaN on the first row of a symbol."""
    out = np.full(panel.n_rows, np.nan)
    for index in range(len(panel.symbols)):
        rows = panel.rows(index)
        for t in range(rows.start + 1, rows.stop):
            out[t] = (panel.close[t] * panel.split[t] + panel.dividend[t]) / panel.close[t - 1] - 1
    return out


def close_returns(panel):
    """Close to close returns of a panel, NaN on the first row of a symbol."""
    out = np.full(panel.n_rows, np.nan)
    for index in range(len(panel.symbols)):
        rows = panel.rows(index)
        out[rows.start + 1 : rows.stop] = panel.close[rows][1:] / panel.close[rows][:-1] - 1
    return out


def test_worked_example():
    """A 2:1 split with price 100 -> 51 and a dividend of 1 with price 51 -> 50: returns +2 % and 0 %."""
    panel = panel_of([[100, 51, 50]], split=[[1, 2, 1]], dividend=[[0, 0, 1]])
    adjusted = adjust(panel)
    np.testing.assert_allclose(adjusted.close, [100, 102, 102])
    np.testing.assert_allclose(adjusted.volume, [1000, 500, 500])
    assert (adjusted.split == 1).all()
    assert (adjusted.dividend == 0).all()


series = st.lists(
    st.tuples(st.floats(1, 500), st.sampled_from([1.0, 1.0, 2.0, 0.1, 1.5]), st.sampled_from([0.0, 0.0, 0.4, 7.5])),
    min_size=1,
    max_size=30,
)


@given(st.lists(series, min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_adjusted_returns_are_the_total_returns(symbols):
    """Property: close-to-close returns of the adjusted panel equal the definition on the raw one; twice is once."""
    panel = panel_of(*[[[row[k] for row in rows] for rows in symbols] for k in range(3)])
    adjusted = adjust(panel)
    np.testing.assert_allclose(close_returns(adjusted), plain_returns(panel), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(adjust(adjusted).close, adjusted.close)


def test_split_times_one_plus_yield_would_be_wrong():
    """Planted bug: paying the dividend on new shares misses the definition on a row with both actions."""
    panel = panel_of([[100, 49]], split=[[1, 2]], dividend=[[0, 3]])
    wrong = panel.close * np.array([1, 2 * (1 + 3 / 49)])
    assert abs(wrong[1] / wrong[0] - 1 - plain_returns(panel)[1]) > 0.02
    np.testing.assert_allclose(close_returns(adjust(panel))[1], plain_returns(panel)[1])


def test_past_does_not_depend_on_the_future():
    """Bars after a cut change nothing before it, to the byte."""
    panel = synthesize(SyntheticSpec(symbols=5, years=2, seed=4)).panel
    cut = panel.sessions()[0][300]
    before = panel.ts <= cut
    changed = replace(panel, dividend=np.where(before, panel.dividend, 9.0), split=np.where(before, panel.split, 3.0))
    for other in (adjust(changed).take(before), adjust(panel.take(before))):
        assert other.content_hash() == adjust(panel).take(before).content_hash()


def test_corporate_actions_leave_total_returns_of_the_synthetic_market_untouched():
    """Adjusted returns equal the market's true total returns up to the rounding of prices."""
    market = synthesize(SyntheticSpec(symbols=10, years=3, seed=1))
    assert (market.panel.split != 1).sum() > 0
    assert (market.panel.dividend > 0).sum() > 0
    returns = close_returns(adjust(market.panel))
    inner = ~np.isnan(returns)
    np.testing.assert_allclose(returns[inner], np.expm1(market.truth.total_return)[inner], atol=2e-5)
